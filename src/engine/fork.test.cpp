// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/fork.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using core::NodeStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ExecutionView seen(const ShardFixture& shard) {
    ExecutionView view{shard.id(), shard.stored().plan, ExecutionView::every_scope};
    for (const Record& record : shard.records())
        view.feed(record);
    return view;
}

std::vector<std::string> kept(const core::Result<Fork>& fork) {
    if (!fork) return {"error: " + fork.error().message()};
    std::vector<std::string> paths;
    if (fork->options.pins.is_object())
        for (const core::Member& pin : fork->options.pins.as_object())
            paths.push_back(pin.key);
    return paths;
}

/// start -> a -> b -> c, of which `b` is an effect.
PlanBuilder chain() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("a", "test.pass")
        .node("b", "test.effect")
        .node("c", "test.pass")
        .connect("start -> a -> b -> c");
    return plan;
}

/// start -> before -> loop { first -> second } -> after; `second` is an effect.
PlanBuilder with_loop() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("before", "test.pass")
        .node("loop", "test.loop", R"({"over": "input", "concurrency": 1})")
        .node("after", "test.pass")
        .within("loop")
        .node("first", "test.pass")
        .node("second", "test.effect")
        .within("")
        .connect("start -> before -> loop")
        .connect("loop.item -> first -> second -> loop.result")
        .connect("loop.done -> after");
    return plan;
}

/// Runs what was forked in a shard of its own.
void run(ShardFixture& shard, const std::shared_ptr<const Plan>& plan, const Fork& fork) {
    CreateExecution create = shard.creation(plan, fork.input);
    create.trigger = fork.trigger;
    create.trigger_data = fork.trigger_data;
    create.variables = fork.variables;
    create.options = fork.options;
    shard.tell(create);
    shard.advance();
}

TEST(Fork, KeepsWhatWasCompletedAndRunsTheRest) {
    ShardFixture before;
    before.start(chain(), 7);
    before.fail("b");
    const auto fork = fork_of(seen(before), before.plan(), {});
    EXPECT_THAT(kept(fork), ElementsAre("a"));
    EXPECT_EQ(fork->options.forked_from, before.id());
    ShardFixture again;
    run(again, before.stored().plan, *fork);
    EXPECT_EQ(again.node("a").status, NodeStatus::completed);
    EXPECT_THAT(again.node("a").attempts, IsEmpty()) << "it was not run";
    again.complete("b", "done");
    EXPECT_EQ(again.status(), ExecutionStatus::completed);
    EXPECT_EQ(again.view().forked_from(), before.id().text());
}

TEST(Fork, BeginsWithTheRunThatIsNamed) {
    ShardFixture before;
    before.start(chain(), 7);
    before.complete("b", "done");
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {.from = "b", .input = {}})),
                ElementsAre("a"));
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {.from = "c", .input = {}})),
                ElementsAre("a", "b"));
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {.from = "start", .input = {}})),
                IsEmpty());
}

TEST(Fork, GivesTheNamedRunAnotherInput) {
    ShardFixture before;
    before.start(chain(), 7);
    before.complete("b", "done");
    const auto fork = fork_of(seen(before), before.plan(), {.from = "c", .input = core::Value{9}});
    ASSERT_TRUE(fork);
    EXPECT_EQ(fork->input, core::Value{7}) << "the business input stays";
    ShardFixture again;
    run(again, before.stored().plan, *fork);
    EXPECT_EQ(again.node("c").outputs.front().value, core::Value{9});
    EXPECT_EQ(again.node("b").outputs.front().value, core::Value{"done"});
}

TEST(Fork, WithAnotherInputKeepsNothing) {
    ShardFixture before;
    before.start(chain(), 7);
    before.complete("b", "done");
    const auto fork = fork_of(seen(before), before.plan(), {.from = {}, .input = core::Value{9}});
    EXPECT_THAT(kept(fork), IsEmpty());
    EXPECT_EQ(fork->input, core::Value{9});
    EXPECT_EQ(fork->trigger_data, core::Value{9});
}

TEST(Fork, KeepsRunsOfALoopThatDidNotComplete) {
    ShardFixture before;
    before.start(with_loop(), json("[1, 2]"));
    before.complete("second", "one");
    before.fail("second");
    ASSERT_EQ(before.status(), ExecutionStatus::failed);
    const auto fork = fork_of(seen(before), before.plan(), {});
    EXPECT_THAT(kept(fork),
                ElementsAre("before", "loop[0].first", "loop[0].second", "loop[1].first"));
    ShardFixture again;
    run(again, before.stored().plan, *fork);
    EXPECT_THAT(again.effects(), ElementsAre("second#1"));
    again.complete("second", "two");
    EXPECT_EQ(again.node("after").outputs.front().value, json(R"(["one", "two"])"));
}

