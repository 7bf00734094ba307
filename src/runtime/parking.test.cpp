// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Duration hour{3'600'000};
constexpr engine::NodeAction retry = engine::NodeAction::retry;

class ParkingTest : public testing::RuntimeFixture {
protected:
    void start_here(std::unique_ptr<store::Store> store, RuntimeLimits limits = {}) {
        RuntimeOptions options;
        options.clock = clock;
        options.limits = limits;
        start(std::move(store), std::move(options));
    }
    void start_process(RuntimeLimits limits = {}) { start_here(sqlite(folder.path()), limits); }
    void restart() {
        runtime.reset();
        start_process();
    }

    /// start -> nap -> call: waits an hour, then calls `count`.
    static engine::PlanBuilder late(std::string_view id = "late") {
        engine::PlanBuilder plan{id};
        plan.node("start", "trigger.manual")
            .node("nap", "test.delay", R"({"ms": 3600000})")
            .node("call", "test.effect", R"({"function": "count"})")
            .connect("start -> nap -> call");
        return plan;
    }
    core::ExecutionId parked(const std::shared_ptr<const engine::Plan>& plan,
                             engine::ExecutionOptions options = {}) {
        const auto id = runtime->execute({.plan = plan, .input = 7, .options = std::move(options)});
        EXPECT_TRUE(id.has_value());
        wait_until_parked();
        return id.value_or(core::ExecutionId{});
    }
    void wait_until_parked() const {
        while (!runtime->live().empty())
            std::this_thread::yield();
    }
    /// Of `late`, but one at a time.
    std::shared_ptr<const engine::Plan> save_limited() {
        core::Document document = late("limited").document();
        document.settings.max_concurrent_executions = core::ConcurrencyLimit{.limit = 1};
        return save(document);
    }
    /// The first is due in an hour, and then the second begins to wait for one.
    void expect_one_after_the_other(core::ExecutionId first, core::ExecutionId second) {
        clock->advance(hour);
        EXPECT_EQ(end_of(first), ExecutionStatus::completed);
        while (stored_status(second) != ExecutionStatus::waiting)
            std::this_thread::yield();
        clock->advance(hour);
        EXPECT_EQ(end_of(second), ExecutionStatus::completed);
    }
    ExecutionStatus stored_status(core::ExecutionId id) {
        return runtime->store().execution(id)->status;
    }

    const std::shared_ptr<testing::VirtualClock> clock = std::make_shared<testing::VirtualClock>();
    TempFolder folder;
};

TEST_F(ParkingTest, KeepsNothingInMemoryOfWhatWaitsLong) {
    start_process();
    const core::ExecutionId id = parked(save(late().document()));
    EXPECT_EQ(stored_status(id), ExecutionStatus::waiting);
    EXPECT_TRUE(runtime->wait_for(id, Duration{0}).error().is(RuntimeErrc::timed_out));
    clock->advance(hour);
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(calls, 1);
}

TEST_F(ParkingTest, WakesNothingEarly) {
    start_process();
    const core::ExecutionId id = parked(save(late().document()));
    clock->advance(Duration{3'599'999});
    EXPECT_FALSE(runtime->wait_for(id, Duration{20}));
    EXPECT_THAT(runtime->live(), IsEmpty());
    clock->advance(Duration{1});
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
}

TEST_F(ParkingTest, TellsThoseWhoWaitedBeforeItParked) {
    start_process();
    const auto plan = save(late().document());
    testing::Harvest<ExecutionStatus> ended;
    runtime->execute(
        {.plan = plan}, [](auto) {},
        [&](core::ExecutionId, core::Result<ExecutionStatus> status) {
            ended.add(status.value_or(ExecutionStatus::pending));
        });
    while (runtime->store().status()->parked_executions == 0)
        std::this_thread::yield();
    clock->advance(hour);
    EXPECT_THAT(ended.wait_for(1), ElementsAre(ExecutionStatus::completed));
}

TEST_F(ParkingTest, WakesManyThatAreDueTogetherThroughASmallWindow) {
    RuntimeLimits limits;
    limits.wake_window_max = 16;
    start_process(limits);
    ASSERT_TRUE(runtime->recover());
    const auto plan = save(late().document());
    std::vector<core::ExecutionId> ids;
    for (int i = 0; i < 200; ++i)
        ids.push_back(*runtime->execute({.plan = plan}));
    wait_until_parked();
    clock->advance(hour);
    for (const core::ExecutionId id : ids)
        EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(calls, 200);
}

TEST_F(ParkingTest, AfterARestartWakesWhatAnEarlierProcessParked) {
    start_process();
    const core::ExecutionId id = parked(save(late().document()));
    restart();
    EXPECT_TRUE(runtime->wait_for(id, Duration{0}).error().is(RuntimeErrc::not_live));
    clock->advance(hour);
    EXPECT_THAT(runtime->recover()->resumed, IsEmpty()) << "nothing of it was interrupted";
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(runtime->view(id)->nodes()[2].attempts.front().reissued, 0u);
}

