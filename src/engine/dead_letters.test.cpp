// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// What has failed for good leaves a letter in the frame that found it.
namespace millrace::engine {
namespace {

using core::Duration;
using core::ErrorClass;
using ::testing::IsEmpty;
using ::testing::SizeIs;

PlanBuilder one_call() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect");
    return plan.connect("start -> call");
}

TEST(DeadLetter, HoldsWhatFailedAndWhatItWasGiven) {
    ShardFixture shard;
    PlanBuilder plan = one_call();
    plan.retry({.max_attempts = 2, .delay = Duration{10}, .retry_on = {"connection"}});
    shard.start(plan, json(R"({"order": 7})"));
    shard.fail("call", ErrorClass::connection, "refused");
    EXPECT_THAT(shard.frame.dead_letters, IsEmpty()) << "it is tried again";
    shard.pass_to_next_timer();
    shard.fail("call", ErrorClass::connection, "refused");
    ASSERT_THAT(shard.frame.dead_letters, SizeIs(1));
    const DeadLetterRow& letter = shard.frame.dead_letters[0];
    EXPECT_EQ(letter.id, shard.id());
    EXPECT_EQ(letter.path, "call");
    EXPECT_EQ(letter.node_id, "call");
    EXPECT_EQ(letter.workflow_id, shard.plan().identity().workflow_id);
    EXPECT_EQ(letter.failure.code, "refused");
    EXPECT_EQ(letter.input, json(R"({"order": 7})"));
    EXPECT_EQ(letter.attempts, 2u);
    EXPECT_EQ(letter.at, shard.now);
}

TEST(DeadLetter, LeavesALargeInputToTheHistory) {
    ShardFixture shard;
    shard.start(one_call(), core::Value{std::string(100'000, 'x')});
    shard.fail("call");
    ASSERT_THAT(shard.frame.dead_letters, SizeIs(1));
    EXPECT_TRUE(shard.frame.dead_letters[0].input.is_null());
}

TEST(DeadLetter, IsLeftByANodeThatFailsWhileTheRunGoesOn) {
    ShardFixture shard;
    PlanBuilder plan = one_call();
    plan.on_error(core::NodeOnError::Kind::proceed);
    shard.start(plan);
    shard.fail("call");
    EXPECT_EQ(shard.status(), core::ExecutionStatus::completed);
    EXPECT_THAT(shard.frame.dead_letters, SizeIs(1));
}

TEST(DeadLetter, IsNotLeftWhereSomethingTakesCareOfTheFailure) {
    ShardFixture shard;
    PlanBuilder with_default = one_call();
    with_default.on_error(core::NodeOnError::Kind::default_value);
    shard.start(with_default);
    shard.fail("call");
    EXPECT_THAT(shard.frame.dead_letters, IsEmpty());
    PlanBuilder with_port = one_call();
    with_port.node("care", "test.pass").connect("call.error -> care");
    shard.start(with_port);
    shard.fail("call");
    EXPECT_THAT(shard.frame.dead_letters, IsEmpty());
}

TEST(DeadLetter, IsLeftByAnExecutionWhoseTimeIsUp) {
    ShardFixture shard;
    PlanBuilder plan = one_call();
    plan.settings().timeout = Duration{1'000};
    shard.start(plan, json("5"));
    shard.pass(Duration{1'000});
    shard.drain();
    ASSERT_EQ(shard.status(), core::ExecutionStatus::failed);
    ASSERT_THAT(shard.frame.dead_letters, SizeIs(1));
    EXPECT_EQ(shard.frame.dead_letters[0].path, "");
    EXPECT_EQ(shard.frame.dead_letters[0].input, json("5"));
}

}  // namespace
}  // namespace millrace::engine
