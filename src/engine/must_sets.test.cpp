// SPDX-License-Identifier: Apache-2.0
#include "must_sets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view yes = R"({"condition": "true"})";

PlanBuilder started() {
    PlanBuilder builder;
    builder.node("start", "trigger.manual");
    return builder;
}

std::vector<std::string> problems_of(const PlanBuilder& builder) {
    return places(builder.compile().problems);
}

TEST(MustSets, RefuseTwoValuesThatBothCome) {
    const PlanBuilder builder = started()
                                    .node("a", "test.pass")
                                    .node("b", "test.pass")
                                    .node("join", "test.pass")
                                    .connect("start -> a -> join")
                                    .connect("start -> b -> join");
    const CompileResult result = builder.compile();
    EXPECT_THAT(places(result.problems), ElementsAre("ambiguous_fan_in /connections/3"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("both `a.out` and `b.out`"));
}

TEST(MustSets, LetTheBranchesOfADecisionRejoin) {
    EXPECT_THAT(problems_of(started()
                                .node("if", "test.if", yes)
                                .node("a", "test.pass")
                                .node("b", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> if")
                                .connect("if.true -> a -> join")
                                .connect("if.false -> b -> join")),
                IsEmpty());
}

TEST(MustSets, LetNestedDecisionsRejoinAtOnce) {
    EXPECT_THAT(problems_of(started()
                                .node("outer", "test.if", yes)
                                .node("inner", "test.if", yes)
                                .node("join", "test.pass")
                                .connect("start -> outer")
                                .connect("outer.true -> inner")
                                .connect("inner.true -> join")
                                .connect("inner.false -> join")
                                .connect("outer.false -> join")),
                IsEmpty());
}

TEST(MustSets, KnowWhatARejoinedBranchHasInCommon) {
    // Whatever `inner` chose, `mid` ran because `outer` said true.
    EXPECT_THAT(problems_of(started()
                                .node("outer", "test.if", yes)
                                .node("inner", "test.if", yes)
                                .node("mid", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> outer")
                                .connect("outer.true -> inner")
                                .connect("inner.true -> mid")
                                .connect("inner.false -> mid -> join")
                                .connect("outer.false -> join")),
                IsEmpty());
}

TEST(MustSets, ForgetWhatARejoinedBranchHasNotInCommon) {
    EXPECT_THAT(problems_of(started()
                                .node("if", "test.if", yes)
                                .node("mid", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> if")
                                .connect("if.true -> mid")
                                .connect("if.false -> mid -> join")
                                .connect("if.false -> join")),
                ElementsAre("ambiguous_fan_in /connections/4"));
}

TEST(MustSets, RefuseBranchesOfDifferentDecisions) {
    EXPECT_THAT(problems_of(started()
                                .node("one", "test.if", yes)
                                .node("two", "test.if", yes)
                                .node("join", "test.pass")
                                .connect("start -> one")
                                .connect("start -> two")
                                .connect("one.true -> join")
                                .connect("two.false -> join")),
                ElementsAre("ambiguous_fan_in /connections/3"));
}

TEST(MustSets, LetEveryCaseOfASwitchRejoin) {
    EXPECT_THAT(problems_of(started()
                                .node("switch", "test.switch", R"({"pick": "a"})")
                                .node("join", "test.pass")
                                .connect("start -> switch")
                                .connect("switch.a -> join")
                                .connect("switch.b -> join")
                                .connect("switch.c -> join")
                                .connect("switch.error -> join")),
                IsEmpty());
}

TEST(MustSets, LetOutAndErrorOfANodeRejoin) {
    EXPECT_THAT(problems_of(started()
                                .node("call", "test.effect")
                                .node("mend", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> call -> join")
                                .connect("call.error -> mend -> join")),
                IsEmpty());
}

TEST(MustSets, LetTriggersMeetBecauseOnlyOneStarts) {
    EXPECT_THAT(problems_of(started()
                                .node("other", "trigger.other")
                                .node("a", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> a -> join")
                                .connect("other -> join")),
                IsEmpty());
}

TEST(MustSets, NeverCountFilters) {
    EXPECT_THAT(problems_of(started()
                                .node("a", "test.pass")
                                .node("b", "test.pass")
                                .node("join", "test.pass")
                                .connect("start -> a -> join")
                                .filter("value == 1")
                                .connect("start -> b -> join")
                                .filter("value != 1")),
                ElementsAre("ambiguous_fan_in /connections/3"));
}

TEST(MustSets, TakeNothingFromOptionalPorts) {
    // `extra` runs also when `if` said false; only its port `more` is dead then.
    EXPECT_THAT(problems_of(started()
                                .node("if", "test.if", yes)
                                .node("extra", "test.extra")
                                .node("join", "test.pass")
                                .connect("start -> if")
                                .connect("start -> extra -> join")
                                .connect("if.true -> extra.more")
                                .connect("if.false -> join")),
                ElementsAre("ambiguous_fan_in /connections/4"));
}

TEST(MustSets, UniteWhatSeveralRequiredPortsNeed) {
    EXPECT_THAT(problems_of(started()
                                .node("if", "test.if", yes)
                                .node("pair", "test.pair")
                                .node("join", "test.pass")
                                .connect("start -> if")
                                .connect("start -> pair.left")
                                .connect("if.true -> pair.right")
                                .connect("pair -> join")
                                .connect("if.false -> join")),
                IsEmpty());
}

TEST(MustSets, LetManyPortsTakeAll) {
    EXPECT_THAT(problems_of(started()
                                .node("a", "test.pass")
                                .node("merge", "test.merge")
                                .connect("start -> a -> merge")
                                .connect("start -> merge")),
                IsEmpty());
}

TEST(MustSets, WarnOfANodeThatNeedsBothBranches) {
    const CompileResult result = started()
                                     .node("if", "test.if", yes)
                                     .node("pair", "test.pair")
                                     .connect("start -> if")
                                     .connect("if.true -> pair.left")
                                     .connect("if.false -> pair.right")
                                     .compile();
    EXPECT_NE(result.plan, nullptr);
    EXPECT_THAT(places(result.warnings), ElementsAre("bad_value /nodes/2"));
}

}  // namespace
}  // namespace millrace::engine