TEST_F(ParkingTest, WakesOnlyTheWorkflowThatIsAskedFor) {
    start_process();
    const core::ExecutionId mine = parked(save(late("mine").document()));
    const core::ExecutionId other = parked(save(late("other").document()));
    restart();
    ASSERT_TRUE(runtime->recover("mine"));
    clock->advance(hour);
    EXPECT_EQ(end_of(mine), ExecutionStatus::completed);
    EXPECT_EQ(stored_status(other), ExecutionStatus::waiting);
}

// ---- Commands -------------------------------------------------------------------------------

TEST_F(ParkingTest, BringsBackWhatIsCommanded) {
    start_process();
    const core::ExecutionId id = parked(save(late().document()));
    ASSERT_TRUE(runtime->command_node(id, "nap", engine::NodeAction::skip));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(runtime->view(id)->nodes()[1].status, core::NodeStatus::skipped);
}

TEST_F(ParkingTest, PausesAndResumesWithOtherVariables) {
    start_process();
    auto plan = late();
    plan.variable("rate", 1);
    const core::ExecutionId id = parked(save(plan.document()));
    ASSERT_TRUE(runtime->pause(id, "look"));
    wait_until_parked();
    EXPECT_EQ(stored_status(id), ExecutionStatus::paused);
    clock->advance(hour);
    EXPECT_FALSE(runtime->wait_for(id, Duration{20})) << "it is paused";
    EXPECT_TRUE(runtime->resume(id, engine::json(R"({"rat": 2})"))
                    .error()
                    .is(engine::CommandErrc::bad_variable));
    ASSERT_TRUE(runtime->resume(id, engine::json(R"({"rate": 2})")));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(runtime->view(id)->variables(), engine::json(R"({"rate": 2})"));
}

TEST_F(ParkingTest, StepsFromBreakpointToBreakpoint) {
    start_process();
    const auto plan = save(three_effects());
    engine::ExecutionOptions options;
    options.breakpoints = {"a"};
    const core::ExecutionId id = parked(plan, std::move(options));
    EXPECT_EQ(runtime->view(id)->paused_before(), "a");
    ASSERT_TRUE(runtime->step(id));
    while (calls == 0 || stored_status(id) != ExecutionStatus::paused)
        std::this_thread::yield();
    EXPECT_EQ(calls, 1);
    ASSERT_TRUE(runtime->set_breakpoints(id, {"c"}));
    ASSERT_TRUE(runtime->resume(id));
    while (runtime->view(id)->paused_before() != "c")
        std::this_thread::yield();
    ASSERT_TRUE(runtime->resume(id));
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
}

TEST_F(ParkingTest, CancelsWhatIsParkedAndWhatAnEarlierProcessLeft) {
    start_process();
    const auto plan = save(late().document());
    const core::ExecutionId id = parked(plan);
    ASSERT_TRUE(runtime->cancel(id, "no longer wanted"));
    EXPECT_EQ(end_of(id), ExecutionStatus::canceled);
    const core::ExecutionId left = execute(save(three_effects("gated")));
    entered.wait_for(1);
    runtime.reset();
    gate = std::make_shared<testing::Gate>();
    start_process();
    ASSERT_TRUE(runtime->cancel(left, "no longer wanted"));
    EXPECT_EQ(end_of(left), ExecutionStatus::canceled);
    EXPECT_EQ(runtime->view(left)->nodes()[1].status, core::NodeStatus::canceled);
}

TEST_F(ParkingTest, AnswersForWhatHasEndedOrNeverWas) {
    start_process();
    const core::ExecutionId id = execute(save(three_effects()));
    ASSERT_EQ(end_of(id), ExecutionStatus::completed);
    const auto ended = runtime->pause(id, "late");
    EXPECT_TRUE(ended.error().is(engine::CommandErrc::already_finished));
    EXPECT_THAT(ended.error().message(), HasSubstr("is completed already"));
    core::ExecutionId unknown;
    unknown.uuid.bytes[3] = 1;
    EXPECT_TRUE(runtime->step(unknown).error().is(engine::CommandErrc::not_found));
}

TEST_F(ParkingTest, AnswersCallersWhenItStops) {
    start_process();
    const core::ExecutionId id = parked(save(late().document()));
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] { (void)runtime->pause(id, "race"); });
    runtime->stop();
}

