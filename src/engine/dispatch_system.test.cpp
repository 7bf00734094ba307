// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "millrace/engine/pure_job.hpp"
#include "testing/shard_fixture.hpp"

// How runs start: pure ones in the frame, effects after its commit, delays by timers.
namespace millrace::engine {
namespace {

using core::Duration;
using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlanBuilder calling() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return plan;
}

TEST(PureChain, CostsOneFrameAndOneRow) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.pass").node("b", "test.pass");
    plan.connect("start -> a -> b");
    ShardFixture shard;
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.stored().rows.size(), 1u);
    EXPECT_FALSE(shard.shard.has_backlog());
    EXPECT_THAT(shard.latest(),
                ElementsAre("execution_created", "execution_started", "attempt_started start",
                            "run_completed start", "attempt_started a", "run_completed a",
                            "attempt_started b", "run_completed b", "execution_completed"));
    EXPECT_EQ(shard.frame.inserted[0].status, ExecutionStatus::completed);
    EXPECT_EQ(shard.frame.inserted[0].completed_at, shard.now);
    EXPECT_THAT(shard.frame.finished, IsEmpty());
}

TEST(Effect, LeavesWithTheFrameThatRecordsItsStart) {
    ShardFixture shard;
    shard.start(calling(), json("4"));
    EXPECT_EQ(shard.latest().back(), "attempt_started call");
    ASSERT_THAT(shard.effects(), ElementsAre("call#1"));
    const auto& request = std::get<FunctionCall>(shard.effect("call").request);
    EXPECT_EQ(request.function, "echo");
    EXPECT_EQ(request.input, json("4"));
    EXPECT_EQ(shard.effect("call").definition->type.type, "test.effect");
    EXPECT_EQ(shard.frame.inserted[0].status, ExecutionStatus::running);
}

TEST(Effect, ThatSucceedsCostsOneFrameMore) {
    ShardFixture shard;
    shard.start(calling());
    shard.complete("call", json("5"));
    EXPECT_THAT(shard.latest(),
                ElementsAre("attempt_succeeded call", "run_completed call", "execution_completed"));
    EXPECT_EQ(shard.frame.finished[0].status, ExecutionStatus::completed);
    EXPECT_EQ(shard.frame.finished[0].completed_at, shard.now);
    EXPECT_EQ(shard.shard.live_count(), 0u);
}

TEST(IdempotencyKey, IsTheSameForAllAttemptsAndAfterARestart) {
    PlanBuilder plan = calling();
    plan.retry({.max_attempts = 3, .delay = {10}});
    ShardFixture shard;
    shard.start(plan);
    const std::string key = shard.effect("call").idempotency_key;
    shard.fail("call", core::ErrorClass::timeout, "timeout");
    shard.pass({10});
    EXPECT_EQ(shard.effect("call").attempt, 2u);
    EXPECT_EQ(shard.effect("call").idempotency_key, key);
    shard.restart();
    shard.recover();
    EXPECT_EQ(shard.effect("call").idempotency_key, key);
}

TEST(IdempotencyKey, DiffersBetweenNodesAndBetweenExecutions) {
    PlanBuilder plan = calling();
    plan.node("other", "test.effect").connect("start -> other");
    ShardFixture shard;
    std::set<std::string> keys;
    for (int i = 0; i < 2; ++i) {
        shard.start(plan);
        keys.insert(shard.effect("call").idempotency_key);
        keys.insert(shard.effect("other").idempotency_key);
    }
    EXPECT_EQ(keys.size(), 4u);
}

TEST(IdempotencyKey, IsWhatExpressionsSeeAsTheStepKey) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    plan.node("call", "test.effect", R"({"input": "{{ execution.step_key }}"})");
    plan.connect("start -> call");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("call").request).input,
              core::Value{shard.effect("call").idempotency_key});
}

TEST(MaxParallelNodes, BoundsEffectsInFlightAndKeepsTheirOrder) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    for (const std::string id : {"a", "b", "c", "d"})
        plan.node(id, "test.effect").connect("start -> " + id);
    plan.settings().max_parallel_nodes = 2;
    ShardFixture shard;
    shard.start(plan);
    EXPECT_THAT(shard.effects(), ElementsAre("a#1", "b#1"));
    shard.complete("b");
    EXPECT_THAT(shard.effects(), ElementsAre("c#1"));
    shard.complete("a");
    EXPECT_THAT(shard.effects(), ElementsAre("d#1"));
}

TEST(MaxParallelNodes, LeavesPureNodesAndDelaysAlone) {
    PlanBuilder plan = calling();
    plan.node("pure", "test.pass").connect("start -> pure");
    plan.node("wait", "test.delay", R"({"ms": 50})").connect("start -> wait");
    plan.settings().max_parallel_nodes = 1;
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.node("pure").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("wait").status, NodeStatus::waiting);
    shard.pass({50});
    EXPECT_EQ(shard.node("wait").status, NodeStatus::completed);
}

TEST(MaxParallelNodes, GivesThePlaceOfARetryThatBacksOffToOthers) {
    PlanBuilder plan = calling();
    plan.retry({.max_attempts = 2}).node("other", "test.effect").connect("start -> other");
    plan.settings().max_parallel_nodes = 1;
    ShardFixture shard;
    shard.start(plan);
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
    shard.fail("call", core::ErrorClass::timeout, "timeout");
    EXPECT_THAT(shard.effects(), ElementsAre("other#1"));
}

