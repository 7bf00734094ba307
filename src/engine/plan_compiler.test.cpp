// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;

TEST(Compile, RefusesInputsThatAreNoSchema) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").inputs("[1]");
    EXPECT_THAT(places(builder.compile().problems), ElementsAre("schema /inputs"));
}

TEST(Compile, ReportsProblemsOfAllPassesAtOnce) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("odd", "test.odd")
        .node("n", "test.pass", R"({"a": "{{ nope }}"})")
        .connect("start -> n")
        .connect("n -> gone");
    EXPECT_THAT(places(builder.compile().problems),
                ElementsAre("unknown_type /nodes/1/type", "unknown_node /connections/1/to",
                            "bad_expression /nodes/2/data/a"));
}

TEST(Compile, TakesAsManyNodesAsADocumentMayHold) {
    PlanBuilder builder;
    builder.node("n0", "trigger.manual");
    constexpr int count = 10'000;
    for (int i = 1; i < count; ++i) {
        const std::string id = "n" + std::to_string(i);
        const std::string before = "n" + std::to_string(i - 1);
        builder.node(id, "test.if", R"({"condition": "nodes.n0.out.x > 1"})");
        builder.connect(before + (i == 1 ? "" : ".true") + " -> " + id);
    }
    const auto plan = builder.plan();
    EXPECT_EQ(plan->shape().critical_path.size(), static_cast<std::size_t>(count));
}

