// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/shard_fixture.hpp"

// What operators do to live executions.

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// start -> first -> second, both effects.
PlanBuilder two_calls() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("first", "test.effect")
        .node("second", "test.effect")
        .connect("start -> first -> second");
    return plan;
}

core::Result<> answer_of(ShardFixture& shard, Input input) {
    shard.tell(std::move(input));
    shard.advance();
    return shard.frame.answers.at(0).result;
}

void configure(ShardFixture& shard, const PlanBuilder& plan, ExecutionOptions options,
               core::Value input = {}) {
    CreateExecution create = shard.creation(plan.plan(), std::move(input));
    create.options = std::move(options);
    shard.tell(std::move(create));
    shard.advance();
}

TEST(Pause, RecordsResultsButStartsNothing) {
    ShardFixture shard;
    shard.start(two_calls());
    ASSERT_TRUE(answer_of(shard, PauseExecution{1, shard.id(), "look"}).has_value());
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    shard.complete("first", 1);
    EXPECT_THAT(shard.latest(), ElementsAre("attempt_succeeded first"));
    EXPECT_THAT(shard.effects(), IsEmpty());
    ASSERT_TRUE(answer_of(shard, ResumeExecution{2, shard.id()}).has_value());
    EXPECT_THAT(shard.effects(), ElementsAre("second#1"));
}

TEST(Pause, SurvivesARestart) {
    ShardFixture shard;
    shard.start(two_calls());
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.restart();
    shard.recover();
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    EXPECT_THAT(shard.effects(), IsEmpty());
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    EXPECT_THAT(shard.effects(), ElementsAre("first#1"));
}