TEST(Delay, WaitsAndEmitsItsInput) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 500})");
    plan.connect("start -> wait");
    ShardFixture shard;
    shard.start(plan, json("3"));
    EXPECT_EQ(shard.latest().back(), "execution_waiting");
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    EXPECT_EQ(shard.shard.next_due(), shard.now + Duration{500});
    shard.pass({499});
    EXPECT_FALSE(shard.frame.has_records());
    shard.pass({1});
    EXPECT_THAT(shard.latest(),
                ElementsAre("timer_fired delay wait", "run_completed wait", "execution_completed"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"wait": 3})"));
}

TEST(Delay, UntilATimeInThePastEndsInTheSameFrame) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": -500})");
    plan.connect("start -> wait");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.stored().rows.size(), 1u);
}

TEST(Delay, BeyondAllTimeNeedsNoClock) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 9000000000000000})");
    plan.connect("start -> wait");
    ShardFixture shard;
    shard.start(plan);
    shard.restart();
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    EXPECT_EQ(shard.shard.next_due(), std::nullopt);
}

TEST(Delay, GoesOnAfterARestartWithoutStartingAnew) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 500})");
    plan.connect("start -> wait");
    ShardFixture shard;
    shard.start(plan, json("3"));
    shard.pass({300});
    shard.restart();
    shard.recover();
    EXPECT_FALSE(shard.frame.has_records());
    shard.pass({200});
    EXPECT_EQ(shard.view().outputs(), json(R"({"wait": 3})"));
}

/// start -> big -> end, and `big` computes with what the start emits.
PlanBuilder computing() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    plan.node("big", "test.set", R"({"value": "{{ input.length }}"})").node("end", "test.pass");
    plan.connect("start -> big -> end");
    return plan;
}

TEST(LargeInput, MakesAPureNodeAJobWithTheSameResult) {
    const core::Value text{std::string(70'000, 'x')};
    ShardFixture shard;
    shard.start(computing(), text);
    ASSERT_THAT(shard.effects(), ElementsAre("big#1"));
    shard.run_job("big");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    const core::Value by_job = shard.view().outputs();

    ShardLimits limits;
    limits.inline_weight_max = 1u << 20;
    ShardFixture inline_shard{limits};
    inline_shard.start(computing(), text);
    EXPECT_THAT(inline_shard.effects(), IsEmpty());
    EXPECT_EQ(by_job, inline_shard.view().outputs());
}

TEST(LargeInput, IsAlsoOneOfManyElements) {
    ShardLimits limits;
    limits.inline_elements_max = 3;
    ShardFixture shard{limits};
    shard.start(computing(), json("[1, 2, 3, 4, 5]"));
    ASSERT_THAT(shard.effects(), ElementsAre("big#1"));
    shard.run_job("big");
    EXPECT_EQ(shard.view().outputs(), json(R"({"end": 5})"));
}

TEST(LargeInput, FailsInTheJobAsItWouldInTheFrame) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    plan.node("big", "test.set", R"({"value": "{{ input.a.b }}"})").connect("start -> big");
    ShardFixture shard;
    shard.start(plan, core::Value{std::string(70'000, 'x')});
    shard.run_job("big");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.node("big").error.value().error_class, core::ErrorClass::expression);
    EXPECT_EQ(shard.node("big").error.value().node_id, "big");
}

TEST(LargeInput, CountsAgainstNoLimitOfEffects) {
    PlanBuilder plan = computing();
    plan.node("call", "test.effect").connect("start -> call");
    plan.settings().max_parallel_nodes = 1;
    ShardFixture shard;
    shard.start(plan, core::Value{std::string(70'000, 'x')});
    EXPECT_EQ(shard.frame.effects.size(), 2u);
}

// A restored shard would otherwise fire a timer that the one before it never had.
TEST(LargeInput, IsBoundByTheNodesTimeoutWithAndWithoutARestart) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("big", "test.pass").connect("start -> big");
    plan.last_node().timeout = Duration{1'000};
    for (const bool restarts : {false, true}) {
        ShardFixture shard;
        shard.start(plan, core::Value{std::string(70'000, 'x')});
        if (restarts) shard.restart();
        shard.pass({1'000});
        EXPECT_EQ(shard.status(), ExecutionStatus::failed) << restarts;
        EXPECT_EQ(shard.view().error().value().code, "timeout");
    }
}

TEST(Expression, ThatFailsFailsItsNode) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    plan.node("bad", "test.set", R"({"value": "{{ input.a.b }}"})").connect("start -> bad");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().error_class, core::ErrorClass::expression);
    EXPECT_EQ(shard.view().error().value().node_id, "bad");
    EXPECT_EQ(shard.view().error().value().attempt, 1u);
}

TEST(Expression, WithoutFuelFailsItsNodeWithTheClassLimit) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    plan.node("sum", "test.set", R"({"value": "{{ input + 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 }}"})");
    plan.connect("start -> sum");
    ShardLimits limits;
    limits.expression_fuel = 5;
    ShardFixture shard{limits};
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.view().error().value().error_class, core::ErrorClass::limit);
}

}  // namespace
}  // namespace millrace::engine
