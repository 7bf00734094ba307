// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// start -> loop, whose body is one node `work`; `data` is the loop's, `code` the node's.
PlanBuilder loop_of(std::string_view data, std::string_view type = "test.set",
                    std::string_view code = R"({"value": "{{ item * 10 }}"})") {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("loop", "test.loop", data)
        .within("loop")
        .node("work", type, code)
        .within("")
        .connect("start -> loop")
        .connect("loop.item -> work -> loop.result");
    return plan;
}

core::Value output_of(const ShardFixture& shard, std::string_view node) {
    const NodeView view = shard.node(node);
    return view.outputs.empty() ? core::Value{} : view.outputs.front().value;
}

TEST(Loop, CollectsTheResultsOfItsItemsInOrder) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input", "concurrency": 2})"), json("[3, 1, 2]"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(output_of(shard, "loop"), json("[30, 10, 20]"));
}

TEST(Loop, KeepsTheOrderOfIterationsThatEndInAnother) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input", "concurrency": 2})", "test.effect", "{}"),
                json("[1, 2]"));
    ASSERT_EQ(shard.frame.effects.size(), 2u);
    const Effect first = shard.frame.effects[0];
    const Effect second = shard.frame.effects[1];
    shard.tell(shard.completion(second, "b"));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.tell(shard.completion(first, "a"));
    shard.advance();
    EXPECT_EQ(output_of(shard, "loop"), json(R"(["a", "b"])"));
}

TEST(Loop, RunsNoMoreIterationsAtOnceThanItsConcurrency) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 5, "concurrency": 2})", "test.effect", "{}"));
    EXPECT_THAT(shard.effects(), ElementsAre("work#1", "work#1"));
    for (int ended = 0; ended < 5; ++ended) {
        const Effect effect = shard.effect("work");
        shard.tell(shard.completion(effect, ended));
        shard.advance();
        if (shard.frame.effects.empty()) break;
        EXPECT_EQ(shard.frame.effects.size(), 1u);
    }
}

TEST(Loop, WithoutItemsIsDoneAtOnce) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input"})"), json("[]"));
    EXPECT_EQ(output_of(shard, "loop"), json("[]"));
}

TEST(Loop, HandsOutBatches) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input", "batch_size": 2})", "test.pass", "{}"),
                json("[1, 2, 3]"));
    EXPECT_EQ(output_of(shard, "loop"), json("[[1, 2], [3]]"));
}

TEST(Loop, AsksItsConditionWithTheLastResult) {
    ShardFixture shard;
    shard.start(
        loop_of(R"({"while": "value < 100"})", "test.set", R"({"value": "{{ item * 2 }}"})"), 10);
    EXPECT_EQ(output_of(shard, "loop"), json("[20, 40, 80, 160]"));
}

TEST(Loop, WhoseConditionHoldsTooLongFails) {
    ShardFixture shard;
    shard.start(loop_of(R"({"while": "true", "max_iterations": 3})", "test.pass", "{}"), 1);
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "max_iterations");
}

TEST(Loop, LeavesEarlyWhenItsConditionToDoSoHolds) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 10, "break": "value >= 20"})"));
    EXPECT_EQ(output_of(shard, "loop"), json("[0, 10, 20]"));
}

TEST(Loop, EndsWhatIsInFlightWhenItLeavesEarly) {
    ShardFixture shard;
    shard.start(
        loop_of(R"({"times": 4, "concurrency": 3, "break": "value"})", "test.effect", "{}"));
    const Effect second = shard.frame.effects[1];
    shard.tell(shard.completion(second, true));
    shard.advance();
    EXPECT_THAT(shard.aborts(), ElementsAre("work#1", "work#1"));
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(output_of(shard, "loop"), json("[true]"));
}

TEST(Loop, FailsWithAnIterationThatFails) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 4, "concurrency": 3})", "test.effect", "{}"));
    shard.tell([&] {
        Completion failed = shard.completion(shard.frame.effects[0]);
        failed.outcome = failure_of(core::ErrorClass::internal, "broken");
        return failed;
    }());
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "broken");
    EXPECT_EQ(shard.view().error()->node_id, "work");
    EXPECT_EQ(shard.aborts().size(), 2u);
}

TEST(Loop, ThatContinuesOnErrorLeavesFailedIterationsOut) {
    ShardFixture shard;
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("loop", "test.loop", R"({"over": "input", "continue_on_error": true})")
        .within("loop")
        .node("check", "test.if", R"({"condition": "item > 1"})")
        .node("no", "test.fail", "{}")
        .within("")
        .connect("start -> loop")
        .connect("loop.item -> check")
        .connect("check.true -> loop.result")
        .connect("check.false -> no");
    shard.start(plan, json("[2, 1, 3]"));
    EXPECT_EQ(output_of(shard, "loop"), json("[2, 3]"));
    EXPECT_EQ(shard.node("loop").iterations->failed, 1u);
}

