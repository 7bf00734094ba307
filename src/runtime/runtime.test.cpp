// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/runtime_fixture.hpp"

namespace millrace::runtime {
namespace {

using core::Duration;
using core::ExecutionStatus;
using core::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RuntimeTest : public testing::RuntimeFixture {};

TEST_F(RuntimeTest, RunsAWorkflowToItsEnd) {
    start();
    const core::ExecutionId id = execute(save(three_effects()), "hello");
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    EXPECT_EQ(calls, 3);
    const auto view = runtime->view(id);
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(view->outputs(), engine::json(R"({"c": "hello"})"));
    EXPECT_THAT(runtime->live(), IsEmpty());
}

TEST_F(RuntimeTest, AcceptsAnExecutionOnlyOnceItIsStored) {
    start();
    const core::ExecutionId id = execute(save(three_effects("gated")));
    const auto row = runtime->store().execution(id);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->status, ExecutionStatus::running);
    EXPECT_THAT(runtime->live(), ElementsAre(id));
}

TEST_F(RuntimeTest, TellsOfAnExecutionThatEndsInItsFirstFrame) {
    start();
    const auto plan = save(engine::PlanBuilder{"pure"}
                               .node("start", "trigger.manual")
                               .node("pass", "test.pass")
                               .connect("start -> pass")
                               .document());
    testing::Harvest<ExecutionStatus> ended;
    runtime->execute(
        {.plan = plan}, [](auto) {}, [&](core::ExecutionId, auto status) { ended.add(*status); });
    EXPECT_THAT(ended.wait_for(1), ElementsAre(ExecutionStatus::completed));
}

TEST_F(RuntimeTest, WaitsForExecutionsThatEndedLongAgo) {
    start();
    const core::ExecutionId id = execute(save(three_effects()));
    end_of(id);
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
    const auto unknown = runtime->wait(core::ExecutionId{});
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().is(store::StoreErrc::not_found));
}

TEST_F(RuntimeTest, StartsNoSecondExecutionOfOneId) {
    start();
    const auto plan = save(three_effects());
    core::ExecutionId id;
    id.uuid = core::Uuid::v7(core::Time{1'800'000'000'000}, 1, 2);
    testing::Harvest<ExecutionStatus> ended;
    testing::Harvest<core::ExecutionId> accepted;
    const auto execute_once = [&] {
        runtime->execute_to_end(
            {.plan = plan, .id = id}, [&](auto given) { accepted.add(given.value()); },
            [&](core::ExecutionId, core::Result<EndedExecution> end) {
                ended.add(end.value().view().value().status());
            });
    };
    execute_once();
    ended.wait_for(1);
    execute_once();
    EXPECT_THAT(ended.wait_for(2),
                ElementsAre(ExecutionStatus::completed, ExecutionStatus::completed));
    EXPECT_THAT(accepted.wait_for(2), ElementsAre(id, id));
    EXPECT_EQ(runtime->store().executions({}, 10, {}).value().items.size(), 1u);
}

TEST_F(RuntimeTest, GivesWhatTheDeploymentSaysToVariables) {
    start();
    const auto plan = save(engine::PlanBuilder{"vars"}
                               .variable("a", 1)
                               .variable("b", 2)
                               .node("start", "trigger.manual")
                               .document());
    ASSERT_TRUE(runtime->put_variable({"a", 10, {}, {}}).has_value());
    ASSERT_TRUE(runtime->put_variable({"b", 20, {}, {}}).has_value());
    ASSERT_TRUE(runtime->put_variable({"other", 30, {}, {}}).has_value());
    const auto id =
        runtime->execute({.plan = plan, .variables = core::Value::object({{"b", 200}})});
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(runtime->view(*id).value().variables(), core::Value::object({{"a", 10}, {"b", 200}}));
}