TEST_F(ParkingTest, LosesNoneOfThoseThatAreCommandedWhileTheyWake) {
    start_here(store::open_memory_store());
    ASSERT_TRUE(runtime->recover());
    const auto plan = save(late().document());
    std::vector<core::ExecutionId> ids;
    for (int i = 0; i < 120; ++i)
        ids.push_back(*runtime->execute({.plan = plan}));
    wait_until_parked();
    {
        std::vector<std::jthread> operators;
        for (std::size_t n = 0; n < 4; ++n) {
            operators.emplace_back([&, n] {
                for (std::size_t i = n; i < ids.size(); i += 2) {
                    (void)runtime->pause(ids[i], "look");
                    if (i % 3 == 0) (void)runtime->command_node(ids[i], "nap", retry);
                    (void)runtime->resume(ids[i]);
                }
            });
        }
        for (int i = 0; i < 60; ++i) {
            clock->advance(Duration{60'000});
            std::this_thread::yield();
        }
    }
    for (const core::ExecutionId id : ids) {
        clock->advance(hour);
        (void)runtime->resume(id);
        EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    }
    EXPECT_EQ(calls, 120);
}

// ---- Limits ---------------------------------------------------------------------------------

TEST_F(ParkingTest, LetsQueuedExecutionsStartWhenThereIsRoom) {
    core::Document document = three_effects("gated");
    document.settings.max_concurrent_executions = core::ConcurrencyLimit{.limit = 1};
    start_process();
    const auto plan = save(document);
    const core::ExecutionId first = execute(plan);
    entered.wait_for(1);
    const core::ExecutionId second = execute(plan);
    while (runtime->live() != std::vector{first})
        std::this_thread::yield();
    EXPECT_EQ(stored_status(second), ExecutionStatus::pending);
    gate->open();
    EXPECT_EQ(end_of(first), ExecutionStatus::completed);
    EXPECT_EQ(end_of(second), ExecutionStatus::completed);
}

TEST_F(ParkingTest, KeepsTheLimitOverARestart) {
    start_process();
    const auto plan = save_limited();
    const core::ExecutionId first = parked(plan);
    const core::ExecutionId second = parked(plan);
    restart();
    ASSERT_TRUE(runtime->recover());
    EXPECT_EQ(stored_status(second), ExecutionStatus::pending);
    expect_one_after_the_other(first, second);
}

TEST_F(ParkingTest, WhoIsTakenOverFromAQueueWaitsForThoseBeforeIt) {
    start_process();
    const auto plan = save_limited();
    const core::ExecutionId first = parked(plan);
    const core::ExecutionId second = parked(plan);
    restart();
    ASSERT_THAT(runtime->recover_only({{second}})->resumed, ElementsAre(second));
    EXPECT_FALSE(runtime->wait_for(second, Duration{20}));
    EXPECT_EQ(runtime->view(second)->status(), ExecutionStatus::pending);
    expect_one_after_the_other(first, second);
}

TEST_F(ParkingTest, WhoCannotBeReadDoesNotHoldUpTheQueueBehindIt) {
    std::atomic<bool> is_damaged = false;
    core::ExecutionId damaged;
    auto store = std::make_unique<FaultyStore>(
        store::open_memory_store(),
        [](FaultyStore::Call, std::uint64_t) { return StoreFault::none; });
    store->hide([&](core::ExecutionId id) -> std::optional<core::Error> {
        if (!is_damaged || id != damaged) return std::nullopt;
        return core::Error{store::StoreErrc::corrupt, "injected: damaged"};
    });
    start_here(std::move(store));
    const auto plan = save_limited();
    const core::ExecutionId first = parked(plan);
    damaged = parked(plan);
    const core::ExecutionId third = parked(plan);
    is_damaged = true;
    expect_one_after_the_other(first, third);
    runtime.reset();
}

// ---- A store that fails ---------------------------------------------------------------------

class ParkingFaultTest : public ParkingTest, public ::testing::WithParamInterface<StoreFault> {};

TEST_P(ParkingFaultTest, LosesNothingWhenCommitsFailAroundParkingAndWaking) {
    for (int nth = 1; nth <= 6; ++nth) {
        runtime.reset();
        calls = 0;
        auto commits = std::make_shared<std::atomic<int>>(0);
        start_here(std::make_unique<FaultyStore>(
            store::open_memory_store(), [commits, nth](FaultyStore::Call call, std::uint64_t) {
                if (call != FaultyStore::Call::commit) return StoreFault::none;
                return ++*commits == nth ? GetParam() : StoreFault::none;
            }));
        ASSERT_TRUE(runtime->recover());
        const auto plan = save(late().document());
        core::Result<core::ExecutionId> id = runtime->execute({.plan = plan});
        while (!id)
            id = runtime->execute({.plan = plan});
        while (runtime->store().status()->parked_executions == 0)
            std::this_thread::yield();
        core::Result<> paused = runtime->pause(*id, "look");
        while (!paused && paused.error().is(RuntimeErrc::unavailable))
            paused = runtime->pause(*id, "look");
        core::Result<> resumed = runtime->resume(*id);
        while (!resumed && resumed.error().is(RuntimeErrc::unavailable))
            resumed = runtime->resume(*id);
        clock->advance(hour);
        EXPECT_EQ(end_of(*id), ExecutionStatus::completed) << nth;
        EXPECT_EQ(calls, 1) << nth;
    }
}

INSTANTIATE_TEST_SUITE_P(All, ParkingFaultTest,
                         ::testing::Values(StoreFault::failed, StoreFault::unknown_lost,
                                           StoreFault::unknown_committed));

}  // namespace
}  // namespace millrace::runtime
