// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/engine/fork.hpp"
#include "testing/shard_fixture.hpp"

// What is undone in loops and tries, and what operators can do about it.
namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// start -> all[ charge -> check ] -> last; `refund` undoes `charge`.
PlanBuilder charged_loop(std::string_view loop = R"({"over": "{{ input }}"})") {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("all", "test.loop", loop);
    plan.within("all").node("charge", "test.effect").compensate("refund");
    plan.node("check", "test.effect");
    plan.node("refund", "test.effect", R"({"input": "{{ [item, index, input.output] }}"})");
    plan.within("").node("last", "test.effect").connect("start -> all").connect("all.done -> last");
    return plan.connect("all.item -> charge -> check -> all.result");
}

core::Value sent_to(const ShardFixture& shard, std::string_view node) {
    return std::get<FunctionCall>(shard.effect(node).request).input;
}

void iterate(ShardFixture& shard, core::Value charge) {
    shard.complete("charge", std::move(charge));
    shard.complete("check");
}

TEST(UndoScopes, UndoCompletedIterationsWhenWhatIsAroundTheLoopFails) {
    ShardFixture shard;
    shard.start(charged_loop(), json(R"(["x", "y"])"));
    iterate(shard, 10);
    iterate(shard, 11);
    shard.fail("last");
    EXPECT_EQ(sent_to(shard, "refund"), json(R"(["y", 1, 11])"));
    shard.complete("refund");
    EXPECT_EQ(sent_to(shard, "refund"), json(R"(["x", 0, 10])"));
    shard.complete("refund");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    ExecutionView view{shard.id(), shard.stored().plan, ExecutionView::every_scope};
    std::vector<std::string> paths;
    for (const Record& record : shard.records())
        if (const auto event = view.feed(record); event && event->node_id == "refund")
            paths.push_back(event->path);
    EXPECT_THAT(paths,
                ElementsAre("all[1].refund", "all[1].refund", "all[0].refund", "all[0].refund"));
    std::vector<std::string> charges;
    for (const NodeView& node : view.scope_nodes())
        if (node.undone_by == "refund") charges.push_back(node.path);
    EXPECT_THAT(charges, ElementsAre("all[0].charge", "all[1].charge"));
}

TEST(UndoScopes, KeepACompletedIterationWhenOnlyItsLoopHasFailed) {
    PlanBuilder plan = charged_loop();
    plan.node("caught", "test.effect").connect("all.error -> caught");
    ShardFixture shard;
    shard.start(plan, json(R"(["x", "y"])"));
    iterate(shard, 10);
    shard.complete("charge", 11);
    shard.fail("check");
    EXPECT_EQ(sent_to(shard, "refund"), json(R"(["y", 1, 11])"));
    EXPECT_THAT(shard.effects(), ElementsAre("refund#1"));
    shard.complete("refund");
    EXPECT_THAT(shard.effects(), ElementsAre("caught#1"));
    shard.complete("caught");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.all<UndoStarted>().size(), 1u);
}

TEST(UndoScopes, SurviveASnapshotWhenTheirIterationIsGone) {
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardFixture shard{ShardLimits{.snapshot_records = 1}};
        shard.start(charged_loop(), json(R"(["x", "y"])"));
        iterate(shard, 10);
        iterate(shard, 11);
        shard.restart(from);
        shard.recover();
        shard.fail("last");
        EXPECT_EQ(sent_to(shard, "refund"), json(R"(["y", 1, 11])"));
        shard.restart(from);
        shard.recover();
        shard.complete("refund");
        EXPECT_EQ(sent_to(shard, "refund"), json(R"(["x", 0, 10])"));
        shard.complete("refund");
        EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    }
}

TEST(UndoScopes, GoBackwardsAmongIterationsThatRanSideBySide) {
    ShardFixture shard;
    shard.start(charged_loop(R"({"times": 2, "concurrency": 2})"));
    shard.complete("charge", 11);  // the newest is that of the second iteration
    Effect effect = shard.effect("charge");
    effect.run.scope = 1;
    shard.tell(shard.completion(effect, 10));
    shard.advance();
    shard.fail("check");
    EXPECT_EQ(sent_to(shard, "refund"), json("[0, 0, 10]"));
    shard.complete("refund");
    EXPECT_EQ(sent_to(shard, "refund"), json("[1, 1, 11]"));
    shard.complete("refund");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

/// start -> guard { charge -> check }, `caught` behind its error, `clean` behind its `finally`.
PlanBuilder guarded() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try").node("caught", "test.effect");
    plan.within("guard").node("charge", "test.effect").compensate("refund");
    plan.node("check", "test.effect").node("refund", "test.effect").node("clean", "test.effect");
    plan.within("").connect("start -> guard").connect("guard.error -> caught");
    plan.connect("guard.item -> charge -> check -> guard.result");
    return plan.connect("guard.finally -> clean");
}

