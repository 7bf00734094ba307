// SPDX-License-Identifier: Apache-2.0
#include "must_sets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

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

// --- the search for conflicts

/// A document with its sets; all of it must be right but what inputs get.
struct Sets {
    explicit Sets(const core::Document& document)
        : library{test_library()}, draft{document, *library} {
        resolve_nodes(draft);
        resolve_connections(draft);
        resolve_failures(draft);
        graph.emplace(make_graph(draft));
        must.emplace(draft, *graph);
    }

    std::optional<MustSets::Pair> by_definition(MustSets::Links links) const {
        for (std::size_t b = 1; b < links.size(); ++b) {
            for (std::size_t a = 0; a < b; ++a) {
                if (!must->are_exclusive(links[a], links[b])) return std::pair{links[a], links[b]};
            }
        }
        return std::nullopt;
    }
    std::optional<MustSets::Pair> by_search(MustSets::Links links) const {
        std::uint64_t work = std::numeric_limits<std::uint64_t>::max();
        return must->conflict(links, work).conflict;
    }

    std::shared_ptr<const NodeLibrary> library;
    Draft draft;
    std::optional<CompileGraph> graph;
    std::optional<MustSets> must;
};

/// Nodes of many kinds, each with connections from any nodes before it.
core::Document any_graph() {
    struct Type {
        std::string name;
        std::vector<std::string> inputs;
        std::vector<std::string> outputs;
    };
    static const std::vector<Type> types{{"test.if", {"in"}, {"true", "false", "error"}},
                                         {"test.if", {"in"}, {"true", "false"}},
                                         {"test.switch", {"in"}, {"a", "b", "c"}},
                                         {"test.effect", {"in"}, {"out", "error"}},
                                         {"test.pair", {"left", "right"}, {"out"}},
                                         {"test.extra", {"in", "more"}, {"out"}},
                                         {"test.pass", {"in"}, {"out"}}};
    PlanBuilder builder;
    builder.node("n0", "trigger.manual").node("n1", "trigger.other");
    std::vector<std::string> outputs{"n0.out", "n1.out"};
    const int count = *rc::gen::inRange(1, 14);
    for (int i = 2; i < count + 2; ++i) {
        const Type type = *rc::gen::elementOf(types);
        const std::string id = "n" + std::to_string(i);
        builder.node(id, type.name, type.name == "test.if" ? yes : "{}");
        for (const std::string& input : type.inputs) {
            const int links = *rc::gen::weightedElement<int>({{6, 1}, {2, 2}, {1, 3}});
            for (int link = 0; link < links; ++link)
                builder.connect(*rc::gen::elementOf(outputs) + " -> " + id + "." + input);
        }
        for (const std::string& output : type.outputs)
            outputs.push_back(id + "." + output);
    }
    return builder.document();
}

RC_GTEST_PROP(Conflicts, AreThoseOfTheDefinition, ()) {
    const core::Document document = any_graph();
    const Sets sets{document};
    std::vector<core::ConnectionIndex> some;
    std::vector<core::ConnectionIndex> exclusive;
    for (std::uint32_t i = 0; i < document.connections.size(); ++i) {
        const core::ConnectionIndex link{i};
        if (!sets.draft[link].from_port) continue;
        if (*rc::gen::arbitrary<bool>()) some.push_back(link);
        const auto fits = [&](core::ConnectionIndex other) {
            return sets.must->are_exclusive(other, link);
        };
        if (std::ranges::all_of(exclusive, fits)) exclusive.push_back(link);
    }
    RC_ASSERT(sets.by_search(some) == sets.by_definition(some));
    RC_ASSERT(sets.by_search(exclusive) == std::nullopt);
    for (const core::ConnectionIndex link : some) {
        std::vector<core::ConnectionIndex> one_more = exclusive;
        if (std::ranges::find(one_more, link) != one_more.end()) continue;
        one_more.insert(std::ranges::lower_bound(one_more, link), link);
        RC_ASSERT(sets.by_search(one_more) == sets.by_definition(one_more));
    }
}