TEST(Compile, TellsAThousandProblemsAndThatThereAreMore) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual");
    for (int i = 0; i < 3'000; ++i) {
        const std::string id = "n" + std::to_string(i);
        builder.node(id, "test.pass", R"({"a": "{{ vars.mispelt }}"})").connect("start -> " + id);
    }
    const core::Problems problems = builder.compile().problems;
    ASSERT_EQ(problems.size(), 1'001u);
    EXPECT_EQ(problems[999].path, "/nodes/1000/data/a");
    EXPECT_EQ(problems[1'000].code, core::ProblemCode::limit);
}

TEST(Compile, FindsItsVariablesAmongMany) {
    constexpr int count = 30'000;
    PlanBuilder builder;
    std::string text;
    for (int i = 0; i < count; ++i) {
        const std::string name = "some_variable_" + std::to_string(i);
        builder.variable(name, i);
        text += "{{ vars." + name + " }}";
    }
    builder.node("start", "trigger.manual");
    builder.node("n", "test.pass", R"({"a": ")" + text + R"("})").connect("start -> n");
    const auto plan = builder.plan();
    EXPECT_EQ(plan->nodes()[1].data.slots.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(plan->nodes()[1].data.slots.back().index, count - 1u);
}

TEST(Compile, SearchesOnlySoOftenForWhatWasMeant) {
    PlanBuilder builder;
    for (int i = 0; i < 2'000; ++i)
        builder.variable("some_variable_" + std::to_string(i), i);
    builder.node("start", "trigger.manual");
    for (int i = 0; i < 900; ++i) {
        const std::string id = "n" + std::to_string(i);
        builder.node(id, "test.pass", R"({"a": "{{ vars.sum_variable_)" + id + R"( }}"})");
        builder.connect("start -> " + id);
    }
    const core::Problems problems = builder.compile().problems;
    ASSERT_EQ(problems.size(), 900u);
    EXPECT_NE(problems.front().suggestion, "");
    EXPECT_EQ(problems.back().suggestion, "");
}

TEST(Compile, TakesLongChainsOfFallbacksWithManyConnections) {
    constexpr int count = 4'900;
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("call", "test.effect").fallback("f0");
    builder.connect("start -> call");
    for (int i = 0; i < count; ++i) {
        builder.node("f" + std::to_string(i), "test.effect");
        if (i + 1 < count) builder.fallback("f" + std::to_string(i + 1));
    }
    for (int i = 0; i < count; ++i) {
        const std::string id = "n" + std::to_string(i);
        builder.node(id, "test.pass", R"({"a": "{{ nodes.f7.out }}{{ nodes.call.out }}"})");
        builder.connect("call -> " + id).filter("nodes.f4000.out == null");
    }
    const auto plan = builder.plan();
    EXPECT_EQ(plan->shape().groups.size(), count + 3u);
    EXPECT_EQ(plan->shape().groups.back().size(), static_cast<std::size_t>(count));
}

/// A document of random types and connections, most of them wrong somewhere.
core::Document any_document() {
    static const std::vector<std::string> types{"trigger.manual", "trigger.other", "test.pass",
                                                "test.if",        "test.switch",   "test.effect",
                                                "test.merge",     "test.pair",     "test.extra",
                                                "test.number",    "test.text",     "test.odd"};
    static const std::vector<std::string> from_ports{"out", "true", "false", "a", "error"};
    static const std::vector<std::string> to_ports{"in", "in", "left", "right", "more"};
    const int count = *rc::gen::inRange(1, 12);
    PlanBuilder builder;
    for (int i = 0; i < count; ++i) {
        builder.node("n" + std::to_string(i), *rc::gen::elementOf(types));
        if (*rc::gen::inRange(0, 4) == 0)
            builder.fallback("n" + std::to_string(*rc::gen::inRange(0, count)));
        const std::string reads = std::to_string(*rc::gen::inRange(0, count));
        builder.last_node().data =
            core::Value::object({{"condition", "true"}, {"x", "{{ nodes.n" + reads + ".out }}"}});
    }
    const int links = *rc::gen::inRange(0, 2 * count);
    for (int i = 0; i < links; ++i) {
        builder.connect("n" + std::to_string(*rc::gen::inRange(0, count)) + "." +
                        *rc::gen::elementOf(from_ports) + " -> n" +
                        std::to_string(*rc::gen::inRange(0, count)) + "." +
                        *rc::gen::elementOf(to_ports));
    }
    return builder.document();
}

RC_GTEST_PROP(Compile, GivesEitherAPlanOrProblemsAndTheSameTwice, ()) {
    const core::Document document = any_document();
    const CompileResult once = compile_test(document);
    const CompileResult twice = compile_test(document);
    RC_ASSERT((once.plan == nullptr) == !once.problems.empty());
    RC_ASSERT(places(once.problems) == places(twice.problems));
}

/// A document that is right by construction: connections lead forward, into ports that take many.
core::Document any_dag() {
    const int count = *rc::gen::inRange(1, 30);
    PlanBuilder builder;
    builder.node("n0", "trigger.manual");
    for (int i = 1; i < count; ++i) {
        const std::string id = "n" + std::to_string(i);
        const auto sources = *rc::gen::container<std::set<int>>(
            *rc::gen::inRange<std::size_t>(1, 2), rc::gen::inRange(0, i));
        const std::string read = std::to_string(*sources.begin());
        builder.node(id, "test.merge", R"({"x": "{{ nodes.n)" + read + R"(.out }}"})");
        for (const int source : sources)
            builder.connect("n" + std::to_string(source) + " -> " + id);
    }
    return builder.document();
}

RC_GTEST_PROP(Compile, OrdersEveryRightDocumentSourcesFirst, ()) {
    const CompileResult result = compile_test(any_dag());
    RC_ASSERT(result.plan != nullptr);
    const PlanShape& shape = result.plan->shape();
    RC_ASSERT(shape.order.size() == result.plan->nodes().size());
    std::vector<std::size_t> place(shape.order.size());
    for (std::size_t i = 0; i < shape.order.size(); ++i)
        place[shape.order[i].value] = i;
    for (const PlanConnection& connection : result.plan->connections())
        RC_ASSERT(place[connection.from.value] < place[connection.to.value]);
    RC_ASSERT(shape.critical_path.size() == shape.groups.size());
}

}  // namespace
}  // namespace millrace::engine