TEST(Pause, StopsTheClockOfTheExecution) {
    PlanBuilder plan = two_calls();
    plan.settings().timeout = core::Duration{1'000};
    ShardFixture shard;
    shard.start(plan);
    shard.pass(core::Duration{600});
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.pass(core::Duration{5'000});
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    shard.pass(core::Duration{300});
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.pass(core::Duration{200});
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

TEST(Pause, LetsTheTimeoutOfAnAttemptCloseIt) {
    PlanBuilder plan = two_calls();
    ShardFixture shard;
    PlanBuilder timed;
    timed.node("start", "trigger.manual").node("first", "test.effect");
    timed.last_node().timeout = core::Duration{100};
    timed.connect("start -> first");
    shard.start(timed);
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.pass(core::Duration{200});
    EXPECT_THAT(shard.aborts(), ElementsAre("first#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

TEST(Pause, IsRefusedWhereItMeansNothing) {
    ShardFixture shard;
    shard.start(two_calls());
    EXPECT_TRUE(
        answer_of(shard, ResumeExecution{1, shard.id()}).error().is(CommandErrc::not_allowed));
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    EXPECT_TRUE(
        answer_of(shard, PauseExecution{1, shard.id(), ""}).error().is(CommandErrc::not_allowed));
}

TEST(Pause, EndsWithACancel) {
    ShardFixture shard;
    shard.start(two_calls());
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.cancel();
    shard.complete("first", 1);
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(Pause, HoldsAWholeRetryThatFallsDue) {
    PlanBuilder plan = two_calls();
    plan.settings().on_error = {core::WorkflowOnError::Kind::retry,
                                {.max_attempts = 2, .delay = core::Duration{100}}};
    ShardFixture shard;
    shard.start(plan);
    shard.fail("first");
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.pass(core::Duration{200});
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    shard.restart();
    EXPECT_TRUE(
        answer_of(shard, CommandNode{1, shard.id(), "first", NodeAction::skip}).has_value());
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    EXPECT_EQ(shard.node("start").status, NodeStatus::completed);
}

PlanBuilder a_delay(std::string_view data) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", data).node("next", "test.pass");
    return plan.connect("start -> wait -> next");
}

TEST(Resume, EndsWaitsThatSaySo) {
    ShardFixture shard;
    shard.start(a_delay(R"({"ms": 3600000, "skip_on_resume": true})"));
    ASSERT_TRUE(answer_of(shard, PauseExecution{1, shard.id(), ""}).has_value());
    ASSERT_TRUE(answer_of(shard, ResumeExecution{2, shard.id()}).has_value());
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Resume, LeavesOtherWaitsAlone) {
    ShardFixture shard;
    shard.start(a_delay(R"({"ms": 3600000})"));
    ASSERT_TRUE(answer_of(shard, PauseExecution{1, shard.id(), ""}).has_value());
    ASSERT_TRUE(answer_of(shard, ResumeExecution{2, shard.id()}).has_value());
    EXPECT_EQ(shard.node("wait").status, NodeStatus::waiting);
}

TEST(NodeCommand, CutsNoWaitShortThatForbidsIt) {
    ShardFixture shard;
    shard.start(a_delay(R"({"ms": 3600000, "cancelable": false})"));
    for (const NodeAction action : {NodeAction::skip, NodeAction::cancel}) {
        const auto refused = answer_of(shard, CommandNode{1, shard.id(), "wait", action});
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is(CommandErrc::not_allowed));
        EXPECT_THAT(refused.error().message(), HasSubstr("cancelable: false"));
    }
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(Variables, ChangeWhileTheExecutionIsPaused) {
    PlanBuilder plan;
    plan.variable("limit", 3)
        .node("start", "trigger.manual")
        .node("first", "test.effect")
        .node("show", "test.set", R"({"value": "{{ vars.limit }}"})")
        .connect("start -> first -> show");
    ShardFixture shard;
    shard.start(plan);
    const auto change = [&](std::string_view values) {
        return answer_of(shard, ChangeVariables{1, shard.id(), json(values)});
    };
    EXPECT_TRUE(change(R"({"limit": 9})").error().is(CommandErrc::not_allowed));
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    const auto unknown = change(R"({"limits": 9})");
    EXPECT_TRUE(unknown.error().is(CommandErrc::bad_variable));
    EXPECT_THAT(unknown.error().message(), HasSubstr("`limit`"));
    ASSERT_TRUE(change(R"({"limit": 9})").has_value());
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    shard.complete("first");
    EXPECT_EQ(shard.node("show").outputs.front().value, core::Value{9});
}

TEST(Breakpoint, HoldsTheExecutionBeforeTheFirstAttempt) {
    ShardFixture shard;
    ExecutionOptions options;
    options.breakpoints = {"second"};
    configure(shard, two_calls(), options);
    shard.complete("first", 1);
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    EXPECT_EQ(shard.view().paused_before(), "second");
    EXPECT_THAT(shard.effects(), IsEmpty());
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    EXPECT_THAT(shard.effects(), ElementsAre("second#1"));
}

TEST(Step, StartsOneRunAndPausesBeforeTheNext) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("a", "test.pass")
        .node("b", "test.effect")
        .node("c", "test.pass")
        .connect("start -> a -> b -> c");
    ExecutionOptions options;
    options.breakpoints = {"a"};
    ShardFixture shard;
    configure(shard, plan, options);
    const auto step = [&] { answer_of(shard, StepExecution{1, shard.id()}).value(); };
    step();
    EXPECT_EQ(shard.view().paused_before(), "b");
    step();
    EXPECT_THAT(shard.effects(), ElementsAre("b#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.complete("b", 1);
    EXPECT_EQ(shard.view().paused_before(), "c");
    step();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(NodeCommand, SkipsARunWithAllThatNeedsIt) {
    ShardFixture shard;
    shard.start(two_calls());
    ASSERT_TRUE(
        answer_of(shard, CommandNode{1, shard.id(), "first", NodeAction::skip}).has_value());
    EXPECT_THAT(shard.aborts(), ElementsAre("first#1"));
    EXPECT_EQ(shard.node("first").status, NodeStatus::skipped);
    EXPECT_EQ(shard.node("second").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(NodeCommand, RetriesUnderANewKey) {
    ShardFixture shard;
    shard.start(two_calls());
    const std::string key = shard.effect("first").idempotency_key;
    answer_of(shard, CommandNode{1, shard.id(), "first", NodeAction::retry}).value();
    EXPECT_THAT(shard.effects(), ElementsAre("first#2"));
    EXPECT_NE(shard.effect("first").idempotency_key, key);
    shard.complete("first", 1);
    EXPECT_EQ(shard.node("first").status, NodeStatus::completed);
}

TEST(NodeCommand, RetriesAFailureThatAPauseHolds) {
    ShardFixture shard;
    shard.start(two_calls());
    answer_of(shard, PauseExecution{1, shard.id(), ""}).value();
    shard.fail("first");
    answer_of(shard, CommandNode{1, shard.id(), "first", NodeAction::retry}).value();
    answer_of(shard, ResumeExecution{1, shard.id()}).value();
    EXPECT_THAT(shard.effects(), ElementsAre("first#2"));
}

TEST(NodeCommand, EndsWhatLivesInAContainer) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("loop", "test.loop", R"({"times": 2, "concurrency": 2})")
        .within("loop")
        .node("work", "test.effect")
        .within("")
        .connect("start -> loop")
        .connect("loop.item -> work -> loop.result");
    ShardFixture shard;
    shard.start(plan);
    answer_of(shard, CommandNode{1, shard.id(), "loop[1].work", NodeAction::cancel}).value();
    EXPECT_THAT(shard.aborts(), ElementsAre("work#1"));
    answer_of(shard, CommandNode{1, shard.id(), "loop", NodeAction::skip}).value();
    EXPECT_EQ(shard.node("loop").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(NodeCommand, IsRefusedWhereItMeansNothing) {
    ShardFixture shard;
    shard.start(two_calls());
    const auto command = [&](std::string_view path, NodeAction action) {
        return answer_of(shard, CommandNode{1, shard.id(), std::string{path}, action}).error();
    };
    EXPECT_TRUE(command("nowhere", NodeAction::skip).is(CommandErrc::unknown_node));
    EXPECT_TRUE(command("loop[3].first", NodeAction::skip).is(CommandErrc::unknown_node));
    EXPECT_TRUE(command("start", NodeAction::skip).is(CommandErrc::not_allowed));
    EXPECT_TRUE(command("second", NodeAction::retry).is(CommandErrc::not_allowed));
}

TEST(Pin, CompletesARunThatIsNotRun) {
    ExecutionOptions options;
    options.pins = json(R"({"first": {"out": 5}})");
    ShardFixture shard;
    configure(shard, two_calls(), options);
    EXPECT_THAT(shard.effects(), ElementsAre("second#1"));
    EXPECT_EQ(std::get<FunctionCall>(shard.effect("second").request).input, core::Value{5});
}

TEST(Pin, ThatDoesNotFitTheWorkflowIsRefused) {
    ShardFixture shard;
    ExecutionOptions options;
    options.pins = json(R"({"first": {"done": 5}})");
    configure(shard, two_calls(), options);
    ASSERT_FALSE(shard.frame.answers.at(0).result.has_value());
    EXPECT_TRUE(shard.frame.answers[0].result.error().is(CommandErrc::bad_option));
    EXPECT_EQ(shard.shard.live_count(), 0u);
}

TEST(Mock, LeavesNoEffectToTheOutside) {
    ExecutionOptions options;
    options.mock_external = true;
    ShardFixture shard;
    configure(shard, two_calls(), options);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_THAT(shard.history(), Not(Contains("attempt_succeeded first")));
}

TEST(WholeRetry, StartsAllRunsAnewUpToItsAttempts) {
    PlanBuilder plan = two_calls();
    plan.settings().on_error = {core::WorkflowOnError::Kind::retry,
                                {.max_attempts = 2, .delay = core::Duration{100}}};
    ShardFixture shard;
    shard.start(plan);
    shard.complete("first", 1);
    const std::string key = shard.effect("first").idempotency_key;
    shard.fail("second");
    EXPECT_EQ(shard.status(), ExecutionStatus::waiting);
    shard.restart(RebuildFrom::snapshot);
    shard.pass_to_next_timer();
    EXPECT_THAT(shard.effects(), ElementsAre("first#1"));
    EXPECT_NE(shard.effect("first").idempotency_key, key);
    shard.complete("first", 1);
    shard.fail("second");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

}  // namespace
}  // namespace millrace::engine