/// Decisions in a row, the last first in the document; whichever says true leads to `t`.
PlanBuilder decisions_in_a_row(int count) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("t", "test.pass");
    for (int i = count - 1; i >= 0; --i)
        builder.node("i" + std::to_string(i), "test.if", yes);
    builder.connect("start -> i0");
    for (int i = 0; i < count; ++i) {
        const std::string id = "i" + std::to_string(i);
        builder.connect(id + ".true -> t");
        if (i + 1 < count) builder.connect(id + ".false -> i" + std::to_string(i + 1));
    }
    return builder;
}

std::vector<core::ConnectionIndex> links_to(const Sets& sets, std::string_view node) {
    return sets.draft[*sets.draft.find(node)].inputs[0];
}

TEST(Conflicts, AreLookedForQuicklyAmongDecisionsInARow) {
    PlanBuilder builder = decisions_in_a_row(9'990);
    EXPECT_THAT(problems_of(builder), IsEmpty());
    const Sets sets{builder.document()};
    std::uint64_t work = 50'000'000;
    const MustSets::Search found = sets.must->conflict(links_to(sets, "t"), work);
    EXPECT_FALSE(found.conflict);
    EXPECT_FALSE(found.is_cut_short);
}

TEST(Conflicts, AreLookedForQuicklyWhereOtherChoicesAreInTheWay) {
    // What leads to `t` waits for a decision of its own besides those in a row.
    constexpr int count = 1'000;
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("t", "test.pass");
    for (int i = 0; i < count; ++i)
        builder.node("x" + std::to_string(i), "test.if", yes);
    for (int i = 0; i < count; ++i) {
        const std::string n = std::to_string(i);
        builder.node("i" + n, "test.if", yes).node("p" + n, "test.pair").node("q" + n, "test.pass");
        builder.connect("start -> x" + n).connect("x" + n + ".false -> q" + n);
        builder.connect(i == 0 ? "start -> i0" : "i" + std::to_string(i - 1) + ".false -> i" + n);
        builder.connect("x" + n + ".true -> p" + n + ".left");
        builder.connect("i" + n + ".true -> p" + n + ".right").connect("p" + n + " -> t");
    }
    const Sets sets{builder.document()};
    std::uint64_t work = 50'000'000;
    const MustSets::Search found = sets.must->conflict(links_to(sets, "t"), work);
    EXPECT_FALSE(found.conflict);
    EXPECT_FALSE(found.is_cut_short);
}

TEST(Conflicts, AreFoundAmongManyConnections) {
    PlanBuilder builder = decisions_in_a_row(5'000);
    builder.connect("start -> t");
    const CompileResult result = builder.compile();
    EXPECT_THAT(places(result.problems), ElementsAre("ambiguous_fan_in /connections/10000"));
    EXPECT_THAT(result.problems[0].message, HasSubstr("both `i0.true` and `start.out`"));
}

TEST(Conflicts, AreNotLookedForWithoutEnd) {
    PlanBuilder builder = decisions_in_a_row(50);
    const Sets sets{builder.document()};
    std::uint64_t work = 20;
    const MustSets::Search found = sets.must->conflict(links_to(sets, "t"), work);
    EXPECT_FALSE(found.conflict);
    EXPECT_TRUE(found.is_cut_short);
    EXPECT_EQ(work, 0u);
}

TEST(Conflicts, AreNoneWhenEachPairHasAChoiceOfItsOwn) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("t", "test.pass");
    for (const std::string name : {"d01", "d02", "d12"})
        builder.node(name, "test.if", yes).connect("start -> " + name);
    for (const std::string name : {"p0", "p1", "p2"})
        builder.node(name, "test.pair");
    builder.connect("d01.true -> p0.left").connect("d01.false -> p1.left");
    builder.connect("d02.true -> p0.right").connect("d02.false -> p2.left");
    builder.connect("d12.true -> p1.right").connect("d12.false -> p2.right");
    builder.connect("p0 -> t").connect("p1 -> t").connect("p2 -> t");
    EXPECT_THAT(problems_of(builder), IsEmpty());
}

}  // namespace
}  // namespace millrace::engine