TEST(Fork, OfALoopThatCompletedKeepsItAsAWhole) {
    ShardFixture before;
    before.start(with_loop(), json("[1]"));
    before.complete("second", "one");
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {})),
                ElementsAre("after", "before", "loop"));
}

TEST(Fork, FromInsideALoopRunsWhatFollowsTheLoopToo) {
    ShardFixture before;
    before.start(with_loop(), json("[1, 2]"));
    before.complete("second", "one");
    before.complete("second", "two");
    ASSERT_EQ(before.status(), ExecutionStatus::completed);
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {.from = "loop[1].second", .input = {}})),
                ElementsAre("before", "loop[0].first", "loop[0].second", "loop[1].first"));
}

TEST(Fork, FromALoopRunsAllOfIt) {
    ShardFixture before;
    before.start(with_loop(), json("[1]"));
    before.complete("second", "one");
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {.from = "loop", .input = {}})),
                ElementsAre("before"));
}

TEST(Fork, OfALoopThatWasRetriedKeepsItsLastAttempt) {
    PlanBuilder plan = with_loop();
    plan.within("");
    core::Document document = plan.document();
    core::RetryPolicy policy;
    policy.max_attempts = 2;
    policy.retry_on = {"internal"};
    document.nodes[2].retry = policy;
    ShardFixture before;
    before.start(plan_of(document), json("[1, 2]"));
    before.complete("second", "old");
    before.fail("second");
    before.pass_to_next_timer();
    before.complete("second", "new");
    before.fail("second");
    ASSERT_EQ(before.status(), ExecutionStatus::failed);
    const auto fork = fork_of(seen(before), before.plan(), {});
    ASSERT_TRUE(fork);
    EXPECT_EQ(*fork->options.pins.find("loop[0].second"), json(R"({"out": "new"})"));
}

TEST(Fork, RunsTheCleanUpOfATryAgain) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("guard", "test.try");
    plan.within("guard").node("work", "test.pass").node("fails", "test.fail");
    plan.node("clean", "test.pass").within("").connect("start -> guard");
    plan.connect("guard.item -> work -> fails -> guard.result").connect("guard.finally -> clean");
    ShardFixture before;
    before.start(plan, 7);
    ASSERT_EQ(before.status(), ExecutionStatus::failed);
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {})), ElementsAre("guard.work"));
}

TEST(Fork, OnAnotherVersionKeepsWhatIsStillThere) {
    ShardFixture before;
    before.start(chain(), 7);
    before.complete("b", "done");
    PlanBuilder changed;
    changed.node("start", "trigger.manual")
        .node("a", "test.note", R"({"note": "now another type"})")
        .node("b", "test.effect")
        .node("d", "test.pass")
        .connect("start -> a -> b -> d");
    EXPECT_THAT(kept(fork_of(seen(before), *changed.plan(), {})), ElementsAre("b"));
}

TEST(Fork, NeedsAFinishedExecutionAndARunThatThereIs) {
    ShardFixture live;
    live.start(chain(), 7);
    EXPECT_TRUE(fork_of(seen(live), live.plan(), {}).error().is(CommandErrc::not_allowed));
    live.complete("b");
    for (const char* const from : {"nowhere", "a.b", "a[1]", "b.", "", "loop[0].x"}) {
        const auto fork = fork_of(seen(live), live.plan(), {.from = from, .input = {}});
        if (*from == '\0') {
            EXPECT_TRUE(fork);
        } else {
            ASSERT_FALSE(fork) << from;
            EXPECT_TRUE(fork.error().is(CommandErrc::unknown_node)) << from;
        }
    }
}

TEST(Fork, DoesNotBeginWithWhatOnlyStandsIn) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").fallback("instead");
    plan.node("instead", "test.pass").connect("start -> call");
    ShardFixture before;
    before.start(plan, 7);
    before.fail("call");
    const auto fork = fork_of(seen(before), before.plan(), {.from = "instead", .input = {}});
    ASSERT_FALSE(fork);
    EXPECT_THAT(fork.error().message(), HasSubstr("stands in for `call`"));
    EXPECT_THAT(kept(fork_of(seen(before), before.plan(), {})), ElementsAre("call"));
}

}  // namespace
}  // namespace millrace::engine
