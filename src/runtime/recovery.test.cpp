// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
