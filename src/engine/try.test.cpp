// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using testing::ElementsAre;

core::Value output_of(const ShardFixture& shard, std::string_view node) {
    const NodeView view = shard.node(node);
    return view.outputs.empty() ? core::Value{} : view.outputs.front().value;
}

/// start -> guard { work } with `caught` behind its error port and `clean` behind its `finally`.
PlanBuilder guarded(std::string_view type, bool with_cleanup, bool with_handler = true) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    if (with_handler) plan.node("caught", "test.pass");
    plan.within("guard").node("work", type);
    if (with_cleanup) plan.node("clean", "test.effect");
    plan.within("").connect("start -> guard").connect("guard.item -> work -> guard.result");
    if (with_handler) plan.connect("guard.error -> caught");
    if (with_cleanup) plan.connect("guard.finally -> clean");
    return plan;
}

TEST(Try, EmitsTheResultOfItsBody) {
    ShardFixture shard;
    shard.start(guarded("test.pass", false), 7);
    EXPECT_EQ(output_of(shard, "guard"), core::Value{7});
    EXPECT_EQ(shard.node("caught").status, NodeStatus::skipped);
}

TEST(Try, CatchesTheFailureOfItsBody) {
    ShardFixture shard;
    shard.start(guarded("test.fail", false), 7);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("guard").status, NodeStatus::failed);
    const core::Value caught = output_of(shard, "caught");
    EXPECT_EQ(*caught.find("input"), core::Value{7});
    EXPECT_EQ(*caught.find("error")->find("code"), core::Value{"on_purpose"});
    EXPECT_EQ(*caught.find("error")->find("node_id"), core::Value{"work"});
}

TEST(Try, CatchesAlsoWhereTheWorkflowContinuesOnError) {
    PlanBuilder plan = guarded("test.fail", false);
    plan.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    ShardFixture shard;
    shard.start(plan, 7);
    EXPECT_EQ(shard.node("caught").status, NodeStatus::completed);
}

TEST(Try, WithoutAHandlerFailsTheExecution) {
    ShardFixture shard;
    shard.start(guarded("test.fail", false, false), 7);
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "on_purpose");
}

TEST(Try, CleansUpBeforeItIsDone) {
    ShardFixture shard;
    shard.start(guarded("test.pass", true), 7);
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    EXPECT_EQ(shard.node("guard").status, NodeStatus::running);
    const auto& call = std::get<FunctionCall>(shard.effect("clean").request);
    EXPECT_EQ(*call.input.find("status"), core::Value{"completed"});
    EXPECT_EQ(*call.input.find("result"), core::Value{7});
    shard.complete("clean");
    EXPECT_EQ(output_of(shard, "guard"), core::Value{7});
}

TEST(Try, CleansUpAfterAFailure) {
    ShardFixture shard;
    shard.start(guarded("test.fail", true), 7);
    const auto& call = std::get<FunctionCall>(shard.effect("clean").request);
    EXPECT_EQ(*call.input.find("status"), core::Value{"failed"});
    EXPECT_EQ(*call.input.find("error")->find("code"), core::Value{"on_purpose"});
    shard.complete("clean");
    EXPECT_EQ(shard.node("caught").status, NodeStatus::completed);
}

TEST(Try, CleansUpWhenTheExecutionIsCanceled) {
    ShardFixture shard;
    shard.start(guarded("test.effect", true), 7);
    shard.cancel();
    EXPECT_THAT(shard.aborts(), ElementsAre("work#1"));
    shard.complete("work", 1);
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    const auto& call = std::get<FunctionCall>(shard.effect("clean").request);
    EXPECT_EQ(*call.input.find("status"), core::Value{"canceled"});
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.complete("clean");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Try, GivesItsCleanUpUpAtASecondCancel) {
    ShardFixture shard;
    shard.start(guarded("test.effect", true), 7);
    shard.cancel();
    shard.complete("work", 1);
    shard.cancel();
    EXPECT_THAT(shard.aborts(), ElementsAre("clean#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(Try, CleansUpAfterACrashWhileItIsCanceled) {
    ShardFixture shard;
    shard.start(guarded("test.effect", true), 7);
    shard.cancel();
    shard.restart();
    shard.recover();
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    shard.restart();
    shard.recover();
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    shard.complete("clean");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(Try, FailsWithWhatItsCleanUpFailsWith) {
    ShardFixture shard;
    shard.start(guarded("test.fail", true, false), 7);
    shard.fail("clean");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "broken");
    ASSERT_NE(shard.view().error()->cause, nullptr);
    EXPECT_EQ(shard.view().error()->cause->code, "on_purpose");
}

TEST(Try, IsTriedAnewByItsRetryPolicy) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    core::RetryPolicy retry;
    retry.max_attempts = 2;
    retry.retry_on = {"internal"};
    plan.retry(retry);
    plan.within("guard").node("work", "test.effect").within("");
    plan.connect("start -> guard").connect("guard.item -> work -> guard.result");
    ShardFixture shard;
    shard.start(plan, 7);
    const std::string first = shard.effect("work").idempotency_key;
    shard.fail("work");
    shard.pass_to_next_timer();
    EXPECT_THAT(shard.effects(), ElementsAre("work#1"));
    EXPECT_NE(shard.effect("work").idempotency_key, first);
    shard.complete("work", 3);
    EXPECT_EQ(output_of(shard, "guard"), core::Value{3});
}

TEST(Try, IsBoundedByItsTimeout) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    plan.last_node().timeout = core::Duration{5'000};
    plan.node("caught", "test.pass");
    plan.within("guard").node("work", "test.effect").within("");
    plan.connect("start -> guard").connect("guard.item -> work -> guard.result");
    plan.connect("guard.error -> caught");
    ShardFixture shard;
    shard.start(plan, 7);
    shard.pass_to_next_timer();
    EXPECT_THAT(shard.aborts(), ElementsAre("work#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(*output_of(shard, "caught").find("error")->find("code"), core::Value{"timeout"});
}

TEST(Switch, WithAllTakesEveryTrueBranch) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("pick", "test.cases",
              R"({"mode": "all", "cases": [{"name": "a", "when": "input > 1"},
                                           {"name": "b", "when": "input > 5"},
                                           {"name": "c", "when": "input > 2"}]})")
        .node("x", "test.pass")
        .node("y", "test.pass")
        .node("z", "test.pass")
        .node("w", "test.pass")
        .connect("start -> pick")
        .connect("pick.a -> x")
        .connect("pick.b -> y")
        .connect("pick.c -> z")
        .connect("pick.default -> w");
    ShardFixture shard;
    shard.start(plan, 4);
    EXPECT_EQ(shard.node("x").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("y").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("z").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("w").status, NodeStatus::skipped);
}

TEST(Switch, AsksNoConditionBehindTheFirstThatHolds) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("pick", "test.cases",
              R"({"cases": [{"name": "a", "when": "!input.x"},
                            {"name": "b", "when": "input.x.y.z"}]})")
        .connect("start -> pick");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

}  // namespace
}  // namespace millrace::engine
