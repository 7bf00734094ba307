// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fairness.hpp"
#include "testing/shard_fixture.hpp"

// How many executions run, in which order, and which of them are in memory.

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using testing::ElementsAre;
using testing::IsEmpty;

PlanBuilder limited(std::uint32_t limit, core::ConcurrencyLimit::WhenExceeded when =
                                             core::ConcurrencyLimit::WhenExceeded::queue) {
    PlanBuilder plan{"limited"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.settings().max_concurrent_executions = {limit, when};
    return plan;
}

TEST(ConcurrencyLimit, QueuesWhatIsBeyondItInOrder) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1).plan();
    const auto first = shard.start(plan);
    const Effect call = shard.effect("call");
    const auto second = shard.start(plan);
    EXPECT_EQ(shard.status(), ExecutionStatus::pending);
    EXPECT_THAT(shard.frame.effects, IsEmpty());
    EXPECT_EQ(shard.frame.parked.size(), 1u);
    shard.tell(shard.completion(call));
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(second));
    shard.unpark(second);
    shard.advance();
    EXPECT_EQ(shard.frame.effects.at(0).id, second);
    EXPECT_THAT(shard.frame.unparked, ElementsAre(second));
    EXPECT_NE(first, second);
}

TEST(ConcurrencyLimit, LetsTheLowerPriorityNumberGoFirst) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1).plan();
    shard.start(plan);
    const Effect call = shard.effect("call");
    shard.start(plan);
    CreateExecution urgent = shard.creation(plan);
    urgent.options.priority = -5;
    const auto id = urgent.id;
    shard.tell(std::move(urgent));
    shard.advance();
    shard.tell(shard.completion(call));
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(id));
}

TEST(ConcurrencyLimit, IsKeptAcrossARestart) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1).plan();
    shard.start(plan);
    const auto second = shard.start(plan);
    shard.restart();
    shard.recover();
    EXPECT_THAT(shard.frame.wanted, IsEmpty());
    shard.tell(shard.completion(shard.frame.effects.at(0)));
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(second));
}

TEST(ConcurrencyLimit, PassesOverAQueuedExecutionThatNobodyCanRestore) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1).plan();
    shard.start(plan);
    const Effect call = shard.effect("call");
    const auto damaged = shard.start(plan);
    const auto third = shard.start(plan);
    shard.tell(shard.completion(call));
    shard.advance();
    ASSERT_THAT(shard.frame.wanted, ElementsAre(damaged));
    shard.shard.forget(damaged);
    EXPECT_TRUE(shard.shard.has_backlog());
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(third));
}

TEST(ConcurrencyLimit, MayRejectInstead) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1, core::ConcurrencyLimit::WhenExceeded::reject).plan();
    shard.start(plan);
    shard.start(plan);
    ASSERT_FALSE(shard.frame.answers.at(0).result.has_value());
    EXPECT_TRUE(shard.frame.answers[0].result.error().is(CommandErrc::too_many_executions));
    EXPECT_THAT(shard.frame.inserted, IsEmpty());
}

TEST(ConcurrencyLimit, FreesThePlaceOfAQueuedExecutionThatIsCanceled) {
    ShardFixture shard{{}, Parking::on};
    const auto plan = limited(1).plan();
    shard.start(plan);
    const Effect call = shard.effect("call");
    const auto second = shard.start(plan);
    const auto third = shard.start(plan);
    shard.unpark(second);
    shard.tell(CancelExecution{1, second, ""});
    shard.advance();
    EXPECT_EQ(shard.executions.at(second).status, ExecutionStatus::canceled);
    shard.tell(shard.completion(call));
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(third));
}

PlanBuilder waiting(std::int64_t ms) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("wait", "test.delay", R"({"ms": )" + std::to_string(ms) + "}")
        .connect("start -> wait");
    return plan;
}

TEST(Parking, TakesAnIdleExecutionOutOfMemory) {
    ShardFixture shard{{}, Parking::on};
    shard.start(waiting(3'600'000));
    EXPECT_EQ(shard.shard.live_count(), 0u);
    ASSERT_EQ(shard.frame.parked.size(), 1u);
    EXPECT_EQ(shard.frame.parked[0].wake_at, shard.now + core::Duration{3'600'000});
    EXPECT_EQ(shard.frame.parked[0].status, ExecutionStatus::waiting);
}

TEST(Parking, LeavesAloneWhatIsDueSoon) {
    ShardFixture shard{{}, Parking::on};
    shard.start(waiting(1'000));
    EXPECT_EQ(shard.shard.live_count(), 1u);
    EXPECT_THAT(shard.frame.parked, IsEmpty());
}

TEST(Parking, WakesWithoutARecordOfIt) {
    ShardFixture shard{{}, Parking::on};
    shard.start(waiting(3'600'000));
    shard.now = *shard.frame.parked[0].wake_at;
    shard.unpark(shard.id());
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_THAT(shard.latest().front(), "timer_fired delay wait");
    EXPECT_THAT(shard.frame.unparked, ElementsAre(shard.id()));
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(FairOrder, AlternatesBetweenWorkflows) {
    EXPECT_THAT(fair_order({{"a"}, {"a"}, {"a"}, {"b"}, {"c"}}), ElementsAre(0, 3, 4, 1, 2));
}

TEST(FairOrder, GivesUrgentWorkflowsMoreTurns) {
    EXPECT_THAT(fair_order({{"a"}, {"a"}, {"a"}, {"b", -20}, {"b", -20}, {"b", -20}, {"b", -20}}),
                ElementsAre(0, 3, 4, 5, 1, 6, 2));
}

TEST(FairOrder, GivesEachWorkflowATurnBeforeAnyHasAFurtherOne) {
    EXPECT_THAT(fair_order({{"a", -100}, {"a", -100}, {"a", -100}, {"b"}, {"b"}}),
                ElementsAre(0, 3, 1, 2, 4));
}

TEST(FairOrder, LetsAFloodOfOneWorkflowDelayAnotherByNoMoreThanATurn) {
    ShardLimits limits;
    limits.frame_inputs_max = 4;
    ShardFixture shard{limits};
    PlanBuilder other{"other"};
    other.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    const auto flood = limited(1'000).plan();
    for (int i = 0; i < 100; ++i)
        shard.tell(shard.creation(flood));
    CreateExecution late = shard.creation(other.plan());
    const auto id = late.id;
    shard.tell(std::move(late));
    shard.advance();
    std::vector<core::ExecutionId> started;
    for (const ExecutionRow& row : shard.frame.inserted)
        started.push_back(row.id);
    EXPECT_THAT(started, testing::Contains(id));
}

}  // namespace
}  // namespace millrace::engine
