// SPDX-License-Identifier: Apache-2.0
#include "breakers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/engine/replay.hpp"
#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using core::Duration;
using core::ErrorClass;
using core::ExecutionStatus;
using core::Time;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlanBreaker breaker(std::uint32_t failures = 2, std::uint32_t probes = 1) {
    return {
        {.failures = failures, .window = Duration{1'000}, .reset = Duration{500}, .probes = probes},
        "dependency/payments"};
}

Breakers::Call call(std::uint32_t number) {
    return {core::ExecutionId{core::Uuid::v7(Time{1}, 1, number)}, {0, {0}, 0}, 1};
}

TEST(Breakers, OpenAfterTooManyFailuresWithinTheWindow) {
    Breakers breakers;
    breakers.failed(breaker(), call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(breaker(), call(2), Time{10}));
    breakers.failed(breaker(), call(2), Time{1'000});
    EXPECT_FALSE(breakers.refuse(breaker(), call(3), Time{1'001})) << "the first is forgotten";
    breakers.failed(breaker(), call(3), Time{1'500});
    EXPECT_EQ(breakers.refuse(breaker(), call(4), Time{1'600}), Time{2'000});
}

TEST(Breakers, LetOneProbeThroughWhenTheWaitIsOver) {
    Breakers breakers;
    breakers.failed(breaker(1), call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(breaker(1), call(2), Time{500}));
    EXPECT_EQ(breakers.refuse(breaker(1), call(3), Time{501}), Time{1'000});
    breakers.succeeded(breaker(1), call(2));
    EXPECT_FALSE(breakers.refuse(breaker(1), call(3), Time{502}));
}

TEST(Breakers, OpenAgainWhenAProbeFails) {
    Breakers breakers;
    breakers.failed(breaker(1), call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(breaker(1), call(2), Time{600}));
    breakers.failed(breaker(1), call(2), Time{700});
    EXPECT_EQ(breakers.refuse(breaker(1), call(3), Time{701}), Time{1'200});
}

TEST(Breakers, CloseOnlyWhenAllProbesHaveSucceeded) {
    Breakers breakers;
    const PlanBreaker policy = breaker(1, 2);
    breakers.failed(policy, call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(policy, call(2), Time{500}));
    EXPECT_FALSE(breakers.refuse(policy, call(3), Time{500}));
    EXPECT_TRUE(breakers.refuse(policy, call(4), Time{500}));
    breakers.succeeded(policy, call(2));
    EXPECT_TRUE(breakers.refuse(policy, call(4), Time{501}));
    breakers.succeeded(policy, call(3));
    EXPECT_FALSE(breakers.refuse(policy, call(4), Time{502}));
}

TEST(Breakers, DoNotWaitForEverForAProbeThatWasGivenUp) {
    Breakers breakers;
    breakers.failed(breaker(1), call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(breaker(1), call(2), Time{500}));
    EXPECT_FALSE(breakers.refuse(breaker(1), call(3), Time{1'000}));
    EXPECT_EQ(breakers.refuse(breaker(1), call(4), Time{1'001}), Time{1'500});
}

TEST(Breakers, TakeNoNoticeOfCallsFromBeforeTheyOpened) {
    Breakers breakers;
    breakers.failed(breaker(1), call(1), Time{0});
    breakers.succeeded(breaker(1), call(9));
    EXPECT_TRUE(breakers.refuse(breaker(1), call(2), Time{1}));
    EXPECT_FALSE(breakers.refuse(breaker(1), call(2), Time{500}));
    breakers.succeeded(breaker(1), call(9));
    breakers.failed(breaker(1), call(8), Time{501});
    EXPECT_TRUE(breakers.refuse(breaker(1), call(3), Time{502})) << "still half open";
}

TEST(Breakers, LetAnotherProbeInForOneThatWasGivenUp) {
    Breakers breakers;
    breakers.failed(breaker(1), call(1), Time{0});
    EXPECT_FALSE(breakers.refuse(breaker(1), call(2), Time{500}));
    breakers.abandoned(breaker(1), call(2));
    EXPECT_FALSE(breakers.refuse(breaker(1), call(3), Time{501}));
    EXPECT_TRUE(breakers.refuse(breaker(1), call(4), Time{502}));
}

TEST(Breakers, AreTheSameAfterARestart) {
    Breakers before;
    before.failed(breaker(2), call(1), Time{0});
    std::vector<SharedRow> rows = before.take_changes();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(read_breaker(rows[0]).value().state, BreakerState::closed);
    EXPECT_EQ(read_breaker(rows[0]).value().failures, 1u);
    EXPECT_THAT(before.take_changes(), IsEmpty());
    Breakers after;
    after.restore(rows[0]);
    after.failed(breaker(2), call(2), Time{10});
    EXPECT_EQ(after.refuse(breaker(2), call(3), Time{11}), Time{510});
    EXPECT_FALSE(after.refuse(breaker(2), call(3), Time{510}));
    rows = after.take_changes();
    Breakers third;
    third.restore(rows[0]);
    EXPECT_EQ(third.refuse(breaker(2), call(4), Time{511}), Time{1'010}) << "one probe is out";
    EXPECT_FALSE(third.refuse(breaker(2), call(3), Time{511})) << "the probe is handed out again";
    third.succeeded(breaker(2), call(3));
    rows = third.take_changes();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].bytes, "") << "nothing is left to remember";
}

TEST(Breakers, IgnoreRowsThatAreNotTheirs) {
    Breakers breakers;
    breakers.restore({"breaker", "dependency/payments", "\x07nonsense"});
    breakers.restore({"other", "dependency/payments", "\x01"});
    EXPECT_FALSE(read_breaker({"breaker", "dependency/payments", "\x07nonsense"}));
    EXPECT_FALSE(breakers.refuse(breaker(), call(1), Time{0}));
}

// ---- In the shard -------------------------------------------------------------------------

PlanBuilder guarded(std::string_view name = {}) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("call", "test.effect")
        .breaker({.name = std::string{name},
                  .failures = 2,
                  .window = Duration{60'000},
                  .reset = Duration{1'000}});
    return plan.connect("start -> call");
}

void fail_twice(ShardFixture& shard, const PlanBuilder& plan) {
    for (int i = 0; i < 2; ++i) {
        shard.start(plan);
        shard.fail("call", ErrorClass::connection, "connection_refused");
    }
}

TEST(CircuitBreaker, RefusesCallsOfAllExecutionsOfTheNode) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), IsEmpty());
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    const core::Failure failure = shard.view().error().value();
    EXPECT_EQ(failure.code, "circuit_open");
    EXPECT_EQ(failure.error_class, ErrorClass::limit);
    EXPECT_EQ(failure.node_id, "call");
    EXPECT_EQ(shard.node("call").attempts.back().executor, "breaker");
}

TEST(CircuitBreaker, ProbesWhenItsResetIsOver) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.pass(Duration{1'000});
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
    shard.complete("call");
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
}

TEST(CircuitBreaker, LearnsNothingFromAProbeThatIsCanceled) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.pass(Duration{1'000});
    shard.start(guarded());
    shard.cancel();
    shard.fail("call", ErrorClass::canceled, "canceled");
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), ElementsAre("call#1")) << "the next one probes";
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), IsEmpty()) << "and the circuit is not closed";
}

TEST(CircuitBreaker, LearnsNothingFromAResultThatWasKept) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.pass(Duration{1'000});
    shard.start(guarded());
    Completion kept = shard.completion(shard.effect("call"), json("1"));
    kept.executor = cached_executor;
    shard.tell(std::move(kept));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), ElementsAre("call#1")) << "the next one probes";
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), IsEmpty());
}

TEST(CircuitBreaker, CountsOnlyWhatTellsOfTheDependency) {
    ShardFixture shard;
    for (int i = 0; i < 5; ++i) {
        shard.start(guarded());
        shard.fail("call", ErrorClass::http_4xx, "http_404");
    }
    shard.start(guarded());
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
}

TEST(CircuitBreaker, IsSharedByNodesThatNameTheSameDependency) {
    ShardFixture shard;
    fail_twice(shard, guarded("payments"));
    PlanBuilder other;
    other.node("start", "trigger.manual")
        .node("charge", "test.effect")
        .breaker({.name = "payments"});
    shard.start(other.connect("start -> charge"));
    EXPECT_THAT(shard.effects(), IsEmpty());
    EXPECT_EQ(shard.view().error().value().code, "circuit_open");
}

TEST(CircuitBreaker, IsWaitedForByARetryThatAsksForIt) {
    ShardFixture shard;
    PlanBuilder plan = guarded();
    fail_twice(shard, plan);
    PlanBuilder patient = guarded();
    patient.retry({.max_attempts = 2, .delay = Duration{10}, .retry_on = {"circuit_open"}});
    shard.start(patient);
    EXPECT_THAT(shard.effects(), IsEmpty());
    shard.pass_to_next_timer();
    EXPECT_THAT(shard.effects(), ElementsAre("call#2"));
    shard.complete("call", json("1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(CircuitBreaker, StaysOpenOverARestart) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.restart();
    shard.start(guarded());
    EXPECT_EQ(shard.view().error().value().code, "circuit_open");
}

TEST(CircuitBreaker, LeavesAHistoryThatReplays) {
    ShardFixture shard;
    fail_twice(shard, guarded());
    shard.start(guarded());
    const auto replayed =
        replay(shard.id(), shard.stored().plan, shard.stored().rows, shard.options);
    ASSERT_TRUE(replayed) << replayed.error().message();
    EXPECT_FALSE(replayed->difference);
}

}  // namespace
}  // namespace millrace::engine
