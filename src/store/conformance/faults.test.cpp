// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millrace/store/dead_letters.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/retention.hpp"
#include "millrace/store/testing/faulty_store.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/waits.hpp"
#include "sqlite/sqlite_store.hpp"
#include "testing/fault_vfs.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

// The same story with its n-th call failing, n = 1, 2, … until none fails. Whatever a commit said
// is kept is there in the end, a failed one left nothing, an unknown one all or nothing; and the
// story always comes to its end.

namespace millrace::store::conformance {

using testing::execution_id;
using testing::FrameBuilder;

namespace {

constexpr int tries_max = 3;
constexpr std::uint64_t frames = 12;

std::string bytes_of(std::uint64_t execution, std::uint64_t frame) {
    // Some rows are larger than a page.
    return std::to_string(execution) + "/" + std::to_string(frame) +
           std::string(frame % 5 == 0 ? 9'000 : 40, 'x');
}

engine::Frame frame_of(std::uint64_t number) {
    FrameBuilder frame{number, static_cast<std::int64_t>(number)};
    for (const std::uint64_t n : {number, number + 100})
        frame.insert(n);
    for (std::uint64_t n = number; n > 0 && n + 3 > number; --n)
        frame.journal(n, number - n + 1, 1, bytes_of(n, number));
    if (number % 3 == 0) frame.snapshot(number, 1, "state");
    // Parked until the next frame, and for good; some are finished out of parking.
    frame.park(number + 100, 1, "state", static_cast<std::int64_t>(number), number % 2 == 0);
    if (number > 1 && number % 3 != 0) frame.unpark(number + 99);
    if (number > 2) frame.finish(number - 2);
    if (number > 4 && number % 2 == 0) frame.finish(number + 96);
    if (number % 4 == 1) frame.wait(number, engine::WaitRow::What::signal, "paid");
    if (number % 4 == 2)
        frame.end_wait(number - 1, engine::WaitRow::State::answered, std::to_string(number));
    engine::Frame built = frame.build();
    built.shared.push_back({"breaker", "k", std::to_string(number)});
    if (number % 4 == 0) {
        engine::DeadLetterRow& letter = built.dead_letters.emplace_back();
        letter.id = execution_id(number);
        letter.path = "charge";
        letter.failure.code = std::to_string(number);
    }
    return built;
}

/// Repeats a call that may fail once.
template <class Call>
auto insist(Call call) {
    auto result = call();
    for (int i = 1; !result && i < tries_max; ++i)
        result = call();
    return result;
}

class Story {
public:
    using Open = std::function<core::Result<std::unique_ptr<Store>>()>;

    explicit Story(Open open) : open_{std::move(open)} {}

    void tell() {
        auto opened = insist(open_);
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
        const auto owned = insist([&] { return store_->take_ownership(); });
        ASSERT_TRUE(owned) << owned.error().message();
        epoch_ = owned->epoch;
        const auto saved = insist([&] {
            auto result = store_->save_version(testing::workflow, testing::workflow_hash, "{}",
                                               core::Time{1});
            if (!result) static_cast<void>(insist([&] { return store_->reopen(epoch_); }));
            return result;
        });
        ASSERT_TRUE(saved) << saved.error().message();
        for (std::uint64_t number = 1; number <= frames; ++number) {
            ASSERT_NO_FATAL_FAILURE(commit(number));
            // Failed ones delay, or cost a result; they must not hurt.
            const CachedResult kept{std::to_string(number), "w", "n", {}, {}, core::Time{9}, "r"};
            static_cast<void>(store_->result_cache().put({&kept, 1}, 1u << 20, core::Time{1}));
            if (number == frames / 2) use_parts();
            static_cast<void>(store_->checkpoint());
        }
    }

    /// Once: each call more is a call more that fails.
    void use_parts() {
        static_cast<void>(
            store_->idempotency().begin({"POST /x", "key", "digest", 0, "", "", core::Time{1}}));
        static_cast<void>(store_->retention().give_back(1u << 20));
    }

    void check(Store& store) const {
        for (std::uint64_t n = 1; n <= frames; ++n) {
            std::vector<std::string> expected;
            for (std::uint64_t frame = n; frame <= frames && frame < n + 3; ++frame)
                expected.push_back(bytes_of(n, frame));
            const auto rows = store.journal(execution_id(n), 0);
            ASSERT_TRUE(rows) << rows.error().message();
            EXPECT_EQ(*rows, expected);
            const bool finished = n + 2 <= frames;
            EXPECT_EQ(is_terminal(store.execution(execution_id(n))->status), finished);
            EXPECT_TRUE(store.execution(execution_id(n + 100)));
        }
        EXPECT_EQ(store.status()->executions, 2 * frames);
        check_parked(store);
        check_parts(store);
    }

    void check_parts(Store& store) const {
        const auto letters = store.dead_letters().list({}, 100, "");
        ASSERT_TRUE(letters) << letters.error().message();
        ASSERT_EQ(letters->items.size(), frames / 4);
        for (std::size_t i = 0; i < letters->items.size(); ++i)
            EXPECT_EQ(letters->items[i].row.failure.code, std::to_string(frames - 4 * i));
        const auto shared = store.shared();
        ASSERT_TRUE(shared) << shared.error().message();
        ASSERT_EQ(shared->size(), 1u);
        EXPECT_EQ(shared->front().bytes, std::to_string(frames));
        const auto waits = store.waits().list({}, 100, "");
        ASSERT_TRUE(waits) << waits.error().message();
        ASSERT_EQ(waits->items.size(), frames / 4);
        for (const Wait& wait : waits->items)
            EXPECT_EQ(wait.answer, core::Value{std::to_string(wait.opened_at.ms + 1)});
        // Of each kept result there is all or nothing.
        for (std::uint64_t n = 1; n <= frames; ++n) {
            const auto kept = store.result_cache().find(std::to_string(n));
            ASSERT_TRUE(kept) << kept.error().message();
            EXPECT_TRUE(!*kept || (*kept)->bytes == "r") << n;
        }
        const auto answer = store.idempotency().find("POST /x", "key");
        ASSERT_TRUE(answer) << answer.error().message();
        EXPECT_TRUE(!*answer || (*answer)->digest == "digest");
        check_feed(store);
    }

    /// What was committed, each once and in order, and nothing else.
    void check_feed(Store& store) const {
        const auto rows = store.feed().rows({}, 1'000);
        ASSERT_TRUE(rows) << rows.error().message();
        auto row = rows->begin();
        for (std::uint64_t frame = 1; frame <= frames; ++frame) {
            std::uint32_t place = 0;
            for (std::uint64_t n = frame; n > 0 && n + 3 > frame; --n, ++row) {
                ASSERT_NE(row, rows->end());
                EXPECT_EQ(row->position, (FeedPosition{frame, ++place}));
                EXPECT_EQ(row->id, execution_id(n));
                EXPECT_EQ(row->first_seq, frame - n + 1);
            }
        }
        EXPECT_EQ(row, rows->end());
    }

    void check_parked(Store& store) const {
        std::vector<core::ExecutionId> parked;
        std::vector<core::ExecutionId> unparked{execution_id(frames - 1), execution_id(frames)};
        for (std::uint64_t n = 1; n <= frames; ++n) {
            if (n + 4 <= frames && n % 2 == 0) continue;
            const bool woke = n < frames && (n + 1) % 3 != 0;
            (woke ? unparked : parked).push_back(execution_id(n + 100));
        }
        const auto ids = [](const auto& rows) {
            std::vector<core::ExecutionId> all;
            for (const auto& row : rows.value())
                all.push_back(row.id);
            return all;
        };
        EXPECT_EQ(ids(store.due_parked(core::Time{1'000}, 100, {})), parked);
        EXPECT_EQ(ids(store.unparked(100, {})), unparked);
    }

    Store& store() { return *store_; }
    void close() { store_.reset(); }

private:
    void commit(std::uint64_t number) {
        const engine::Frame frame = frame_of(number);
        for (int i = 0; i < tries_max; ++i) {
            const auto done = store_->commit(frame, epoch_);
            if (done) return;
            const bool unknown = done.error().is(StoreErrc::outcome_unknown);
            const auto owned = insist([&] { return store_->reopen(epoch_); });
            ASSERT_TRUE(owned) << owned.error().message();
            if (unknown && owned->frame == number) return;
            ASSERT_EQ(owned->frame, number - 1) << done.error().message();
        }
        FAIL() << "frame " << number << " cannot be committed";
    }

    Open open_;
    std::unique_ptr<Store> store_;
    Epoch epoch_;
};

class SqliteFaults : public ::testing::TestWithParam<testing::DiskFault> {};
class MemoryFaults : public ::testing::TestWithParam<testing::StoreFault> {};

}  // namespace

TEST_P(SqliteFaults, TheStoryEndsWellWhicheverCallFails) {
    std::uint64_t n = 1;
    for (bool failed = true; failed; ++n) {
        const testing::TempFolder folder;
        testing::FaultVfs disk;
        sqlite::SqliteOptions options{.path = folder / "a.db", .lock = folder / "lock"};
        options.vfs = disk.name();
        options.log_pages_max = 8;
        options.live_interval = 5;
        const auto open = [&]() -> core::Result<std::unique_ptr<Store>> {
            return sqlite::SqliteStore::open(options);
        };
        disk.fail_at(GetParam(), n);
        Story story{open};
        ASSERT_NO_FATAL_FAILURE(story.tell()) << "call " << n;
        failed = disk.has_failed();
        disk.heal();
        ASSERT_NO_FATAL_FAILURE(story.check(story.store())) << "call " << n;
        story.close();
        const auto reopened = open();
        ASSERT_TRUE(reopened) << reopened.error().message();
        ASSERT_NO_FATAL_FAILURE(story.check(**reopened)) << "call " << n;
    }
    EXPECT_GT(n, frames);
}

TEST_P(MemoryFaults, TheStoryEndsWellWhicheverCallFails) {
    std::uint64_t n = 1;
    for (bool failed = true; failed; ++n) {
        testing::FaultyStore* faulty = nullptr;
        Story story{[&]() -> core::Result<std::unique_ptr<Store>> {
            auto store = std::make_unique<testing::FaultyStore>(open_memory_store());
            faulty = store.get();
            store->fail_nth(n, GetParam());
            return store;
        }};
        ASSERT_NO_FATAL_FAILURE(story.tell()) << "call " << n;
        failed = faulty->faults() > 0;
        faulty->heal();
        ASSERT_NO_FATAL_FAILURE(story.check(story.store())) << "call " << n;
    }
    EXPECT_GT(n, frames);
}

TEST(FaultyStore, HidesOneOfManyHistories) {
    testing::FaultyStore store{open_memory_store()};
    const Epoch epoch = store.take_ownership()->epoch;
    ASSERT_TRUE(store.save_version(testing::workflow, testing::workflow_hash, "{}", core::Time{1}));
    ASSERT_TRUE(store.commit(frame_of(1), epoch));
    store.hide([](core::ExecutionId id) -> std::optional<core::Error> {
        if (id != execution_id(1)) return std::nullopt;
        return core::Error{StoreErrc::corrupt, "hidden"};
    });
    const std::vector<core::ExecutionId> ids{execution_id(1), execution_id(101)};
    const auto all = store.histories(ids);
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_THAT(all->at(0), testing::FailsWith(StoreErrc::corrupt));
    EXPECT_EQ(all->at(1)->snapshot, "state");
    store.fail_nth(1, testing::StoreFault::failed);
    EXPECT_THAT(store.due_parked(core::Time{9}, 1, {}), testing::FailsWith(StoreErrc::io));
}

INSTANTIATE_TEST_SUITE_P(Faults, SqliteFaults,
                         ::testing::Values(testing::DiskFault::failing, testing::DiskFault::full,
                                           testing::DiskFault::sync),
                         [](const auto& tested) {
                             switch (tested.param) {
                                 case testing::DiskFault::failing: return "failing";
                                 case testing::DiskFault::full: return "full";
                                 case testing::DiskFault::sync: return "sync";
                             }
                             return "unknown";
                         });

INSTANTIATE_TEST_SUITE_P(Faults, MemoryFaults,
                         ::testing::Values(testing::StoreFault::failed, testing::StoreFault::full,
                                           testing::StoreFault::unknown_lost,
                                           testing::StoreFault::unknown_committed),
                         [](const auto& tested) {
                             switch (tested.param) {
                                 case testing::StoreFault::none: return "none";
                                 case testing::StoreFault::failed: return "failed";
                                 case testing::StoreFault::full: return "full";
                                 case testing::StoreFault::unknown_lost: return "unknown_lost";
                                 case testing::StoreFault::unknown_committed:
                                     return "unknown_committed";
                             }
                             return "unknown";
                         });

}  // namespace millrace::store::conformance
