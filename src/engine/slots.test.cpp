// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// What expressions can read.
namespace millrace::engine {
namespace {

/// What `{{ expression }}` in a node after `start` gives for the input.
core::Value read(std::string_view expression, core::Value input = {}) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").variable("limit", 3).variable("base", "x");
    plan.node("dead", "test.pass").connect("start -> dead").filter("false");
    plan.node("see", "test.set", R"({"value": "{{ )" + std::string{expression} + R"( }}"})");
    plan.connect("start -> see");
    ShardFixture shard;
    shard.start(plan, std::move(input));
    return shard.node("see").outputs.at(0).value;
}

TEST(Expression, ReadsTheInputUnderAllItsNames) {
    EXPECT_EQ(read("[input.n, inputs.n, trigger.data.n, nodes.start.out.n]", json(R"({"n": 4})")),
              json("[4, 4, 4, 4]"));
}

TEST(Expression, ReadsVariablesOneByOneAndTogether) {
    EXPECT_EQ(read("vars.limit"), json("3"));
    EXPECT_EQ(read("vars"), json(R"({"limit": 3, "base": "x"})"));
}

TEST(Expression, ReadsWhatTheTriggerWas) {
    EXPECT_EQ(read("[trigger.node, trigger.type]"), json(R"(["start", "trigger.manual"])"));
    EXPECT_EQ(read("trigger.at"), json(R"("2023-11-14T22:13:20.000Z")"));
}

TEST(Expression, ReadsTheFramesTimeAsNow) {
    EXPECT_EQ(read("now()"), json("1700000000000"));
}

TEST(Expression, ReadsItsExecution) {
    EXPECT_EQ(read("[execution.workflow_id, execution.workflow_version, execution.parent_id]"),
              json(R"(["test", 1, null])"));
    EXPECT_EQ(read("execution.started_at"), json(R"("2023-11-14T22:13:20.000Z")"));
    EXPECT_EQ(read("execution.id.length"), json("36"));
}

TEST(Expression, ReadsOtherInputPortsByName) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("one", "test.set", R"({"value": 1})");
    plan.node("see", "test.extra").connect("start -> one").connect("start -> see");
    plan.connect("one -> see.more");
    plan.node("after", "test.set", R"({"value": "{{ nodes.see.out.more }}"})");
    plan.connect("see -> after");
    ShardFixture shard;
    shard.start(plan);
    EXPECT_EQ(shard.node("after").outputs.at(0).value, json("1"));
}

TEST(Expression, ReadsNullOfANodeThatWasSkippedOrFailed) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("dead", "test.pass").node("bad", "test.fail");
    plan.on_error(core::NodeOnError::Kind::proceed);
    plan.node("see", "test.merge");
    plan.connect("start -> dead").filter("false").connect("start -> bad");
    plan.connect("dead -> see").connect("bad -> see").connect("start -> see");
    plan.node("after", "test.set", R"({"value": ["{{ nodes.dead.out }}", "{{ nodes.bad.out }}"]})");
    plan.connect("see -> after");
    ShardFixture shard;
    shard.start(plan, json("1"));
    EXPECT_EQ(shard.node("after").outputs.at(0).value, json("[null, null]"));
}

}  // namespace
}  // namespace millrace::engine
