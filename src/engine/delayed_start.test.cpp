// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// Executions that are not to start yet.

namespace millrace::engine {
namespace {

using core::Duration;
using core::ExecutionStatus;
using testing::ElementsAre;
using testing::IsEmpty;

PlanBuilder one_call() {
    PlanBuilder plan{"later"};
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return plan;
}

core::ExecutionId start_at(ShardFixture& shard, const std::shared_ptr<const Plan>& plan,
                           core::Time at) {
    CreateExecution create = shard.creation(plan);
    create.options.start_at = at;
    const core::ExecutionId id = create.id;
    shard.tell(std::move(create));
    shard.advance();
    return id;
}

TEST(DelayedStart, IsPendingUntilItsTime) {
    ShardFixture shard;
    const core::Time due = shard.now + Duration{5'000};
    start_at(shard, one_call().plan(), due);
    EXPECT_EQ(shard.status(), ExecutionStatus::pending);
    EXPECT_THAT(shard.frame.effects, IsEmpty());
    EXPECT_EQ(shard.shard.next_due(), due);
    shard.pass(Duration{4'999});
    EXPECT_EQ(shard.status(), ExecutionStatus::pending);
    shard.pass(Duration{1});
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
    EXPECT_EQ(shard.view().started_at(), due);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(DelayedStart, ATimeThatHasPassedIsNow) {
    ShardFixture shard;
    start_at(shard, one_call().plan(), shard.now + Duration{-1});
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
}

TEST(DelayedStart, LeavesMemoryAndCountsAgainstNoLimitBefore) {
    ShardFixture shard{{}, Parking::on};
    PlanBuilder plan = one_call();
    plan.settings().max_concurrent_executions = {1, core::ConcurrencyLimit::WhenExceeded::reject};
    const auto limited = plan.plan();
    const core::Time due = shard.now + Duration{3'600'000};
    const core::ExecutionId later = start_at(shard, limited, due);
    ASSERT_EQ(shard.frame.parked.size(), 1u);
    EXPECT_EQ(shard.frame.parked[0].wake_at, due);
    EXPECT_FALSE(shard.frame.parked[0].is_limited);
    shard.start(limited);
    const Effect call = shard.effect("call");
    // When its time has come, it waits for its turn like any other.
    shard.pass(Duration{3'599'000});
    shard.unpark(later);
    shard.pass(Duration{1'000});
    EXPECT_THAT(shard.frame.effects, IsEmpty());
    shard.tell(shard.completion(call));
    shard.advance();
    EXPECT_THAT(shard.frame.wanted, ElementsAre(later));
    shard.unpark(later);
    shard.advance();
    EXPECT_EQ(shard.frame.effects.at(0).id, later);
}

TEST(DelayedStart, CanBeCanceledBefore) {
    ShardFixture shard;
    const core::ExecutionId id = start_at(shard, one_call().plan(), shard.now + Duration{5'000});
    shard.tell(CancelExecution{1, id, "not needed any more"});
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

}  // namespace
}  // namespace millrace::engine
