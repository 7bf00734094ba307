// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "millrace/runtime/runtime.hpp"
#include "millrace/store/testing/faulty_store.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "testing/runtime_fixture.hpp"

namespace millrace::runtime {
namespace {

using core::Duration;
using core::ExecutionStatus;
using store::testing::FaultyStore;
using store::testing::StoreFault;
using store::testing::TempFolder;
using ::testing::ElementsAre;
using testing::Harvest;
using ::testing::IsEmpty;

// ---- A process that goes away ---------------------------------------------------------------

class RestartTest : public testing::RuntimeFixture {
protected:
    void restart() {
        runtime.reset();
        gate = std::make_shared<testing::Gate>();
        start_process();
    }
    void start_process() {
        RuntimeOptions options;
        options.clock = clock;
        start(sqlite(folder.path()), std::move(options));
    }

    const std::shared_ptr<testing::VirtualClock> clock = std::make_shared<testing::VirtualClock>();
    TempFolder folder;
};

TEST_F(RestartTest, FinishesWhatAnEarlierProcessLeft) {
    start_process();
    const core::ExecutionId id = execute(save(three_effects("gated")), "kept");
    entered.wait_for(1);
    restart();
    EXPECT_THAT(runtime->live(), IsEmpty()) << "nothing runs before recover";
    const auto report = runtime->recover();
    ASSERT_TRUE(report.has_value());
    EXPECT_THAT(report->resumed, ElementsAre(id));
    gate->open();
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    const auto view = runtime->view(id);
    EXPECT_EQ(view->outputs(), engine::json(R"({"c": "kept"})"));
    EXPECT_EQ(view->nodes()[1].attempts.front().reissued, 1u);
    EXPECT_EQ(view->nodes()[1].attempts.size(), 1u);
}

TEST_F(RestartTest, ResumesOnlyTheWorkflowThatIsAskedFor) {
    start_process();
    const core::ExecutionId mine = execute(save(three_effects("gated", "mine")));
    execute(save(three_effects("gated", "other")));
    restart();
    const auto report = runtime->recover("mine");
    ASSERT_TRUE(report.has_value());
    EXPECT_THAT(report->resumed, ElementsAre(mine));
    EXPECT_THAT(runtime->live(), ElementsAre(mine));
}

TEST_F(RestartTest, RecoversNothingTwice) {
    start_process();
    const core::ExecutionId id = execute(save(three_effects("gated")));
    restart();
    EXPECT_THAT(runtime->recover()->resumed, ElementsAre(id));
    EXPECT_THAT(runtime->recover()->resumed, IsEmpty());
    gate->open();
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_THAT(runtime->recover()->resumed, IsEmpty());
}

TEST_F(RestartTest, KeepsTimersOverARestart) {
    start_process();
    const core::ExecutionId id = execute(save(engine::PlanBuilder{"late"}
                                                  .node("start", "trigger.manual")
                                                  .node("nap", "test.delay", R"({"ms": 3600000})")
                                                  .connect("start -> nap")
                                                  .document()));
    restart();
    const auto unfinished = runtime->wait_for(id, Duration{0});
    ASSERT_FALSE(unfinished);
    EXPECT_TRUE(unfinished.error().is(RuntimeErrc::not_live));
    clock->advance(Duration{3'599'999});
    ASSERT_TRUE(runtime->recover().has_value());
    EXPECT_FALSE(runtime->wait_for(id, Duration{20}));
    clock->advance(Duration{1});
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
}

// ---- A store that fails ---------------------------------------------------------------------

struct CommitFault {
    StoreFault fault;
    int nth;  ///< of the commits
    bool on_disk;
};

class CommitFaultTest : public testing::RuntimeFixture,
                        public ::testing::WithParamInterface<CommitFault> {
protected:
    std::unique_ptr<store::Store> make_store() {
        return GetParam().on_disk ? sqlite(folder.path()) : store::open_memory_store();
    }

    TempFolder folder;
};

TEST_P(CommitFaultTest, NeitherLosesNorRepeatsAnything) {
    auto commits = std::make_shared<std::atomic<int>>(0);
    start(std::make_unique<FaultyStore>(
        make_store(), [commits](FaultyStore::Call call, std::uint64_t) {
            if (call != FaultyStore::Call::commit) return StoreFault::none;
            return ++*commits == GetParam().nth ? GetParam().fault : StoreFault::none;
        }));
    const auto plan = save(three_effects());
    core::Result<core::ExecutionId> id = runtime->execute({.plan = plan, .input = "kept"});
    while (!id && id.error().is(RuntimeErrc::unavailable)) {
        id = runtime->execute({.plan = plan, .input = "kept"});
    }
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(end_of(*id), ExecutionStatus::completed);
    EXPECT_EQ(calls, 3) << "no effect was lost, and none was issued again";
    EXPECT_EQ(runtime->store().status()->executions, 1u);
    EXPECT_EQ(runtime->view(*id)->outputs(), engine::json(R"({"c": "kept"})"));
}

std::vector<CommitFault> all_faults() {
    std::vector<CommitFault> faults;
    for (const StoreFault fault : {StoreFault::failed, StoreFault::full, StoreFault::unknown_lost,
                                   StoreFault::unknown_committed})
        for (int nth = 1; nth <= 4; ++nth)
            for (const bool on_disk : {false, true})
                faults.push_back({fault, nth, on_disk});
    return faults;
}

std::string fault_name(const ::testing::TestParamInfo<CommitFault>& info) {
    const std::vector<std::string> names{"None", "Failed", "Full", "UnknownLost",
                                         "UnknownCommitted"};
    return names[static_cast<std::size_t>(info.param.fault)] + "AtCommit" +
           std::to_string(info.param.nth) + (info.param.on_disk ? "OnDisk" : "InMemory");
}

INSTANTIATE_TEST_SUITE_P(All, CommitFaultTest, ::testing::ValuesIn(all_faults()), fault_name);

class FailingStoreTest : public testing::RuntimeFixture {
protected:
    void start_failing(RuntimeOptions options = {}) {
        start(std::make_unique<FaultyStore>(store::open_memory_store(),
                                            [this](FaultyStore::Call call, std::uint64_t) {
                                                return call == FaultyStore::Call::commit
                                                           ? fault.load()
                                                       : call == FaultyStore::Call::reopen
                                                           ? reopen_fault.load()
                                                           : StoreFault::none;
                                            }),
              std::move(options));
    }