TEST_F(RuntimeTest, EndsAWaitThatTakesTooLong) {
    start();
    const core::ExecutionId id = execute(save(three_effects("gated")));
    const auto status = runtime->wait_for(id, Duration{1});
    ASSERT_FALSE(status);
    EXPECT_TRUE(status.error().is(RuntimeErrc::timed_out));
}

TEST_F(RuntimeTest, KeepsOneVersionOfAnEqualDocument) {
    start();
    const auto first = runtime->save_workflow(three_effects("count"));
    const auto again = runtime->save_workflow(three_effects("count"));
    const auto other = runtime->save_workflow(three_effects("echo"));
    EXPECT_EQ(first->version.number, 1u);
    EXPECT_EQ(again->version.number, 1u);
    EXPECT_EQ(again->plan, first->plan);
    EXPECT_EQ(other->version.number, 2u);
}

TEST_F(RuntimeTest, SavesNoDocumentThatDoesNotCompile) {
    start();
    const auto saved = runtime->save_workflow(
        engine::PlanBuilder{"bad"}.node("start", "trigger.manual").node("x", "no.such").document());
    ASSERT_FALSE(saved);
    EXPECT_TRUE(saved.error().is(RuntimeErrc::bad_workflow));
    EXPECT_THAT(saved.error().message(), HasSubstr("unknown_type"));
    EXPECT_FALSE(runtime->load_workflow("bad", 1));
}

TEST_F(RuntimeTest, RefusesAPlanThatItHasNotStored) {
    start();
    const auto id =
        runtime->execute({.plan = engine::PlanBuilder{}.node("start", "trigger.manual").plan()});
    ASSERT_FALSE(id);
    EXPECT_TRUE(id.error().is(RuntimeErrc::bad_workflow));
}

TEST_F(RuntimeTest, ChecksTheTriggerBeforeAnythingIsStored) {
    start();
    const auto id = runtime->execute({.plan = save(three_effects()), .trigger = "nowhere"});
    ASSERT_FALSE(id);
    EXPECT_TRUE(id.error().is(engine::StartErrc::unknown_trigger));
}

TEST_F(RuntimeTest, RefusesMoreLiveExecutionsThanItMayHave) {
    RuntimeOptions options;
    options.limits.executions_live_max = 1;
    start(store::open_memory_store(), std::move(options));
    const auto plan = save(three_effects("gated"));
    const core::ExecutionId id = execute(plan);
    const auto second = runtime->execute({.plan = plan});
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is(RuntimeErrc::busy));
    gate->open();
    end_of(id);
    EXPECT_TRUE(runtime->execute({.plan = plan}).has_value());
}

TEST_F(RuntimeTest, RunsManyExecutionsFromCallbacks) {
    start();
    const auto plan = save(three_effects());
    testing::Harvest<core::ExecutionId> ended;
    std::atomic<int> left = 200;
    std::function<void()> next = [&] {
        if (left.fetch_sub(1) <= 0) return;
        runtime->execute(
            {.plan = plan}, [](auto id) { EXPECT_TRUE(id.has_value()); },
            [&](core::ExecutionId id, auto status) {
                EXPECT_EQ(*status, ExecutionStatus::completed);
                ended.add(id);
                next();
            });
    };
    for (int i = 0; i < 16; ++i)
        next();
    ended.wait_for(200);
    runtime->stop();  // the last callback uses what this test has on its stack
    EXPECT_EQ(calls, 600);
}

// ---- Time -----------------------------------------------------------------------------------

TEST_F(RuntimeTest, FiresATimerWhenItIsDueAndNotBefore) {
    const auto clock = std::make_shared<testing::VirtualClock>();
    RuntimeOptions options;
    options.clock = clock;
    start(store::open_memory_store(), std::move(options));
    const auto plan = save(engine::PlanBuilder{"late"}
                               .node("start", "trigger.manual")
                               .node("nap", "test.delay", R"({"ms": 3600000})")
                               .connect("start -> nap")
                               .document());
    const core::ExecutionId id = execute(plan);
    clock->advance(Duration{3'599'999});
    EXPECT_FALSE(runtime->wait_for(id, Duration{20}));
    clock->advance(Duration{1});
    EXPECT_EQ(end_of(id), ExecutionStatus::completed);
}

