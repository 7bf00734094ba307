// SPDX-License-Identifier: Apache-2.0
#include "undo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "testing/shard_fixture.hpp"

// `compensate: NODE`: what has completed is undone when its scope fails or is canceled.
namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::Value sent_to(const ShardFixture& shard, std::string_view node) {
    return std::get<FunctionCall>(shard.effect(node).request).input;
}

/// start -> a -> b -> last, and `undo_a`, `undo_b` undo.
PlanBuilder two_steps(std::string_view undo_data = {}) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").compensate("undo_a");
    plan.node("b", "test.effect").compensate("undo_b").node("last", "test.effect");
    plan.node("undo_a", "test.effect", undo_data).node("undo_b", "test.effect");
    return plan.connect("start -> a -> b -> last");
}

void reach_last(ShardFixture& shard, const PlanBuilder& plan = two_steps()) {
    shard.start(plan, 1);
    shard.complete("a", 2);
    shard.complete("b", 3);
}

std::vector<std::string> undone(const ShardFixture& shard) {
    std::vector<std::string> texts;
    for (const UndoStarted& undo : shard.all<UndoStarted>())
        texts.push_back(shard.plan().node(undo.run.node).id);
    return texts;
}

TEST(Undo, GoesBackwardsOneAfterTheOther) {
    ShardFixture shard;
    reach_last(shard);
    shard.fail("last", core::ErrorClass::http_4xx, "refused");
    EXPECT_THAT(shard.effects(), ElementsAre("undo_b#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    EXPECT_EQ(sent_to(shard, "undo_b"), json(R"({"input": 2, "output": 3})"));
    shard.complete("undo_b");
    EXPECT_THAT(shard.effects(), ElementsAre("undo_a#1"));
    EXPECT_EQ(sent_to(shard, "undo_a"), json(R"({"input": 1, "output": 2})"));
    shard.complete("undo_a");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "refused");
    EXPECT_EQ(shard.node("undo_a").status, NodeStatus::completed);
    EXPECT_EQ(shard.node("a").undone_by, "undo_a");
}

TEST(Undo, IsNotNeededWhenAllGoesWell) {
    ShardFixture shard;
    reach_last(shard);
    shard.complete("last", 4);
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.view().outputs(), json(R"({"last": 4})"));
    EXPECT_EQ(shard.node("undo_a").status, NodeStatus::skipped);
    EXPECT_THAT(undone(shard), IsEmpty());
}

TEST(Undo, LeavesAloneWhatDidNotComplete) {
    ShardFixture shard;
    shard.start(two_steps(), 1);
    shard.complete("a");
    shard.fail("b");
    EXPECT_THAT(undone(shard), ElementsAre("a"));
    shard.complete("undo_a");
    EXPECT_EQ(shard.node("undo_b").status, NodeStatus::skipped);
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
}

TEST(Undo, LeavesAloneWhatADefaultOrAFallbackStoodInFor) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.fail").default_value(7);
    plan.compensate("undo_a").node("b", "test.fail").fallback("c").compensate("undo_b");
    plan.node("c", "test.pass").compensate("undo_c").node("undo_a", "test.effect");
    plan.node("undo_b", "test.effect").node("undo_c", "test.effect").node("last", "test.fail");
    ShardFixture shard;
    shard.start(plan.connect("start -> a -> b -> last"), 1);
    EXPECT_THAT(undone(shard), ElementsAre("c"));
}

TEST(Undo, IsTriedAgainLikeAnyRun) {
    PlanBuilder plan = two_steps();
    plan.retry({.max_attempts = 2, .delay = core::Duration{100}, .retry_on = {}});  // of `undo_b`
    ShardFixture shard;
    reach_last(shard, plan);
    shard.fail("last");
    shard.fail("undo_b", core::ErrorClass::timeout);
    EXPECT_THAT(shard.effects(), IsEmpty());
    shard.pass_to_next_timer();
    EXPECT_THAT(shard.effects(), ElementsAre("undo_b#2"));
}

TEST(Undo, ThatFailsKeepsNothingElseFromBeingUndone) {
    ShardFixture shard;
    reach_last(shard);
    shard.fail("last", core::ErrorClass::http_4xx, "refused");
    shard.fail("undo_b", core::ErrorClass::http_4xx, "gone");
    ASSERT_EQ(shard.frame.dead_letters.size(), 1u);
    EXPECT_EQ(shard.frame.dead_letters[0].path, "undo_b");
    EXPECT_EQ(shard.frame.dead_letters[0].input, json(R"({"input": 2, "output": 3})"));
    EXPECT_THAT(shard.effects(), ElementsAre("undo_a#1"));
    shard.complete("undo_a");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "refused");
    EXPECT_EQ(shard.node("undo_b").error->code, "gone");
    EXPECT_EQ(shard.node("b").undone_by, "");
}

TEST(Undo, FollowsACancel) {
    ShardFixture shard;
    reach_last(shard);
    shard.cancel();
    EXPECT_THAT(shard.effects(), IsEmpty());
    shard.fail("last", core::ErrorClass::canceled, "canceled");
    EXPECT_THAT(shard.effects(), ElementsAre("undo_b#1"));
    shard.complete("undo_b");
    shard.complete("undo_a");
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
}

