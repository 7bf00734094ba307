// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "testing/shard_fixture.hpp"

// Retries, and what follows when they are used up.
namespace millrace::engine {
namespace {

using core::Duration;
using core::ErrorClass;
using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using OnError = core::NodeOnError::Kind;

/// start -> call, an effect. What is set next is set for `call`.
PlanBuilder calling() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return plan;
}

PlanBuilder retrying(core::RetryPolicy policy) {
    PlanBuilder plan = calling();
    plan.retry(std::move(policy));
    return plan;
}

TEST(Retry, WaitsLongerEachTimeUpToTheMost) {
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 5, .delay = {100}, .backoff = 3, .max_delay = {500}}));
    for (int i = 0; i < 4; ++i) {
        shard.fail("call", ErrorClass::timeout, "timeout");
        shard.pass_to_next_timer();
    }
    std::vector<std::int64_t> waits;
    for (const RetryScheduled& retry : shard.all<RetryScheduled>())
        waits.push_back(retry.backoff_ms);
    EXPECT_THAT(waits, ElementsAre(100, 300, 500, 500));
    EXPECT_THAT(shard.effects(), ElementsAre("call#5"));
}

TEST(Retry, EndsWithTheLastAttempt) {
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 2, .delay = {100}}));
    shard.fail("call", ErrorClass::timeout, "timeout");
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    shard.pass({99});
    EXPECT_THAT(shard.effects(), ElementsAre());
    shard.pass({1});
    shard.fail("call", ErrorClass::http_5xx, "http_503");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().code, "http_503");
    EXPECT_EQ(shard.view().error().value().attempt, 2u);
}

TEST(Retry, GoesOnWithTheResultOfALaterAttempt) {
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 3, .delay = {0}}));
    shard.fail("call", ErrorClass::connection, "refused");
    shard.drain();
    shard.complete("call", json("8"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"call": 8})"));
    EXPECT_EQ(shard.node("call").attempts.size(), 2u);
}

TEST(Retry, TakesOnlyTheClassesAndCodesThatItNames) {
    ShardFixture shard;
    const auto plan = retrying({.max_attempts = 3, .retry_on = {"http_418", "validation"}}).plan();
    const auto is_retried = [&](ErrorClass error_class, std::string_view code) {
        shard.start(plan);
        shard.fail("call", error_class, code);
        return shard.status() == ExecutionStatus::waiting;
    };
    EXPECT_TRUE(is_retried(ErrorClass::http_4xx, "http_418"));
    EXPECT_TRUE(is_retried(ErrorClass::validation, "any"));
    EXPECT_FALSE(is_retried(ErrorClass::http_4xx, "http_404"));
    EXPECT_FALSE(is_retried(ErrorClass::timeout, "timeout"));
}

TEST(Retry, TakesByDefaultWhatMayPass) {
    ShardFixture shard;
    const auto plan = retrying({}).plan();
    const auto is_retried = [&](ErrorClass error_class, std::string_view code) {
        shard.start(plan);
        shard.fail("call", error_class, code);
        return shard.status() == ExecutionStatus::waiting;
    };
    EXPECT_TRUE(is_retried(ErrorClass::timeout, "timeout"));
    EXPECT_TRUE(is_retried(ErrorClass::connection, "refused"));
    EXPECT_TRUE(is_retried(ErrorClass::http_5xx, "http_500"));
    EXPECT_TRUE(is_retried(ErrorClass::http_4xx, "http_429"));
    EXPECT_FALSE(is_retried(ErrorClass::http_4xx, "http_400"));
    EXPECT_FALSE(is_retried(ErrorClass::internal, "bug"));
}

TEST(Retry, ComesNotBeforeThePeerAskedForIt) {
    core::Failure failure = failure_of(ErrorClass::http_4xx, "http_429");
    failure.retry_after_ms = 5'000;
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 2, .delay = {100}, .max_delay = {200}}));
    shard.fail("call", failure);
    EXPECT_EQ(shard.shard.next_due(), shard.now + Duration{5'000});
}

TEST(Retry, SurvivesAPeerThatAsksForMoreTimeThanThereIs) {
    core::Failure failure = failure_of(ErrorClass::http_4xx, "http_429");
    failure.retry_after_ms = std::numeric_limits<std::int64_t>::max();
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 2}));
    shard.fail("call", failure);
    EXPECT_GT(shard.shard.next_due().value(), shard.now);
    shard.restart();
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
}