TEST_F(RuntimeTest, AbortsAnAttemptThatTimesOut) {
    const auto clock = std::make_shared<testing::VirtualClock>();
    RuntimeOptions options;
    options.clock = clock;
    start(store::open_memory_store(), std::move(options));
    engine::PlanBuilder builder{"slow"};
    builder.node("start", "trigger.manual").node("a", "test.effect", R"({"function": "gated"})");
    builder.last_node().timeout = Duration{5'000};
    const core::ExecutionId id = execute(save(builder.connect("start -> a").document()));
    entered.wait_for(1);
    clock->advance(Duration{5'000});
    EXPECT_EQ(end_of(id), ExecutionStatus::failed);
    EXPECT_EQ(runtime->view(id)->error()->error_class, core::ErrorClass::timeout);
    gate->wait();  // opened by the stop token of the function
}

// ---- Cancel ---------------------------------------------------------------------------------

TEST_F(RuntimeTest, CancelsAnExecutionAndStopsItsEffect) {
    start();
    const core::ExecutionId id = execute(save(three_effects("gated")));
    entered.wait_for(1);
    ASSERT_TRUE(runtime->cancel(id, "no longer needed").has_value());
    EXPECT_EQ(end_of(id), ExecutionStatus::canceled);
    EXPECT_EQ(entered.size(), 1u);
}

TEST_F(RuntimeTest, SaysWhyAnExecutionCannotBeCanceled) {
    start();
    const core::ExecutionId id = execute(save(three_effects()));
    end_of(id);
    const auto late = runtime->cancel(id, "too late");
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(engine::CommandErrc::already_finished));
    EXPECT_THAT(late.error().message(), HasSubstr("completed"));
    const auto unknown = runtime->cancel(core::ExecutionId{}, "unknown");
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().is(engine::CommandErrc::not_found));
}

// ---- Watching -------------------------------------------------------------------------------

class Recorder final : public Observer {
public:
    void on_committed(std::span<const CommittedRow> told) override {
        for (const CommittedRow& row : told)
            rows.add(row);
    }
    void on_lagged(std::uint64_t) override { ADD_FAILURE() << "the queue was large enough"; }

    testing::Harvest<CommittedRow> rows;
};

TEST_F(RuntimeTest, TellsObserversTheWholeJournalInOrder) {
    start();
    const auto recorder = std::make_shared<Recorder>();
    runtime->observe(recorder);
    const core::ExecutionId id = execute(save(three_effects()));
    end_of(id);
    std::uint64_t next = 1;
    const std::vector<CommittedRow> rows = recorder->rows.wait_for(4);
    for (const CommittedRow& row : rows) {
        EXPECT_EQ(row.first_seq, next);
        next += row.count;
        EXPECT_EQ(engine::read_row(row.bytes)->size(), row.count);
    }
    EXPECT_EQ(rows.back().finished, ExecutionStatus::completed);
    runtime->unobserve(recorder);
}

// ---- The end --------------------------------------------------------------------------------

TEST_F(RuntimeTest, TellsEveryoneWhoWaitsThatItStopped) {
    start();
    const auto plan = save(three_effects("gated"));
    testing::Harvest<std::string> told;
    runtime->execute(
        {.plan = plan}, [](auto) {},
        [&](core::ExecutionId, auto status) { told.add(std::string{status.error().code()}); });
    entered.wait_for(1);
    runtime->stop();
    EXPECT_THAT(told.wait_for(1), ElementsAre("stopped"));
    const auto refused = runtime->execute({.plan = plan});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(RuntimeErrc::stopped));
}

}  // namespace
}  // namespace millrace::runtime
