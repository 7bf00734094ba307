// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// What passes on connections: filters, transforms, dead paths, joins.
namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using OnError = core::ConnectionOnError::Kind;

/// start -> next, and next's output is the execution's.
PlanBuilder two() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("next", "test.pass").connect("start -> next");
    return plan;
}

TEST(Connection, PassesAnItemThatItsFilterLikes) {
    ShardFixture shard;
    shard.start(two().filter("value.n > 1"), json(R"({"n": 2})"));
    EXPECT_EQ(shard.node("next").input, json(R"({"n": 2})"));
}

TEST(Connection, IsDeadWhenItsFilterSaysNo) {
    ShardFixture shard;
    shard.start(two().filter("value.n > 1"), json(R"({"n": 1})"));
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Connection, FiltersByTruthAndNotByType) {
    ShardFixture shard;
    shard.start(two().filter("value"), json("0"));
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    shard.start(two().filter("value"), json(R"("0")"));
    EXPECT_EQ(shard.node("next").status, NodeStatus::completed);
}

TEST(Connection, TransformsAfterItsFilterHasSeenTheItemAsItWas) {
    ShardFixture shard;
    shard.start(two().filter("value.n == 2").transform("{ m: value.n * 2 }"), json(R"({"n": 2})"));
    EXPECT_EQ(shard.node("next").input, json(R"({"m": 4})"));
}

TEST(Connection, KnowsItsEnds) {
    ShardFixture shard;
    shard.start(two().transform("[from.node, from.port, to.node, to.port]"));
    EXPECT_EQ(shard.node("next").input, json(R"(["start", "out", "next", "in"])"));
}

TEST(FailingConnection, FailsItsTargetUnlessToldOtherwise) {
    ShardFixture shard;
    shard.start(two().transform("value.a.b"), json("{}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    const core::Failure failure = shard.node("next").error.value();
    EXPECT_EQ(failure.error_class, core::ErrorClass::expression);
    EXPECT_EQ(failure.node_id, "next");
    EXPECT_EQ(failure.attempt, 0u);
    EXPECT_FALSE(failure.recoverable);
    EXPECT_THAT(failure.message, HasSubstr("connection start -> next: "));
    EXPECT_EQ(shard.view().error(), failure);
}

TEST(FailingConnection, IsDeadWithDrop) {
    PlanBuilder plan = two().filter("value.a.b");
    plan.last_connection().on_error.kind = OnError::drop;
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(FailingConnection, DeliversItsDefault) {
    PlanBuilder plan = two().transform("value.a.b");
    plan.last_connection().on_error = {OnError::default_value, core::Value{false}};
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.node("next").input, json("false"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(FailingConnection, LeavesRetriesAloneAsNothingWasTried) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect");
    plan.retry({.max_attempts = 3, .retry_on = {"expression"}});
    plan.connect("start -> call").transform("value.a.b");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_THAT(shard.effects(), ElementsAre());
}

TEST(FailingConnection, LetsTheTargetsDefaultStandIn) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("next", "test.pass").default_value(7);
    plan.connect("start -> next").transform("value.a.b");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"next": 7})"));
}

TEST(FailingConnection, FailsItsTargetOnlyOnceWhenTwoFail) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("pair", "test.pair");
    plan.on_error(core::NodeOnError::Kind::proceed);
    plan.connect("start -> pair.left").transform("value.a.b");
    plan.connect("start -> pair.right").transform("value.a.b");
    ShardFixture shard;
    shard.start(plan, json("{}"));
    EXPECT_EQ(shard.all<LinkFailed>().size(), 2u);
    EXPECT_EQ(shard.all<RunFailed>().size(), 1u);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Fuel, EndsAnExpressionThatDoesTooMuch) {
    ShardLimits limits;
    limits.expression_fuel = 10;
    ShardFixture shard{limits};
    shard.start(two().transform("value + 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10"));
    EXPECT_EQ(shard.node("next").error.value().error_class, core::ErrorClass::limit);
}

TEST(DeadPath, SkipsWhateverNeedsIt) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("if", "test.if", R"({"condition": "input.n > 1"})");
    plan.node("yes", "test.pass").node("later", "test.pass").node("no", "test.pass");
    plan.connect("start -> if").connect("if.true -> yes -> later").connect("if.false -> no");
    ShardFixture shard;
    shard.start(plan, json(R"({"n": 1})"));
    EXPECT_EQ(shard.node("yes").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("later").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("no").status, NodeStatus::completed);
    EXPECT_EQ(shard.view().outputs(), json(R"({"no": {"n": 1}})"));
}

TEST(DeadPath, ReadsAsNullAtAnOptionalPort) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("extra", "test.extra");
    plan.connect("start -> extra").connect("start -> extra.more").filter("false");
    ShardFixture shard;
    shard.start(plan, json("5"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"extra": {"in": 5, "more": null}})"));
}

TEST(OptionalPort, WithoutConnectionsStartsWithItsScope) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("alone", "test.optional");
    ShardFixture shard;
    shard.start(plan, json("5"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"start": 5, "alone": {"in": null}})"));
}

TEST(Join, OfTwoExclusiveBranchesGetsTheOneThatIsLive) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("if", "test.if", R"({"condition": "input.n > 1"})");
    plan.node("yes", "test.set", R"({"value": "yes"})").node("no", "test.set", R"({"value": 0})");
    plan.node("join", "test.pass");
    plan.connect("start -> if").connect("if.true -> yes -> join").connect("if.false -> no -> join");
    ShardFixture shard;
    shard.start(plan, json(R"({"n": 1})"));
    EXPECT_EQ(shard.node("join").input, json("0"));
    shard.start(plan, json(R"({"n": 2})"));
    EXPECT_EQ(shard.node("join").input, json(R"("yes")"));
}

TEST(ManyPort, CollectsLiveValuesByPriorityAndThenByDocumentOrder) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    for (const std::string_view id : {"a", "b", "c", "dead"})
        plan.node(id, "test.set", R"({"value": ")" + std::string{id} + R"("})")
            .connect("start -> " + std::string{id});
    plan.node("merge", "test.merge").node("labels", "test.labels");
    plan.connect("a -> merge").connect("dead -> merge").filter("false");
    plan.connect("b -> merge").connect("c -> merge").priority(-1);
    plan.connect("a -> labels").connect("dead -> labels").filter("false");
    plan.connect("b -> labels").tag("web").connect("c -> labels").priority(-1);
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.node("merge").outputs[0].value, json(R"(["c", "a", "b"])"));
    EXPECT_EQ(shard.node("labels").outputs[0].value, json(R"(["c", "a", "web"])"));
}

TEST(ManyPort, IsSkippedWhenNothingIsLive) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("merge", "test.merge");
    plan.connect("start -> merge").filter("false");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.node("merge").status, NodeStatus::skipped);
}

TEST(Triggers, OtherThanTheOneThatStartedAreSkipped) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("other", "trigger.other").node("join", "test.pass");
    plan.connect("start -> join").connect("other -> join");
    ShardFixture shard;
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.node("other").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("join").input, json("1"));
}

}  // namespace
}  // namespace millrace::engine
