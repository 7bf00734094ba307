// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// `on_error: {fallback: NODE}`: another node stands in for the failed one.
namespace millrace::engine {
namespace {

using core::ErrorClass;
using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// start -> call -> next, and `instead` stands in for call.
PlanBuilder with_fallback(std::string_view data = {}) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.effect", data).node("next", "test.pass");
    plan.connect("start -> call -> next");
    return plan;
}

TEST(Fallback, GetsTheInputOfTheFailedNodeAndDeliversOnItsConnections) {
    ShardFixture shard;
    shard.start(with_fallback(), json("5"));
    shard.fail("call");
    EXPECT_THAT(shard.effects(), ElementsAre("instead#1"));
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("instead").request).input, json("5"));
    EXPECT_EQ(shard.node("call").status, NodeStatus::waiting);
    shard.complete("instead", json("6"));
    EXPECT_EQ(shard.node("call").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("call").recovered_by, "instead");
    EXPECT_EQ(shard.view().outputs(), json(R"({"next": 6})"));
}

TEST(Fallback, SeesTheErrorThatItStandsInFor) {
    ShardFixture shard;
    shard.start(with_fallback(R"({"input": "{{ error.code }}"})"));
    shard.fail("call", ErrorClass::http_5xx, "http_503");
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("instead").request).input, json(R"("http_503")"));
}

TEST(Fallback, IsSkippedWhenNobodyNeedsIt) {
    ShardFixture shard;
    shard.start(with_fallback());
    shard.complete("call", json("1"));
    EXPECT_EQ(shard.node("instead").status, NodeStatus::skipped);
    EXPECT_EQ(shard.view().outputs(), json(R"({"next": 1})"));
}

TEST(Fallback, IsSkippedWhenItsNodeIsSkipped) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.effect").connect("start -> call").filter("false");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.node("instead").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Fallback, ThatStopsFailsTheExecution) {
    ShardFixture shard;
    shard.start(with_fallback());
    shard.fail("call", ErrorClass::http_5xx, "first");
    shard.fail("instead", ErrorClass::http_5xx, "second");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().code, "second");
}

TEST(Fallback, ThatFailsAndGoesOnLeavesItsNodeFailedWithBothErrors) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.effect").on_error(core::NodeOnError::Kind::proceed);
    plan.node("next", "test.pass").connect("start -> call -> next");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call", ErrorClass::http_5xx, "first");
    shard.fail("instead", ErrorClass::timeout, "second");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    const core::Failure failure = shard.node("call").error.value();
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    EXPECT_EQ(failure.code, "second");
    EXPECT_EQ(failure.node_id, "call");
    EXPECT_THAT(failure.message, HasSubstr("fallback instead failed: "));
    ASSERT_NE(failure.cause, nullptr);
    EXPECT_EQ(failure.cause->code, "first");
}

TEST(Fallback, MayHaveAFallbackOfItsOwn) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("second");
    plan.node("second", "test.effect").fallback("third").node("third", "test.effect");
    plan.connect("start -> call");
    ShardFixture shard;
    shard.start(plan, json("5"));
    shard.fail("call");
    shard.fail("second");
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("third").request).input, json("5"));
    shard.complete("third", json("3"));
    EXPECT_EQ(shard.node("second").recovered_by, "third");
    EXPECT_EQ(shard.node("call").recovered_by, "second");
    EXPECT_EQ(shard.view().outputs(), json(R"({"call": 3})"));
}

TEST(Fallback, ComesAfterTheRetries) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.retry({.max_attempts = 2, .delay = {10}});
    plan.node("instead", "test.effect").connect("start -> call");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call", ErrorClass::timeout, "timeout");
    EXPECT_EQ(shard.node("instead").status, NodeStatus::pending);
    shard.pass({10});
    shard.fail("call", ErrorClass::timeout, "timeout");
    EXPECT_THAT(shard.effects(), ElementsAre("instead#1"));
}

TEST(Fallback, HasRetriesAndAKeyOfItsOwn) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.effect").retry({.max_attempts = 2, .delay = {10}});
    plan.connect("start -> call");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call");
    EXPECT_NE(shard.effect("call").idempotency_key, shard.effect("instead").idempotency_key);
    shard.fail("instead", ErrorClass::timeout, "timeout");
    shard.pass({10});
    EXPECT_THAT(shard.effects(), ElementsAre("instead#2"));
}

TEST(Fallback, GoesOnAfterARestart) {
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardLimits limits;
        limits.snapshot_records = 1;
        ShardFixture shard{limits};
        shard.start(with_fallback(), json("5"));
        shard.fail("call");
        shard.restart(from);
        shard.recover();
        EXPECT_THAT(shard.effects(), ElementsAre("instead#1"));
        shard.complete("instead", json("6"));
        EXPECT_EQ(shard.view().outputs(), json(R"({"next": 6})"));
    }
}

TEST(Fallback, IsCanceledWithItsNode) {
    ShardFixture shard;
    shard.start(with_fallback());
    shard.fail("call");
    shard.cancel();
    EXPECT_THAT(shard.aborts(), ElementsAre("instead#1"));
    shard.fail("instead", ErrorClass::canceled, "canceled");
    EXPECT_EQ(shard.node("call").status, NodeStatus::canceled);
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

}  // namespace
}  // namespace millrace::engine