void fail_body(ShardFixture& shard) {
    shard.start(guarded(), 1);
    shard.complete("charge", 2);
    shard.fail("check");
}

TEST(UndoScopes, UndoABodyBeforeItsCleanUpAndItsError) {
    ShardFixture shard;
    fail_body(shard);
    EXPECT_THAT(shard.effects(), ElementsAre("refund#1"));
    shard.complete("refund");
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    shard.complete("clean");
    EXPECT_THAT(shard.effects(), ElementsAre("caught#1"));
    shard.complete("caught");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(UndoScopes, LeaveACompletedBodyToTheScopeAroundTheTry) {
    ShardFixture shard;
    shard.start(guarded(), 1);
    shard.complete("charge", 2);
    shard.complete("check");
    shard.complete("clean");
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_THAT(shard.all<UndoStarted>(), IsEmpty());
}

TEST(UndoScopes, StandStillWhileTheExecutionIsPaused) {
    ShardFixture shard;
    shard.start(guarded(), 1);
    shard.complete("charge", 2);
    shard.tell(PauseExecution{1, shard.id(), "a look"});
    shard.fail("check");
    EXPECT_THAT(shard.effects(), IsEmpty());
    shard.tell(ResumeExecution{2, shard.id()});
    shard.advance();
    EXPECT_THAT(shard.effects(), ElementsAre("refund#1"));
    shard.tell(PauseExecution{3, shard.id(), "another look"});
    shard.complete("refund");
    EXPECT_THAT(shard.effects(), IsEmpty());
    shard.tell(ResumeExecution{4, shard.id()});
    shard.advance();
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
}

TEST(UndoScopes, AreHeldByABreakpointAndSteppedOver) {
    ShardFixture shard;
    shard.start(guarded(), 1);
    shard.tell(SetBreakpoints{1, shard.id(), {"refund"}});
    shard.complete("charge", 2);
    shard.fail("check");
    EXPECT_EQ(shard.status(), ExecutionStatus::paused);
    EXPECT_EQ(shard.view().paused_before(), "guard.refund");
    shard.tell(StepExecution{2, shard.id()});
    shard.advance();
    EXPECT_THAT(shard.effects(), ElementsAre("refund#1"));
}

TEST(UndoScopes, LetAnOperatorSkipOrRetryTheRunThatUndoes) {
    for (const NodeAction action : {NodeAction::skip, NodeAction::cancel, NodeAction::retry}) {
        ShardFixture shard;
        fail_body(shard);
        shard.tell(CommandNode{1, shard.id(), "guard.refund", action});
        shard.advance();
        ASSERT_TRUE(shard.frame.answers.at(0).result);
        if (action == NodeAction::retry) {
            EXPECT_THAT(shard.effects(), ElementsAre("refund#2"));
            shard.complete("refund");
        }
        EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    }
}

TEST(UndoScopes, GoOnWhenTheExecutionIsCanceledMeanwhile) {
    ShardFixture shard;
    fail_body(shard);
    shard.cancel();
    EXPECT_THAT(shard.aborts(), IsEmpty());
    shard.complete("refund");
    EXPECT_THAT(shard.effects(), ElementsAre("clean#1"));
    shard.complete("clean");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(UndoScopes, RunAnewInAForkWhatHasBeenUndone) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.compensate("undo_b").node("c", "test.effect").node("d", "test.effect");
    plan.node("undo_b", "test.effect").connect("start -> a -> b -> c -> d");
    ShardFixture shard;
    shard.start(plan, 1);
    for (const char* node : {"a", "b", "c"})
        shard.complete(node);
    shard.fail("d");
    shard.complete("undo_b");
    const auto fork = fork_of(shard.view(), shard.plan(), {.from = "d", .input = {}});
    ASSERT_TRUE(fork);
    EXPECT_NE(fork->options.pins.find("a"), nullptr);
    EXPECT_EQ(fork->options.pins.find("b"), nullptr);
    EXPECT_EQ(fork->options.pins.find("c"), nullptr);
    EXPECT_FALSE(fork_of(shard.view(), shard.plan(), {.from = "undo_b", .input = {}}));
}

}  // namespace
}  // namespace millrace::engine
