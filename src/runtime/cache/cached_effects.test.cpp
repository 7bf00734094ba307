// SPDX-License-Identifier: Apache-2.0
#include "cache/cached_effects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "cache/cache_scope.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/testing/faulty_store.hpp"
#include "testing/fixed_surroundings.hpp"
#include "testing/harvest.hpp"
#include "testing/http_server.hpp"
#include "testing/scratch_folder.hpp"

namespace millrace::runtime {
namespace {

using engine::Completion;
using store::testing::FaultyStore;
using store::testing::StoreFault;
using testing::Gate;
using testing::Harvest;
using ::testing::HasSubstr;

struct Lines final : Log {
    void put(LogLevel, std::string_view message, std::span<const LogField>) override {
        lines.add(std::string{message});
    }
    Harvest<std::string> lines;
};

/// The functions `gated` (counts its calls, then waits for the gate), `failing` (fails as often as
/// `failures` says, each time after the gate was opened) and `count`.
class CachedEffectsTest : public ::testing::Test {
protected:
    using Outcome = std::expected<core::Value, core::Failure>;

    CachedEffectsTest() {
        functions.add("count", [this](const core::Value&, const FunctionContext&) -> Outcome {
            return core::Value{++calls};
        });
        functions.add("gated", [this](const core::Value&, const FunctionContext& call) -> Outcome {
            const std::stop_callback on_stop{call.stop, [g = gate] { g->open(); }};
            entered.add(++calls);
            gate->wait();
            if (call.stop.stop_requested()) return std::unexpected{core::Failure{}};
            return core::Value{calls.load()};
        });
        functions.add("failing", [this](const core::Value&, const FunctionContext&) -> Outcome {
            entered.add(++calls);
            gate->wait();
            if (failures-- > 0) return std::unexpected{core::Failure{.code = "no"}};
            return core::Value{calls.load()};
        });
        start();
    }
    void TearDown() override { executor->stop(); }
    void start(CachedEffectsOptions options = {}) {
        cached.reset();
        executor.reset();
        executor =
            std::make_unique<Executor>(permissions, functions, [this](std::span<Completion> done) {
                cached->completed(done);
                completed.add_all(done);
            });
        cached = std::make_unique<CachedEffects>(
            options,
            CachedEffectsParts{store.result_cache(), writing, *clock, *log, *executor,
                               [this](std::span<Completion> done) { completed.add_all(done); },
                               [this](const core::Error&) { ++distrusted; }});
    }
    engine::Effect call(std::uint32_t node, const std::string& function,
                        const std::string& key = "k") {
        engine::Effect made;
        made.run.node = {node};
        made.request = engine::FunctionCall{function, {}};
        made.node_id = "node";
        if (!key.empty())
            made.cache = engine::CacheRequest{key, "flow", "node", {"tag"}, core::Duration{1'000}};
        return made;
    }
    void perform(engine::Effect effect, std::int64_t now_ms = 0) {
        std::vector<engine::Effect> effects;
        effects.push_back(std::move(effect));
        cached->perform(std::move(effects), core::Time{now_ms});
    }
    void abort(std::uint32_t node) {
        const engine::Abort one{{}, engine::RunKey{.node = {node}}, 1};
        cached->abort({&one, 1});
    }
    /// `value by executor`, or the failure's code.
    std::string outcome(std::uint32_t node, std::size_t of) {
        for (const Completion& done : completed.wait_for(of)) {
            if (done.run.node.value != node) continue;
            if (const auto* failure = std::get_if<core::Failure>(&done.outcome))
                return failure->code;
            return std::to_string(std::get<Outputs>(done.outcome).at(0).value.as_integer()) +
                   " by " + done.executor;
        }
        return "open";
    }
    /// Ends the calls, and so writes what is to be kept; then begins anew with an empty memory.
    void restart(CachedEffectsOptions options = {}) {
        executor->stop();
        cached->stop();
        start(options);
    }

    ExecutorOptions permissions;
    Functions functions;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    std::atomic<int> calls = 0;
    std::atomic<int> failures = 0;
    std::atomic<int> distrusted = 0;
    Harvest<int> entered;
    Harvest<Completion> completed;
    FaultyStore store{store::open_memory_store()};
    std::mutex writing;
    std::shared_ptr<Clock> clock = make_system_clock();
    std::shared_ptr<Lines> log = std::make_shared<Lines>();
    std::unique_ptr<Executor> executor;
    std::unique_ptr<CachedEffects> cached;
};

}  // namespace

TEST_F(CachedEffectsTest, ASecondCallGetsTheResultOfTheFirst) {
    perform(call(1, "count"));
    EXPECT_EQ(outcome(1, 1), "1 by local");
    perform(call(2, "count"));
    EXPECT_EQ(outcome(2, 2), "1 by cache");
    perform(call(3, "count", "other"));
    EXPECT_EQ(outcome(3, 3), "2 by local");
    perform(call(4, "count", ""));
    EXPECT_EQ(outcome(4, 4), "3 by local");
}

TEST_F(CachedEffectsTest, AResultExpiresByTheTimeOfFrames) {
    perform(call(1, "count"), 5'000);
    completed.wait_for(1);
    perform(call(2, "count"), 5'999);
    EXPECT_EQ(outcome(2, 2), "1 by cache");
    perform(call(3, "count"), 6'000);
    EXPECT_EQ(outcome(3, 3), "2 by local");
    restart();
    perform(call(4, "count"), 6'999);
    EXPECT_EQ(outcome(4, 4), "2 by cache");
    restart();
    perform(call(5, "count"), 7'000);
    EXPECT_EQ(outcome(5, 5), "3 by local") << "expired in the store as well";
}

TEST_F(CachedEffectsTest, AResultIsNotOlderThanTheNodeThatAsksAllows) {
    perform(call(1, "count"), 5'000);
    completed.wait_for(1);
    const auto sooner = [this](std::uint32_t node, const std::string& key) {
        engine::Effect made = call(node, "count", key);
        made.cache->ttl = core::Duration{100};
        return made;
    };
    perform(sooner(2, "k"), 5'099);
    EXPECT_EQ(outcome(2, 2), "1 by cache");
    perform(sooner(3, "k"), 5'100);
    EXPECT_EQ(outcome(3, 3), "2 by local") << "neither from memory";
    perform(call(4, "count", "other"), 5'100);
    EXPECT_EQ(outcome(4, 4), "3 by local");
    restart();
    perform(sooner(5, "other"), 5'200);
    EXPECT_EQ(outcome(5, 5), "4 by local") << "nor from the store";
}

TEST_F(CachedEffectsTest, EqualCallsAtTheSameTimeAreOne) {
    for (std::uint32_t node = 1; node <= 5; ++node)
        perform(call(node, "gated"));
    entered.wait_for(1);
    gate->open();
    const auto all = completed.wait_for(5);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(outcome(1, 5), "1 by local");
    for (std::uint32_t node = 2; node <= 5; ++node)
        EXPECT_EQ(outcome(node, 5), "1 by cache");
}

TEST_F(CachedEffectsTest, AFailureIsItsOwnAndTheNextIsMade) {
    failures = 2;
    for (std::uint32_t node = 1; node <= 4; ++node)
        perform(call(node, "failing"));
    entered.wait_for(1);
    gate->open();
    completed.wait_for(4);
    EXPECT_EQ(outcome(1, 4), "no");
    EXPECT_EQ(outcome(2, 4), "no");
    EXPECT_EQ(outcome(3, 4), "3 by local");
    EXPECT_EQ(outcome(4, 4), "3 by cache");
    perform(call(5, "count"));
    EXPECT_EQ(outcome(5, 5), "3 by cache");
}

TEST_F(CachedEffectsTest, OneThatWaitsMayBeAbortedAndTheOthersGoOn) {
    for (std::uint32_t node = 1; node <= 3; ++node)
        perform(call(node, "gated"));
    entered.wait_for(1);
    abort(2);
    EXPECT_EQ(outcome(2, 1), "canceled");
    gate->open();
    EXPECT_EQ(outcome(3, 3), "1 by cache");
}

TEST_F(CachedEffectsTest, WhenTheOneThatIsMadeIsAbortedTheNextIsMade) {
    perform(call(1, "gated"));
    entered.wait_for(1);
    perform(call(2, "gated"));
    abort(1);
    EXPECT_EQ(outcome(1, 2), "canceled");
    EXPECT_EQ(outcome(2, 2), "2 by local");
}

TEST_F(CachedEffectsTest, AnAttemptThatIsAskedForAgainIsNotMadeTwice) {
    perform(call(1, "gated"));
    perform(call(1, "gated"));
    entered.wait_for(1);
    gate->open();
    completed.wait_for(1);
    perform(call(2, "count"));
    completed.wait_for(2);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(completed.size(), 2u);
}

TEST_F(CachedEffectsTest, ResultsOutliveTheProcess) {
    perform(call(1, "count"));
    completed.wait_for(1);
    restart();
    perform(call(2, "count"));
    EXPECT_EQ(outcome(2, 2), "1 by cache");
}

TEST_F(CachedEffectsTest, WhatDoesNotFitIntoMemoryComesFromTheStore) {
    restart({.memory_bytes = 600});
    for (std::uint32_t node = 1; node <= 3; ++node)
        perform(call(node, "count", "key " + std::to_string(node)));
    completed.wait_for(3);
    restart({.memory_bytes = 600});
    for (std::uint32_t node = 4; node <= 6; ++node)
        perform(call(node, "count", "key " + std::to_string(node - 3)));
    completed.wait_for(6);
    EXPECT_EQ(calls, 3);
}

TEST_F(CachedEffectsTest, ResultsThatAreTooLargeAreNotKept) {
    restart({.result_bytes_max = 4});
    perform(call(1, "count"));
    completed.wait_for(1);
    perform(call(2, "count"));
    EXPECT_EQ(outcome(2, 2), "2 by local");
    restart();
    EXPECT_EQ(store.result_cache().totals()->entries, 0u);
}

TEST_F(CachedEffectsTest, ClearingForgetsMemoryStoreAndWhatIsBeingMade) {
    perform(call(1, "count"));
    completed.wait_for(1);
    ASSERT_TRUE(cached->clear({.node_id = "other"}));
    perform(call(2, "count"));
    EXPECT_EQ(outcome(2, 2), "1 by cache");
    ASSERT_TRUE(cached->clear({.tag = "tag"}));
    perform(call(3, "gated"));
    entered.wait_for(1);
    ASSERT_TRUE(cached->clear({.workflow_id = "flow"}));
    gate->open();
    EXPECT_EQ(outcome(3, 3), "2 by local");
    perform(call(4, "count"));
    EXPECT_EQ(outcome(4, 4), "3 by local") << "the call began before the clearing";
    restart();
    EXPECT_EQ(cached->clear({}).value(), 1u);
}

TEST_F(CachedEffectsTest, ClearingMakesRoomForWhatIsWrittenLater) {
    restart({.unwritten_bytes_max = 100});
    for (std::uint32_t node = 1; node <= 20; ++node) {
        perform(call(node, "count", "key " + std::to_string(node)));
        completed.wait_for(node);
        ASSERT_TRUE(cached->clear({}));
    }
    perform(call(21, "count"));
    completed.wait_for(21);
    restart();
    EXPECT_EQ(store.result_cache().totals()->entries, 1u);
}

/// Of file.read nodes in two folders that hold a file of the same name.
class CachedFiles : public CachedEffectsTest {
protected:
    CachedFiles() {
        first.write("a.txt", "first");
        second.write("a.txt", "second");
    }
    void allow(const testing::ScratchFolder* folder) {
        FileOptions options;
        if (folder != nullptr) options.folders.push_back({folder->path().string()});
        permissions.folders =
            std::make_shared<const AllowedFolders>(AllowedFolders::make(options).value());
        restart();
    }
    std::string read(std::uint32_t node) {
        engine::Effect made = call(node, "");
        made.request = engine::FileCall{.path = "a.txt"};
        perform(std::move(made));
        for (const Completion& done : completed.wait_for(node)) {
            if (done.run.node.value != node) continue;
            if (const auto* failure = std::get_if<core::Failure>(&done.outcome))
                return failure->code;
            const core::Value& value = std::get<Outputs>(done.outcome).at(0).value;
            return std::string{value.find("contents")->as_string()} + " by " + done.executor;
        }
        return "open";
    }

    testing::ScratchFolder first;
    testing::ScratchFolder second;
};

TEST_F(CachedFiles, AreThoseWhereTheirPathsLead) {
    allow(&first);
    EXPECT_EQ(read(1), "first by local");
    EXPECT_EQ(read(2), "first by cache");
    allow(&second);
    EXPECT_EQ(read(3), "second by local");
    allow(&first);
    EXPECT_EQ(read(4), "first by cache");
}

TEST_F(CachedFiles, AreNotForWhoMayNotReadThem) {
    allow(&first);
    EXPECT_EQ(read(1), "first by local");
    allow(nullptr);
    EXPECT_EQ(read(2), "not_allowed");
}

TEST(CacheScope, IsNothingForCallsThatTheOperatorForbids) {
    testing::FixedSurroundings world{{"sh"}};
    engine::ProcessCall process;
    process.arguments = {"sh"};
    EXPECT_TRUE(cache_scope(process, world.surroundings));
    process.folder = "/";
    EXPECT_FALSE(cache_scope(process, world.surroundings));
    process.arguments = {"cat"};
    EXPECT_FALSE(cache_scope(process, world.surroundings));
    engine::HttpCall http;
    http.url = "http://internal.example/";
    EXPECT_EQ(cache_scope(http, world.surroundings), "");
    world.surroundings.egress = EgressPolicy::make({{}, {"internal.example"}, false}).value();
    EXPECT_FALSE(cache_scope(http, world.surroundings));
    EXPECT_FALSE(cache_scope(engine::SqlCall{.database = "/x.db"}, world.surroundings));
    engine::MailCall mail;
    EXPECT_EQ(cache_scope(mail, world.surroundings), "");
    mail.attachments.push_back({.uri = "/etc/passwd"});
    EXPECT_FALSE(cache_scope(mail, world.surroundings));
}

TEST_F(CachedEffectsTest, AStoreThatCannotBeReadCostsACall) {
    store.choose([](FaultyStore::Call of, std::uint64_t) {
        return of == FaultyStore::Call::cache_find ? StoreFault::failed : StoreFault::none;
    });
    perform(call(1, "count"));
    EXPECT_EQ(outcome(1, 1), "1 by local");
    perform(call(2, "count", "other"));
    EXPECT_EQ(outcome(2, 2), "2 by local");
    perform(call(3, "count"));
    EXPECT_EQ(outcome(3, 3), "1 by cache") << "memory does not need it";
    EXPECT_THAT(log->lines.wait_for(1).front(), HasSubstr("could not be looked up"));
    EXPECT_EQ(log->lines.size(), 1u) << "failures in a row are told once";
}

TEST_F(CachedEffectsTest, AStoreThatCannotBeWrittenCostsACallLater) {
    store.choose([](FaultyStore::Call of, std::uint64_t) {
        return of == FaultyStore::Call::cache_put ? StoreFault::full : StoreFault::none;
    });
    perform(call(1, "count"));
    EXPECT_EQ(outcome(1, 1), "1 by local");
    EXPECT_THAT(log->lines.wait_for(1).front(), HasSubstr("could not be kept"));
    EXPECT_EQ(distrusted, 0);
    store.heal();
    restart();
    perform(call(2, "count"));
    EXPECT_EQ(outcome(2, 2), "2 by local");
}

TEST_F(CachedEffectsTest, AnUnknownOutcomeHasTheStoreOpenedAgain) {
    store.choose([](FaultyStore::Call of, std::uint64_t) {
        return of == FaultyStore::Call::cache_put ? StoreFault::unknown_lost : StoreFault::none;
    });
    perform(call(1, "count"));
    log->lines.wait_for(1);
    cached->stop();
    EXPECT_EQ(distrusted, 1);
}

TEST_F(CachedEffectsTest, DamagedBytesAreAMiss) {
    const store::CachedResult damaged{
        "k", "flow", "node", {}, core::Time{0}, core::Time{9'000}, "\x01\xff\xff"};
    ASSERT_TRUE(store.result_cache().put({&damaged, 1}, 1u << 20, core::Time{0}));
    perform(call(1, "count"));
    EXPECT_EQ(outcome(1, 1), "1 by local");
}

TEST(PackedOutputs, ComeBackAsTheyWere) {
    const Outputs outputs{{core::PortIndex{0}, core::Value{"text"}},
                          {core::PortIndex{3}, core::Value::object({{"a", 1.5}})}};
    EXPECT_EQ(unpack_outputs(pack_outputs(outputs)), outputs);
    EXPECT_EQ(unpack_outputs(pack_outputs({})), Outputs{});
    EXPECT_EQ(unpack_outputs(""), std::nullopt);
    EXPECT_EQ(unpack_outputs(pack_outputs(outputs) + "x"), std::nullopt);
}

TEST(ResultFront, KeepsWhatWasUsedLast) {
    constexpr core::Duration ttl{10};
    ResultFront front{1'000};
    const auto outputs = std::make_shared<const Outputs>();
    const auto put = [&](const std::string& key) {
        front.put({key, "w", "n", {}, core::Time{0}, core::Time{10}, outputs, 0});
    };
    put("a");
    put("b");
    put("c");
    ASSERT_TRUE(front.find("a", core::Time{0}, ttl));
    put("d");
    EXPECT_TRUE(front.find("a", core::Time{0}, ttl));
    EXPECT_FALSE(front.find("b", core::Time{0}, ttl));
    EXPECT_LE(front.bytes(), 1'000u);
    put("a");
    EXPECT_EQ(front.size(), 3u) << "a newer one takes the place";
    EXPECT_FALSE(front.find("a", core::Time{5}, core::Duration{5})) << "too old for who asks";
    EXPECT_FALSE(front.find("a", core::Time{10}, ttl));
    EXPECT_EQ(front.size(), 2u);
    front.clear({});
    EXPECT_EQ(front.bytes(), 0u);
}

}  // namespace millrace::runtime