TEST(Jitter, ShortensByAtMostItsShareAndDiffersBetweenExecutions) {
    ShardFixture shard;
    const auto plan =
        retrying({.max_attempts = 2, .delay = {1'000}, .backoff = 1, .jitter = 0.2}).plan();
    std::set<std::int64_t> waits;
    for (int i = 0; i < 200; ++i) {
        shard.start(plan);
        shard.fail("call", ErrorClass::timeout, "timeout");
        waits.insert(shard.all<RetryScheduled>()[0].backoff_ms);
    }
    EXPECT_GE(*waits.begin(), 800);
    EXPECT_LE(*waits.rbegin(), 1'000);
    EXPECT_GT(waits.size(), 50u);
}

TEST(Timeout, ClosesTheAttemptAndAsksToAbort) {
    PlanBuilder plan = retrying({.max_attempts = 2, .delay = {100}});
    plan.last_node().timeout = Duration{5'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({4'999});
    EXPECT_FALSE(shard.frame.has_records());
    shard.pass({1});
    EXPECT_THAT(shard.aborts(), ElementsAre("call#1"));
    const core::Failure failure = shard.all<AttemptFailed>()[0].failure;
    EXPECT_EQ(failure.code, "timeout");
    EXPECT_TRUE(failure.recoverable);
    EXPECT_THAT(failure.message, HasSubstr("5s"));

    const Effect first = shard.effect("call");
    shard.tell(shard.completion(first, json("1")));
    EXPECT_FALSE(shard.advance().has_records());
    shard.pass({100});
    EXPECT_THAT(shard.effects(), ElementsAre("call#2"));
    shard.tell(shard.completion(first, json("1")));
    EXPECT_FALSE(shard.advance().has_records());
    shard.complete("call", json("2"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"call": 2})"));
}

TEST(Timeout, CountsForEachAttemptAnew) {
    PlanBuilder plan = retrying({.max_attempts = 2, .delay = {100}});
    plan.last_node().timeout = Duration{5'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({4'000});
    shard.fail("call", ErrorClass::timeout, "timeout");
    shard.pass({100});
    shard.pass({4'999});
    EXPECT_FALSE(shard.frame.has_records());
    shard.pass({1});
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

TEST(Deadline, EndsARunWhileItBacksOff) {
    PlanBuilder plan = retrying({.max_attempts = 9, .delay = {900}, .backoff = 1});
    plan.last_node().deadline = Duration{1'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({50});
    shard.fail("call", ErrorClass::timeout, "timeout");
    shard.pass({900});
    EXPECT_THAT(shard.effects(), ElementsAre("call#2"));
    shard.pass({50});
    EXPECT_THAT(shard.aborts(), ElementsAre("call#2"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().code, "deadline");
    EXPECT_FALSE(shard.view().error().value().recoverable);
}

TEST(Deadline, MakesARetryThatWouldComeTooLatePointless) {
    PlanBuilder plan = retrying({.max_attempts = 9, .delay = {1'000}});
    plan.last_node().deadline = Duration{1'000};
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call", ErrorClass::timeout, "slow");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().code, "slow");
}

TEST(Deadline, IsNotRetriedEvenWhereTimeoutsAre) {
    PlanBuilder plan = retrying({.max_attempts = 9, .delay = {0}, .retry_on = {"timeout"}});
    plan.last_node().deadline = Duration{1'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass({1'000});
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_THAT(shard.all<RetryScheduled>(), ElementsAre());
}

// Codes belong to peers: only the engine's own clock ends the retries.
TEST(Deadline, IsNotWhatAPeersCodeOfThatNameMeans) {
    ShardFixture shard;
    shard.start(retrying({.max_attempts = 2, .retry_on = {"deadline"}}));
    shard.fail("call", ErrorClass::internal, "deadline");
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
}

TEST(Deadline, EndsARunThatIsReadyButLimited) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect");
    plan.retry({.max_attempts = 2, .delay = {100}}).last_node().deadline = Duration{1'000};
    plan.on_error(OnError::proceed).node("b", "test.effect");
    plan.connect("start -> a").connect("start -> b");
    plan.settings().max_parallel_nodes = 1;
    ShardFixture shard;
    shard.start(plan);
    shard.fail("a", ErrorClass::timeout, "timeout");
    EXPECT_THAT(shard.effects(), ElementsAre("b#1"));
    shard.pass({100});
    EXPECT_THAT(shard.effects(), ElementsAre());
    shard.restart();
    shard.pass({900});
    EXPECT_EQ(shard.node("a").status, NodeStatus::failed);
    EXPECT_THAT(shard.aborts(), ElementsAre());
    shard.complete("b");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Deadline, EndsADelay) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 60000})");
    plan.last_node().deadline = Duration{1'000};
    plan.connect("start -> wait");
    ShardFixture shard;
    shard.start(plan);
    shard.pass({1'000});
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.node("wait").error.value().code, "deadline");
}

TEST(OnError, StopFailsTheExecution) {
    ShardFixture shard;
    shard.start(calling().on_error(OnError::stop));
    shard.fail("call", ErrorClass::http_4xx, "http_404");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
}

TEST(OnError, ContinueKillsTheOutputsAndNothingElse) {
    PlanBuilder plan = calling().on_error(OnError::proceed);
    plan.node("next", "test.pass").connect("call -> next");
    plan.node("other", "test.pass").connect("start -> other");
    ShardFixture shard;
    shard.start(plan, json("1"));
    shard.fail("call");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    EXPECT_EQ(shard.view().outputs(), json(R"({"other": 1})"));
}

TEST(OnError, OfTheWorkflowHoldsWhereTheNodeSaysNothing) {
    PlanBuilder plan = calling();
    plan.settings().on_error.kind = core::WorkflowOnError::Kind::proceed;
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call");
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

class DefaultValue : public ::testing::TestWithParam<std::string_view> {};

TEST_P(DefaultValue, LeavesByTheFirstPortAsIfTheNodeHadSucceeded) {
    PlanBuilder plan = calling().default_value(json(GetParam()));
    plan.node("next", "test.pass").connect("call -> next");
    ShardFixture shard;
    shard.start(plan);
    shard.fail("call");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("call").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("call").recovered_by, "default");
    EXPECT_EQ(shard.node("next").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("next").input, json(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(AlsoOfNothing, DefaultValue,
                         ::testing::Values("0", "false", R"("")", "null", R"({"a": [1]})"));

TEST(ErrorPort, CarriesTheErrorAndTheInput) {
    PlanBuilder plan = calling();
    plan.node("handle", "test.pass").connect("call.error -> handle");
    plan.node("next", "test.pass").connect("call -> next");
    ShardFixture shard;
    shard.start(plan, json(R"({"n": 1})"));
    shard.fail("call", ErrorClass::http_4xx, "http_404");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("call").status, NodeStatus::failed);
    EXPECT_EQ(shard.node("next").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("handle").input, json(R"({"error": {"code": "http_404",
        "class": "http_4xx", "message": "told to", "node_id": "call", "attempt": 1,
        "recoverable": false}, "input": {"n": 1}})"));
}

TEST(ErrorPort, IsDeadWhenTheNodeSucceeds) {
    PlanBuilder plan = calling();
    plan.node("handle", "test.pass").connect("call.error -> handle");
    ShardFixture shard;
    shard.start(plan);
    shard.complete("call", json("1"));
    EXPECT_EQ(shard.node("handle").status, NodeStatus::skipped);
    EXPECT_EQ(shard.view().outputs(), json(R"({"call": 1})"));
}

TEST(PureNode, ThatFailsIsHandledInItsFrame) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("bad", "test.fail", R"({"code": "no"})");
    plan.node("handle", "test.pass").connect("start -> bad").connect("bad.error -> handle");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(*shard.node("handle").input.find("error")->find("code"), json(R"("no")"));
}

}  // namespace
}  // namespace millrace::engine