TEST(Loop, CountsWhenItDoesNotCollect) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 3, "aggregate": false})"));
    EXPECT_EQ(output_of(shard, "loop"), json(R"({"iterations": 3, "completed": 3, "failed": 0})"));
}

TEST(Loop, SeesTheLoopAroundIt) {
    ShardFixture shard;
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("outer", "test.loop", R"({"over": "input"})")
        .within("outer")
        .node("seen", "test.set", R"({"value": "{{ item }}"})")
        .node("inner", "test.loop", R"({"times": 2})")
        .within("inner")
        .node("work", "test.set", R"({"value": "{{ nodes.seen.out }}-{{ index }}"})")
        .within("")
        .connect("start -> outer")
        .connect("outer.item -> seen -> inner")
        .connect("inner.item -> work -> inner.result")
        .connect("inner.done -> outer.result");
    shard.start(plan, json(R"(["a", "b"])"));
    EXPECT_EQ(output_of(shard, "outer"), json(R"([["a-0", "a-1"], ["b-0", "b-1"]])"));
}

TEST(Loop, GivesEachIterationAKeyOfItsOwn) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 2, "concurrency": 2})", "test.effect", "{}"));
    ASSERT_EQ(shard.frame.effects.size(), 2u);
    EXPECT_NE(shard.frame.effects[0].idempotency_key, shard.frame.effects[1].idempotency_key);
}

TEST(Loop, GoesOnAfterARestart) {
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardLimits limits;
        limits.snapshot_records = 4;
        ShardFixture shard{limits};
        shard.start(loop_of(R"({"times": 3})", "test.effect", "{}"));
        shard.complete("work", "a");
        const std::string before = shard.shard.snapshot(shard.id());
        shard.restart(from);
        EXPECT_EQ(shard.shard.snapshot(shard.id()), before);
        shard.recover();
        EXPECT_THAT(shard.effects(), ElementsAre("work#1"));
        shard.complete("work", "b");
        shard.complete("work", "c");
        EXPECT_EQ(output_of(shard, "loop"), json(R"(["a", "b", "c"])"));
        EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
    }
}

TEST(Loop, IsCanceledWithTheExecution) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 3, "concurrency": 2})", "test.effect", "{}"));
    const std::vector<Effect> open = shard.frame.effects;
    shard.cancel();
    EXPECT_EQ(shard.aborts().size(), 2u);
    shard.tell(shard.completion(open[0], 1));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::running);
    shard.tell(shard.completion(open[1], 1));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("loop").status, NodeStatus::canceled);
}

TEST(Loop, ReportsWhatItCannotGoOver) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input"})"), 5);
    EXPECT_EQ(shard.view().error()->code, "bad_loop");
    EXPECT_THAT(shard.view().error()->message, HasSubstr("array"));
}

TEST(Loop, WhoseResultsAreTooLargeTogetherFails) {
    ShardLimits limits;
    limits.value_weight_max = 2'000;
    ShardFixture shard{limits};
    shard.start(loop_of(R"({"times": 9, "break": "index == 5"})", "test.set",
                        R"({"value": ")" + std::string(400, 'x') + "\"}"));
    EXPECT_EQ(shard.status(), ExecutionStatus::failed);
    EXPECT_EQ(shard.view().error()->code, "value_too_large");
}

TEST(Loop, OverNothingAtAllFails) {
    ShardFixture shard;
    shard.start(loop_of(R"({"over": "input.items"})"), json("{}"));
    EXPECT_EQ(shard.view().error()->code, "bad_loop");
}

TEST(Loop, IsAllowedToBeEmpty) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("loop", "test.loop", R"({"over": "input"})")
        .connect("start -> loop")
        .connect("loop.item -> loop.result");
    ShardFixture shard;
    shard.start(plan, json("[1, 2]"));
    EXPECT_EQ(output_of(shard, "loop"), json("[1, 2]"));
}

TEST(Loop, TellsTheRunsOfAScopeThatIsAskedFor) {
    ShardFixture shard;
    shard.start(loop_of(R"({"times": 3})"));
    ExecutionView view{shard.id(), shard.stored().plan, "loop[1]"};
    for (const Record& record : shard.records())
        view.feed(record);
    const std::vector<NodeView> nodes = view.scope_nodes();
    ASSERT_EQ(nodes.size(), 1u);
    EXPECT_EQ(nodes[0].path, "loop[1].work");
    EXPECT_EQ(nodes[0].outputs.front().value, core::Value{10});
}

TEST(Loop, LongerThanAFrameGoesOnInTheNext) {
    ShardLimits limits;
    limits.execution_transitions_max = 20;
    ShardFixture shard{limits};
    shard.start(loop_of(R"({"times": 200, "concurrency": 8})"));
    shard.drain();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(output_of(shard, "loop").size(), 200u);
    EXPECT_THAT(shard.history(), Contains("continued"));
}

}  // namespace
}  // namespace millrace::engine
