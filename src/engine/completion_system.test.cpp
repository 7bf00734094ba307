// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// How executions end: their outputs, cancelation, their timeout.
namespace millrace::engine {
namespace {

using core::ErrorClass;
using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// start -> call, an effect; start -> wait, a delay of an hour.
PlanBuilder busy() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect");
    plan.node("wait", "test.delay", R"({"ms": 3600000})").node("after", "test.pass");
    plan.connect("start -> call -> after").connect("start -> wait");
    return plan;
}

TEST(Outputs, AreWhatTheTemplateSays) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.outputs(R"({"got": "{{ nodes.call.out.n }}", "for": "{{ inputs.who }}", "at": 1})");
    ShardFixture shard;
    shard.start(plan, json(R"({"who": "me"})"));
    shard.complete("call", json(R"({"n": 7})"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"got": 7, "for": "me", "at": 1})"));
}

TEST(Outputs, ByDefaultAreThoseOfCompletedNodesThatNothingFollows) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("if", "test.if", R"({"condition": "true"})");
    plan.node("end", "test.set", R"({"value": 5})").node("dead", "test.pass");
    plan.connect("start -> if").connect("start -> end").connect("start -> dead").filter("false");
    ShardFixture shard;
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"if": {"true": 1}, "end": 5})"));
}

TEST(Outputs, OfANodeWithoutOutputPortsAreEmpty) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("sink", "test.sink").connect("start -> sink");
    ShardFixture shard;
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"sink": {}})"));
}

TEST(Outputs, ThatCannotBeEvaluatedFailTheExecution) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").outputs(R"({"bad": "{{ inputs.a.b }}"})");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    const core::Failure failure = shard.view().error().value();
    EXPECT_EQ(failure.error_class, ErrorClass::expression);
    EXPECT_THAT(failure.message, HasSubstr("the workflow's outputs: "));
    EXPECT_EQ(shard.node("start").status, NodeStatus::completed);
}

TEST(Cancel, AsksEffectsToAbortAndWaitsForThem) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel("too late");
    EXPECT_THAT(shard.aborts(), ElementsAre("call#1"));
    EXPECT_EQ(shard.node("wait").status, NodeStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::running);
    EXPECT_EQ(shard.shard.live_count(), 1u);

    shard.fail("call", ErrorClass::canceled, "canceled");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::canceled);
    EXPECT_EQ(shard.all<ExecutionCanceled>()[0].reason, "too late");
    EXPECT_EQ(shard.shard.live_count(), 0u);
}

TEST(Cancel, KeepsAResultThatArrivesThoughNothingFollowsFromIt) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel();
    shard.complete("call", json("42"));
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("call").outputs[0].value, json("42"));
    EXPECT_EQ(shard.node("after").status, NodeStatus::canceled);
}

TEST(Cancel, KeepsAFailureThatArrives) {
    PlanBuilder plan = busy();
    ShardFixture shard;
    shard.start(plan);
    shard.cancel();
    shard.fail("call", ErrorClass::http_5xx, "http_503");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
}

TEST(Cancel, GivesUpOnEffectsWhenTheGraceIsOver) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel();
    shard.pass({9'999});
    EXPECT_EQ(shard.shard.live_count(), 1u);
    shard.pass({1});
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::canceled);
}

TEST(SecondCancel, SkipsTheGraceButNotTheRecord) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel("first");
    shard.cancel("second");
    EXPECT_EQ(shard.all<CancelRequested>().size(), 2u);
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.all<ExecutionCanceled>()[0].reason, "first");
}

TEST(Cancel, EndsAnExecutionThatOnlyWaitsAtOnce) {
    ShardFixture shard;
    shard.start(busy());
    shard.complete("call");
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("wait").status, NodeStatus::canceled);
}

TEST(Cancel, EndsARetryThatBacksOff) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect");
    plan.retry({.max_attempts = 3}).connect("start -> call");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call", ErrorClass::timeout, "timeout");
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    shard.pass({100'000});
    EXPECT_FALSE(shard.frame.has_records());
}

TEST(Cancel, AfterARestartWaitsForNobodyAsNobodyIsLeft) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel();
    shard.restart();
    shard.recover();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("call").status, NodeStatus::canceled);
}

TEST(Cancel, OfARestoredExecutionStillEndsWithItsGrace) {
    ShardFixture shard;
    shard.start(busy());
    shard.cancel();
    shard.restart();
    shard.pass_to_next_timer();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(ExecutionTimeout, FailsTheExecutionAndAbortsItsEffects) {
    PlanBuilder plan = busy();
    plan.settings().timeout = core::Duration{60'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({60'000});
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_THAT(shard.aborts(), ElementsAre("call#1"));
    EXPECT_EQ(shard.view().error().value().code, "execution_timeout");
    EXPECT_EQ(shard.view().error().value().error_class, ErrorClass::timeout);
    EXPECT_THAT(shard.view().error().value().message, HasSubstr("(1m)"));
    EXPECT_EQ(shard.node("wait").status, NodeStatus::canceled);
}

TEST(ExecutionTimeout, CountsOnAfterARestart) {
    PlanBuilder plan = busy();
    plan.settings().timeout = core::Duration{60'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({30'000});
    shard.restart();
    EXPECT_EQ(shard.shard.next_due(), shard.now + core::Duration{30'000});
}

TEST(Failing, AbortsWhatIsInFlightAndStartsNothingNew) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.node("c", "test.effect").connect("start -> a").connect("start -> b").connect("b -> c");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("a");
    EXPECT_THAT(shard.aborts(), ElementsAre("b#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.node("b").status, NodeStatus::canceled);
    EXPECT_EQ(shard.node("c").status, NodeStatus::canceled);
    EXPECT_EQ(shard.view().error().value().node_id, "a");
}

TEST(Failing, GoesOnOverFramesWhenItHasMoreRunsThanAFrameTakes) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").connect("start -> a");
    for (int i = 0; i < 30; ++i)
        plan.node("n" + std::to_string(i), "test.pass").connect("a -> n" + std::to_string(i));
    ShardLimits limits;
    limits.execution_transitions_max = 5;
    ShardFixture shard{limits};
    shard.start(plan);
    shard.fail("a");
    EXPECT_TRUE(shard.shard.has_backlog());
    shard.restart();
    EXPECT_GE(shard.drain(), 5);
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.node("n29").status, NodeStatus::canceled);
}

}  // namespace
}  // namespace millrace::engine
