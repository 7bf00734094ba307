// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// Which inputs count, and what callers are told.
namespace millrace::engine {
namespace {

using core::ErrorClass;
using core::ExecutionStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanBuilder calling() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.node("other", "test.effect").connect("start -> other");
    return plan;
}

TEST(Completion, CountsOnlyTheFirstTime) {
    ShardFixture shard;
    shard.start(calling());
    shard.tell(shard.completion(shard.effect("call"), json("1")));
    shard.tell(shard.completion(shard.effect("call"), json("2")));
    shard.advance();
    EXPECT_EQ(shard.node("call").outputs[0].value, json("1"));
    shard.complete("call", json("3"));
    EXPECT_FALSE(shard.frame.has_records());
    EXPECT_EQ(shard.all<AttemptSucceeded>().size(), 1u);
}

TEST(Completion, OfAnUnknownExecutionRunOrAttemptIsDropped) {
    ShardFixture shard;
    shard.start(calling());
    const Completion good = shard.completion(shard.effect("call"));
    for (int i = 0; i < 5; ++i) {
        Completion bad = good;
        if (i == 0) bad.id = {core::Uuid::v7(core::Time{1}, 1, 1)};
        if (i == 1) bad.run.node = {99};
        if (i == 2) bad.run.scope = 1;
        if (i == 3) bad.run.generation = 1;
        if (i == 4) bad.attempt = 2;
        shard.tell(bad);
        EXPECT_FALSE(shard.advance().has_records()) << i;
    }
}

TEST(Completion, AfterTheEndIsDropped) {
    ShardFixture shard;
    shard.start(calling());
    const Completion late = shard.completion(shard.effect("other"));
    shard.fail("call");
    ASSERT_EQ(shard.status(), ExecutionStatus::failed);
    shard.tell(late);
    EXPECT_FALSE(shard.advance().has_records());
}

TEST(Completion, InTheFrameOfTheEndIsDropped) {
    ShardFixture shard;
    shard.start(calling());
    Completion failure = shard.completion(shard.effect("call"));
    failure.outcome = failure_of(ErrorClass::internal, "broken");
    shard.tell(failure);
    shard.tell(shard.completion(shard.effect("other")));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_THAT(shard.all<AttemptSucceeded>(), IsEmpty());
}

TEST(Completion, NamesTheNodeAndAttemptOfAFailureItself) {
    core::Failure failure = failure_of(ErrorClass::timeout, "timeout");
    failure.node_id = "somebody else";
    failure.attempt = 77;
    ShardFixture shard;
    shard.start(calling());
    shard.fail("call", failure);
    EXPECT_EQ(shard.view().error().value().node_id, "call");
    EXPECT_EQ(shard.view().error().value().attempt, 1u);
}

TEST(Completion, OnAPortThatDoesNotExistFailsTheAttempt) {
    ShardFixture shard;
    shard.start(calling());
    Completion completion = shard.completion(shard.effect("call"));
    completion.outcome = std::vector<PortValue>{{core::PortIndex{9}, json("1")}};
    shard.tell(completion);
    shard.advance();
    EXPECT_EQ(shard.view().error().value().code, "bad_ports");
    EXPECT_THAT(shard.view().error().value().message, HasSubstr("test.effect"));
}

TEST(Completion, IsRecordedWithItsExecutor) {
    ShardFixture shard;
    shard.start(calling());
    shard.complete("call");
    EXPECT_EQ(shard.node("call").attempts[0].executor, "test");
}

/// Code of the answer to the call, or `ok`.
std::string answer(const Frame& frame, CallToken token) {
    for (const Answer& answer : frame.answers)
        if (answer.token == token)
            return answer.result ? "ok" : std::string{answer.result.error().code()};
    return "none";
}

TEST(Answer, ToACreationComesWithItsFrame) {
    ShardFixture shard;
    shard.start(calling());
    EXPECT_EQ(answer(shard.frame, 1), "ok");
}

TEST(Answer, ToASecondCreationIsThatItExists) {
    ShardFixture shard;
    CreateExecution creation = shard.creation(calling().plan());
    shard.tell(creation);
    shard.advance();
    creation.token = 2;
    shard.tell(creation);
    shard.advance();
    EXPECT_EQ(answer(shard.frame, 2), "already_exists");
    EXPECT_FALSE(shard.frame.has_records());
    EXPECT_THAT(shard.frame.answers[0].result.error().message(), HasSubstr(shard.id().text()));
}

TEST(Answer, ToACancelationTellsWhatItFound) {
    ShardFixture shard;
    shard.start(calling());
    shard.cancel();
    EXPECT_EQ(answer(shard.frame, 99), "ok");
    shard.cancel();
    EXPECT_EQ(answer(shard.frame, 99), "ok");
    shard.cancel();
    EXPECT_EQ(answer(shard.frame, 99), "not_found");
}

TEST(Answer, ToACancelationInTheFrameOfTheEndIsThatItIsTooLate) {
    ShardFixture shard;
    shard.start(calling());
    Completion failure = shard.completion(shard.effect("call"));
    failure.outcome = failure_of(ErrorClass::internal, "broken");
    shard.tell(failure);
    shard.cancel();
    EXPECT_EQ(answer(shard.frame, 99), "already_finished");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

TEST(Recovery, OfAnExecutionWithNothingOpenLeavesNoRecord) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay").connect("start -> wait");
    ShardFixture shard;
    shard.start(plan);
    shard.restart();
    shard.recover();
    EXPECT_FALSE(shard.frame.has_records());
}

TEST(Recovery, HandsOutOpenAttemptsAgainAsTheSameAttempts) {
    ShardFixture shard;
    shard.start(calling(), json("4"));
    shard.complete("other");
    shard.restart();
    shard.recover();
    EXPECT_THAT(shard.latest(), ElementsAre("recovered", "attempt_reissued call"));
    EXPECT_THAT(shard.effects(), ElementsAre("call#1"));
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("call").request).input, json("4"));
    shard.restart();
    shard.recover();
    EXPECT_EQ(shard.all<AttemptReissued>()[1].reissued, 2u);
    EXPECT_EQ(shard.node("call").attempts[0].reissued, 2u);
    shard.complete("call", json("9"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Recovery, CostsNoAttempt) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.retry({.max_attempts = 2, .delay = {0}});
    ShardFixture shard;
    shard.start(plan);
    for (int i = 0; i < 3; ++i) {
        shard.restart();
        shard.recover();
    }
    shard.fail("call", ErrorClass::timeout, "timeout");
    shard.drain();
    EXPECT_THAT(shard.effect("call").attempt, 2u);
    shard.complete("call", json("1"));
    EXPECT_EQ(shard.view().outputs(), json(R"({"call": 1})"));
}

TEST(Recovery, StartsTheAttemptsClockAnew) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.last_node().timeout = core::Duration{1'000};
    ShardFixture shard;
    shard.start(plan);
    shard.restart();
    shard.now = shard.now + core::Duration{999};
    shard.recover();
    shard.pass({999});
    EXPECT_FALSE(shard.frame.has_records());
    shard.pass({1});
    EXPECT_EQ(shard.view().error().value().code, "timeout");
}

TEST(Recovery, FailsACallThatMustNotRunTwice) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.last_node().on_interrupt = core::OnInterrupt::fail;
    ShardFixture shard;
    shard.start(plan);
    shard.restart();
    shard.recover();
    EXPECT_THAT(shard.effects(), IsEmpty());
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error().value().code, "interrupted");
    EXPECT_THAT(shard.view().error().value().message, HasSubstr("on_interrupt: fail"));
}

}  // namespace
}  // namespace millrace::engine