    std::atomic<StoreFault> fault = StoreFault::none;
    std::atomic<StoreFault> reopen_fault = StoreFault::none;
};

TEST_F(FailingStoreTest, GoesOnAfterAFullDiskAndLosesNothingAcknowledged) {
    start_failing();
    const auto plan = save(three_effects("gated"));
    const core::ExecutionId kept = execute(plan, "kept");
    entered.wait_for(1);
    fault = StoreFault::full;
    gate->open();  // its result arrives while nothing can be written
    for (int i = 0; i < 3; ++i) {
        const auto refused = runtime->execute({.plan = plan});
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is(RuntimeErrc::unavailable));
    }
    EXPECT_FALSE(runtime->wait_for(kept, Duration{30}));
    fault = StoreFault::none;
    EXPECT_EQ(end_of(kept), ExecutionStatus::completed);
    EXPECT_THAT(entered.wait_for(3), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(runtime->execute({.plan = plan}).has_value());
}

TEST_F(FailingStoreTest, DoesNotLeaveCallersWaitingForAStoreThatStaysAway) {
    start_failing();
    const auto plan = save(three_effects());
    fault = StoreFault::unknown_committed;
    reopen_fault = StoreFault::failed;
    const auto told = runtime->execute({.plan = plan});
    ASSERT_FALSE(told);
    EXPECT_TRUE(told.error().is(RuntimeErrc::unavailable));
    fault = StoreFault::none;
    reopen_fault = StoreFault::none;
    // It was committed after all, so it runs.
    while (runtime->live().empty() && calls == 0)
        std::this_thread::yield();
    while (!runtime->live().empty())
        std::this_thread::yield();
    EXPECT_EQ(calls, 3);
}

TEST_F(FailingStoreTest, StopsWhenAnotherOwnerTakesOver) {
    auto memory = store::open_memory_store();
    store::Store& other_owners_view = *memory;
    start(std::move(memory));
    const auto plan = save(three_effects("gated"));
    const core::ExecutionId id = execute(plan);
    ASSERT_TRUE(other_owners_view.take_ownership().has_value());
    gate->open();
    const auto status = runtime->wait_for(id, patience);
    ASSERT_FALSE(status);
    const auto refused = runtime->execute({.plan = plan});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(RuntimeErrc::stopped));
}

// ---- An execution that cannot go on ---------------------------------------------------------

class SetAsideTest : public testing::RuntimeFixture {
protected:
    using Ended = core::Result<ExecutionStatus>;

    void start_over_faulty_store() {
        auto made = std::make_unique<FaultyStore>(
            store::open_memory_store(), [this](FaultyStore::Call call, std::uint64_t) {
                return call == FaultyStore::Call::commit && is_full_once.exchange(false)
                           ? StoreFault::full
                           : StoreFault::none;
            });
        faulty = made.get();
        start(std::move(made));
    }
    /// Starts one and waits until its first function runs.
    core::ExecutionId start_gated(const std::shared_ptr<const engine::Plan>& plan,
                                  Harvest<Ended>& ended) {
        const std::size_t before = entered.size();
        Harvest<core::ExecutionId> accepted;
        runtime->execute(
            {.plan = plan}, [&](core::Result<core::ExecutionId> id) { accepted.add(*id); },
            [&](core::ExecutionId, Ended status) { ended.add(std::move(status)); });
        const core::ExecutionId id = accepted.wait_for(1).front();
        entered.wait_for(before + 1);
        return id;
    }