TEST(Undo, AlsoUndoesWhatCompletedWhileItWasBeingCanceled) {
    PlanBuilder plan = two_steps();
    ShardFixture shard;
    shard.start(plan, 1);
    shard.complete("a", 2);
    shard.cancel();
    shard.complete("b", 3);
    EXPECT_THAT(undone(shard), ElementsAre("b"));
}

TEST(Undo, OutlivesASecondCancelThatCutsTheGraceShort) {
    ShardFixture shard;
    reach_last(shard);
    shard.cancel();
    shard.cancel();
    EXPECT_THAT(shard.effects(), ElementsAre("undo_b#1"));
    shard.cancel();
    EXPECT_THAT(shard.aborts(), ElementsAre("undo_b#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("undo_b").status, NodeStatus::canceled);
    EXPECT_EQ(shard.node("undo_a").status, NodeStatus::skipped);
}

TEST(Undo, OfAFailureEndsWithTheSecondCancel) {
    ShardFixture shard;
    reach_last(shard);
    shard.fail("last");
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.cancel();
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_THAT(undone(shard), ElementsAre("b"));
    EXPECT_EQ(shard.all<UndoSkipped>().size(), 1u);
}

TEST(Undo, ComesBeforeTheWorkflowIsTriedAnew) {
    PlanBuilder plan = two_steps();
    plan.settings().on_error = {core::WorkflowOnError::Kind::retry, {.max_attempts = 2}};
    ShardFixture shard;
    reach_last(shard, plan);
    shard.fail("last");
    shard.complete("undo_b");
    EXPECT_THAT(shard.all<ExecutionRestarted>(), IsEmpty());
    shard.complete("undo_a");
    EXPECT_EQ(shard.all<ExecutionRestarted>().size(), 1u);
    shard.drain();
    shard.complete("a");
    shard.fail("b");
    EXPECT_THAT(undone(shard), ElementsAre("b", "a", "a"));
}

TEST(Undo, ComesBeforeAFailureOfTheOutputs) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").compensate("undo_a");
    plan.node("undo_a", "test.effect").connect("start -> a");
    plan.outputs(R"({"x": "{{ nodes.a.out.b.c }}"})");
    plan.settings().on_error = {core::WorkflowOnError::Kind::retry, {.max_attempts = 2}};
    ShardFixture shard;
    shard.start(plan);
    shard.complete("a", json("{}"));
    EXPECT_THAT(shard.effects(), ElementsAre("undo_a#1"));
    shard.complete("undo_a");
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->error_class, core::ErrorClass::expression);
}

TEST(Undo, ReadsWhatLedToTheRun) {
    ShardFixture shard;
    reach_last(shard, two_steps(R"({"input": "{{ nodes.start.out + input.output }}"})"));
    shard.fail("last");
    shard.complete("undo_b");
    EXPECT_EQ(sent_to(shard, "undo_a"), core::Value{3});
}

TEST(Undo, IsTheSameAfterARestartFromJournalOrSnapshot) {
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardFixture shard{ShardLimits{.snapshot_records = 1}};
        reach_last(shard);
        shard.restart(from);
        shard.recover();
        shard.fail("last");
        EXPECT_THAT(shard.effects(), ElementsAre("undo_b#1"));
        shard.restart(from);
        shard.recover();
        EXPECT_THAT(shard.effects(), ElementsAre("undo_b#1"));
        EXPECT_EQ(sent_to(shard, "undo_b"), json(R"({"input": 2, "output": 3})"));
        shard.complete("undo_b");
        shard.restart(from);
        shard.recover();
        shard.complete("undo_a");
        EXPECT_EQ(shard.status(), ExecutionStatus::failed);
        const auto& stored = shard.stored();
        EXPECT_EQ(replay(shard.id(), stored, shard.options), stored.rows);
    }
}

TEST(Undo, TellsWatchersWhatIsUndone) {
    ShardFixture shard;
    reach_last(shard);
    shard.fail("last");
    shard.complete("undo_b");
    ExecutionView view{shard.id(), shard.stored().plan};
    std::vector<std::string> told;
    for (const Record& record : shard.records()) {
        const auto event = view.feed(record);
        if (event && event->node_id.starts_with("undo_"))
            told.push_back(event->path + " " + core::to_json(event->data));
    }
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told[0], R"(undo_b {"undoes":"b"})");
    EXPECT_EQ(told[2], R"(undo_a {"undoes":"a"})");
}

TEST(HandUp, KeepsTheOrderOfCompletion) {
    std::vector<Undo> to(3);
    to[0].seq = 1, to[1].seq = 4, to[2].seq = 8;
    std::vector<Undo> from(2);
    from[0].seq = 3, from[1].seq = 6;
    hand_up(from, to);
    std::vector<std::uint64_t> order;
    for (const Undo& undo : to)
        order.push_back(undo.seq);
    EXPECT_THAT(order, ElementsAre(1, 3, 4, 6, 8));
    EXPECT_THAT(from, IsEmpty());
}

}  // namespace
}  // namespace millrace::engine
