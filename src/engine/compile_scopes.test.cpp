// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PlanBuilder looped() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("loop", "test.loop", R"({"times": 2})")
        .node("after", "test.pass")
        .within("loop")
        .node("work", "test.pass")
        .within("")
        .connect("start -> loop")
        .connect("loop.done -> after")
        .connect("loop.item -> work -> loop.result");
    return plan;
}

TEST(CompileScopes, DividesTheNodes) {
    const auto plan = looped().plan();
    ASSERT_EQ(plan->scopes().size(), 2u);
    EXPECT_EQ(plan->scope(1).nodes.size(), 1u);
    EXPECT_EQ(plan->scope(1).entries.size(), 1u);
    EXPECT_EQ(plan->scope(1).results.size(), 1u);
    EXPECT_EQ(plan->scope(1).loop, 1u);
    EXPECT_EQ(plan->node(index_of(*plan, "work")).scope, 1u);
}

TEST(CompileScopes, RefusesConnectionsThroughTheWall) {
    EXPECT_THAT(places(looped().connect("work -> after").compile().problems),
                testing::Contains("bad_scope /connections/4"));
    PlanBuilder into = looped();
    into.within("loop").node("odd", "test.pass").within("").connect("start -> odd");
    EXPECT_THAT(places(into.compile().problems), ElementsAre("bad_scope /connections/4"));
    PlanBuilder out = looped();
    out.node("late", "test.pass").connect("loop.item -> late");
    EXPECT_THAT(places(out.compile().problems), ElementsAre("bad_scope /connections/4"));
}

TEST(CompileScopes, RefusesParentsThatAreNone) {
    PlanBuilder plan = looped();
    plan.within("after").node("a", "test.pass").within("nobody").node("b", "test.pass");
    plan.within("loop").node("c", "trigger.other");
    EXPECT_THAT(places(plan.compile().problems),
                testing::IsSupersetOf({"bad_scope /nodes/4/parent", "unknown_node /nodes/5/parent",
                                       "bad_scope /nodes/6/parent"}));
}

TEST(CompileScopes, RefusesContainersWithinThemselves) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .within("b")
        .node("a", "test.loop", R"({"times": 1})")
        .within("a")
        .node("b", "test.loop", R"({"times": 1})");
    EXPECT_THAT(places(plan.compile().problems), testing::Contains("bad_scope /nodes/1/parent"));
}

TEST(CompileScopes, LetsNobodyReadWhatHappensInside) {
    PlanBuilder plan = looped();
    plan.node("reader", "test.set", R"({"value": "{{ nodes.work.out }}"})")
        .connect("after -> reader");
    const auto problems = plan.compile().problems;
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_THAT(problems[0].message, HasSubstr("nodes.loop.done"));
    PlanBuilder item = looped();
    item.node("reader", "test.set", R"({"value": "{{ nodes.loop.item }}"})")
        .connect("after -> reader");
    EXPECT_EQ(item.compile().problems.size(), 1u);
}

TEST(CompileScopes, LetsABodyReadWhatLiesBeforeItsContainer) {
    PlanBuilder plan = looped();
    plan.within("loop")
        .node("reader", "test.set", R"({"value": "{{ nodes.start.out }} {{ item }} {{ index }}"})")
        .within("")
        .connect("work -> reader");
    EXPECT_THAT(plan.compile().problems, IsEmpty());
    PlanBuilder wrong = looped();
    wrong.within("loop").node("reader", "test.set", R"({"value": "{{ nodes.loop.done }}"})");
    wrong.within("").connect("work -> reader");
    EXPECT_EQ(wrong.compile().problems.size(), 1u);
}

TEST(CompileScopes, KnowsItemsOnlyInsideALoop) {
    PlanBuilder plan = looped();
    plan.node("reader", "test.set", R"({"value": "{{ item }}"})").connect("after -> reader");
    EXPECT_THAT(places(plan.compile().problems), ElementsAre("bad_expression /nodes/4/data/value"));
}

TEST(CompileScopes, KeepsTheCleanUpApartFromTheBody) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node("guard", "test.try")
        .within("guard")
        .node("work", "test.pass")
        .node("clean", "test.merge")
        .within("")
        .connect("start -> guard")
        .connect("guard.item -> work -> clean")
        .connect("guard.finally -> clean");
    EXPECT_THAT(places(plan.compile().problems), ElementsAre("bad_scope /nodes/3"));
}

TEST(CompileScopes, RefusesAFallbackInAnotherContainer) {
    PlanBuilder plan = looped();
    plan.node("spare", "test.pass");
    core::Document document = plan.document();
    document.nodes[3].on_error.kind = core::NodeOnError::Kind::fallback;
    document.nodes[3].on_error.fallback = "spare";
    EXPECT_THAT(places(compile_test(document).problems),
                ElementsAre("bad_scope /nodes/3/on_error/fallback"));
}

TEST(CompileScopes, BoundsTheDepth) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    for (int depth = 0; depth <= 17; ++depth) {
        plan.node("n" + std::to_string(depth), "test.loop", R"({"times": 1})");
        plan.within("n" + std::to_string(depth));
    }
    EXPECT_THAT(places(plan.compile().problems), testing::Contains("limit /nodes/18/parent"));
}

}  // namespace
}  // namespace millrace::engine