    FaultyStore* faulty = nullptr;
    std::atomic<bool> is_sick = false;
    std::atomic<bool> is_full_once = false;
    Harvest<Ended> sick_end;
    Harvest<Ended> sound_end;
};

TEST_F(SetAsideTest, WhenTheStoreRefusesItsFramesForEverAndTheOthersGoOn) {
    start_over_faulty_store();
    core::ExecutionId sick;
    faulty->refuse([&](const engine::Frame& frame) {
        return is_sick && std::ranges::any_of(frame.journal, [&](const engine::JournalRow& row) {
                   return row.id == sick;
               });
    });
    const auto plan = save(three_effects("gated"));
    sick = start_gated(plan, sick_end);
    start_gated(plan, sound_end);
    is_sick = true;
    gate->open();
    EXPECT_EQ(sound_end.wait_for(1).front(), ExecutionStatus::completed);
    const Ended told = sick_end.wait_for(1).front();
    ASSERT_FALSE(told);
    EXPECT_TRUE(told.error().is(store::StoreErrc::bad_argument)) << told.error().message();
    EXPECT_THAT(runtime->live(), IsEmpty());
    is_sick = false;
    EXPECT_THAT(runtime->recover()->resumed, ElementsAre(sick)) << "it was left in the store";
    EXPECT_EQ(end_of(sick), ExecutionStatus::completed);
}

TEST_F(SetAsideTest, ACommandThatTheStoreRefusesGetsTheReasonAndHurtsNobodyElse) {
    start_over_faulty_store();
    faulty->refuse([&](const engine::Frame& frame) { return is_sick && !frame.inserted.empty(); });
    const auto plan = save(three_effects("gated"));
    start_gated(plan, sound_end);
    is_sick = true;
    const auto refused = runtime->execute({.plan = plan});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(store::StoreErrc::bad_argument)) << refused.error().message();
    gate->open();
    EXPECT_EQ(sound_end.wait_for(1).front(), ExecutionStatus::completed);
}

TEST_F(SetAsideTest, WhenItCannotBeReadForARebuildAndTheOthersGoOn) {
    for (const store::StoreErrc code : {store::StoreErrc::corrupt, store::StoreErrc::io}) {
        start_over_faulty_store();
        core::ExecutionId sick;
        faulty->hide([&, code](core::ExecutionId id) -> std::optional<core::Error> {
            if (!is_sick || id != sick) return std::nullopt;
            return core::Error{code, "injected: unreadable"};
        });
        gate = std::make_shared<testing::Gate>();
        Harvest<Ended> sick_told;
        Harvest<Ended> sound_told;
        const auto plan = save(three_effects("gated"));
        sick = start_gated(plan, sick_told);
        start_gated(plan, sound_told);
        is_sick = true;
        is_full_once = true;
        gate->open();
        const Ended told = sick_told.wait_for(1).front();
        ASSERT_FALSE(told);
        EXPECT_TRUE(told.error().is(code)) << told.error().message();
        EXPECT_EQ(sound_told.wait_for(1).front(), ExecutionStatus::completed);
        EXPECT_THAT(runtime->live(), IsEmpty());
        runtime.reset();
        is_sick = false;
    }
}

TEST_F(FailingStoreTest, OpensTheStoreAgainWhenSavingAWorkflowLeftItUnusable) {
    std::atomic<bool> fails = true;
    start(std::make_unique<FaultyStore>(
        store::open_memory_store(), [&](FaultyStore::Call call, std::uint64_t) {
            return call == FaultyStore::Call::save_version && fails.exchange(false)
                       ? StoreFault::unknown_lost
                       : StoreFault::none;
        }));
    const auto unknown = runtime->save_workflow(three_effects());
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().is(store::StoreErrc::outcome_unknown));
    // Nothing else happens that would open it again.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    auto saved = runtime->save_workflow(three_effects());
    while (!saved && std::chrono::steady_clock::now() < deadline)
        saved = runtime->save_workflow(three_effects());
    ASSERT_TRUE(saved) << saved.error().message();
    EXPECT_EQ(end_of(execute(saved->plan)), ExecutionStatus::completed);
}

TEST_F(FailingStoreTest, StopsWhileTheStoreIsAway) {
    start_failing();
    const auto plan = save(three_effects());
    fault = StoreFault::full;
    reopen_fault = StoreFault::failed;
    EXPECT_FALSE(runtime->execute({.plan = plan}));
    runtime->stop();
    EXPECT_FALSE(runtime->execute({.plan = plan}));
}

}  // namespace
}  // namespace millrace::runtime
