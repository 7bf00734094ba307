// SPDX-License-Identifier: Apache-2.0
#include "compile_expressions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Kind = SlotSource::Kind;

/// start -> first -> n, and `aside` that does not lead to n; n, added last, has `data`.
PlanBuilder reading(std::string_view data) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("first", "test.pass")
        .node("aside", "test.pass")
        .node("n", "test.set", data)
        .connect("start -> first -> n")
        .connect("start -> aside")
        .variable("limit", 5);
    return builder;
}

core::Problem only_problem(const PlanBuilder& builder) {
    const core::Problems problems = builder.compile().problems;
    EXPECT_EQ(problems.size(), 1u);
    return problems.empty() ? core::Problem{} : problems.front();
}

TEST(CompileExpressions, BindEveryReferenceToItsSource) {
    const auto plan = reading(R"({"value": ["{{ inputs }}", "{{ vars.limit }}", "{{ vars }}",
        "{{ nodes.first.out }}", "{{ input }}", "{{ ports.in }}", "{{ execution.id }}",
        "{{ now() }}", "{{ trigger.data }}"]})")
                          .plan();
    const BoundTemplate& data = plan->node(index_of(*plan, "n")).data;
    ASSERT_EQ(data.slots.size(), data.code.references().size());
    std::vector<Kind> kinds;
    for (const SlotSource& slot : data.slots)
        kinds.push_back(slot.kind);
    EXPECT_THAT(kinds, ElementsAre(Kind::inputs, Kind::variable, Kind::all_vars, Kind::node_output,
                                   Kind::input_port, Kind::input_port, Kind::execution, Kind::now,
                                   Kind::trigger));
    EXPECT_EQ(data.slots[3].node, index_of(*plan, "first"));
}

TEST(CompileExpressions, GiveTheStringAndTheColumn) {
    const core::Problem problem =
        only_problem(reading(R"({"value": {"a": ["x", "see {{ nodes.aside.out }}"]}})"));
    EXPECT_EQ(problem.code, core::ProblemCode::bad_expression);
    EXPECT_EQ(problem.path, "/nodes/3/data/value/a/1");
    EXPECT_THAT(problem.message, StartsWith("column 8: `aside` does not lead to `n`"));
}

TEST(CompileExpressions, ReportEveryBadStringInOneGo) {
    const CompileResult result =
        reading(R"({"value": "{{ 1 + }}", "b": "{{ nodes.frist.out }}", "c": "{{ vars.limt }}"})")
            .compile();
    EXPECT_THAT(places(result.problems),
                ElementsAre("bad_expression /nodes/3/data/value", "bad_expression /nodes/3/data/b",
                            "bad_expression /nodes/3/data/c"));
    EXPECT_EQ(result.problems[1].suggestion, "nodes.first.out");
    EXPECT_EQ(result.problems[2].suggestion, "vars.limit");
}

TEST(CompileExpressions, ListThePortsOfTheNodeThatIsRead) {
    const core::Problem problem = only_problem(reading(R"({"value": "{{ nodes.first.ou }}"})"));
    EXPECT_THAT(problem.message, HasSubstr("there is `out` and `error`"));
    EXPECT_EQ(problem.suggestion, "nodes.first.out");
}

TEST(CompileExpressions, ExplainNamesThatExistElsewhere) {
    const auto message = [](std::string_view data) { return only_problem(reading(data)).message; };
    EXPECT_THAT(message(R"({"value": "{{ item }}"})"), HasSubstr("only inside loops"));
    EXPECT_THAT(message(R"({"value": "{{ error.code }}"})"), HasSubstr("as a fallback"));
    EXPECT_THAT(message(R"({"value": "{{ value }}"})"), HasSubstr("of a connection"));
    EXPECT_THAT(message(R"({"value": "{{ nodes.n.out }}"})"), HasSubstr("its own output"));
    EXPECT_THAT(message(R"({"value": "{{ ports.right }}"})"), HasSubstr("there is `in`"));
}

TEST(CompileExpressions, TakeSecretsOnlyInFieldsThatGoOutside) {
    const auto sending = [](std::string_view data) {
        PlanBuilder builder;
        builder.node("start", "trigger.manual").node("send", "test.send", data);
        return builder.connect("start -> send").compile();
    };
    EXPECT_THAT(only_problem(reading(R"({"value": "{{ secrets.key }}"})")).message,
                HasSubstr("only in fields that go to the outside, and `test.set` has none"));
    EXPECT_THAT(sending(R"({"url": "x", "note": "{{ secrets.key }}"})").problems.at(0).message,
                HasSubstr("to the outside: of `test.send` `url` and `body`"));
    const auto good = sending(R"({"url": "{{ secrets.host }}/{{ secrets.key }}",
                                  "body": "{{ `k=${secrets.key}` + (1 > 2 ? secrets.a : '') }}"})");
    EXPECT_THAT(good.problems, IsEmpty());
    EXPECT_THAT(good.plan->node({1}).secrets, ElementsAre("host", "key", "a"));
}

TEST(CompileExpressions, RefuseWhatLooksIntoASecret) {
    for (const std::string_view use :
         {"secrets.key == 'a'", "secrets.key.length", "[secrets.key]", "secrets.key ? 1 : 2",
          "secrets.key ?? 'x'", "-secrets.key", "{a: secrets.key}"}) {
        PlanBuilder builder;
        builder.node("start", "trigger.manual")
            .node("send", "test.send", R"({"url": "a {{ )" + std::string{use} + R"( }}"})");
        const core::Problem problem = only_problem(builder.connect("start -> send"));
        EXPECT_EQ(problem.path, "/nodes/1/data/url");
        EXPECT_THAT(problem.message, HasSubstr("a secret can only be put into a text")) << use;
    }
}

TEST(CompileExpressions, RefuseInputWhereThereIsNone) {
    const core::Problem problem =
        only_problem(PlanBuilder{}.node("start", "trigger.manual", R"({"a": "{{ input }}"})"));
    EXPECT_EQ(problem.path, "/nodes/0/data/a");
    EXPECT_THAT(problem.message, HasSubstr("has no inputs; the workflow's input is `inputs`"));
}

TEST(CompileExpressions, ReadExpressionFieldsBare) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual").node("if", "test.if", R"({"condition": "input.a > "})");
    builder.connect("start -> if");
    EXPECT_EQ(only_problem(builder).path, "/nodes/1/data/condition");
}

TEST(CompileExpressions, LeaveLiteralFieldsAlone) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("n", "test.checked", R"({"size": 1, "note": "{{ broken"})")
        .connect("start -> n");
    EXPECT_THAT(builder.compile().problems, IsEmpty());
}

TEST(CompileExpressions, LetConnectionsReadTheirSourceAndItsAncestors) {
    PlanBuilder builder = reading("{}");
    builder.last_connection().filter = "value.a && nodes.start.out && from.node == 'start'";
    builder.last_connection().transform = "{ a: value, b: to.port }";
    const auto plan = builder.plan();
    const PlanConnection& connection = plan->connections()[2];
    EXPECT_FALSE(connection.is_plain());
    EXPECT_EQ(connection.filter->slots[0].kind, Kind::value);
    EXPECT_EQ(connection.transform->slots[1].kind, Kind::to);
}

TEST(CompileExpressions, RefuseConnectionsThatReadWhatIsNotUpstream) {
    PlanBuilder builder = reading("{}");
    builder.last_connection().filter = "nodes.first.out";
    builder.last_connection().transform = "input.x";
    const CompileResult result = builder.compile();
    EXPECT_THAT(places(result.problems), ElementsAre("bad_expression /connections/2/filter",
                                                     "bad_expression /connections/2/transform"));
    EXPECT_THAT(result.problems[0].message, StartsWith("column 1: `first` does not lead"));
    EXPECT_THAT(result.problems[1].message, HasSubstr("`value` is what passes there"));
}

TEST(CompileExpressions, LetOutputsReadEveryNode) {
    const auto plan = reading("{}").outputs(R"({"a": "{{ nodes.aside.out }}"})").plan();
    ASSERT_TRUE(plan->outputs().has_value());
    EXPECT_EQ(plan->outputs()->slots[0].node, index_of(*plan, "aside"));
    EXPECT_EQ(only_problem(reading("{}").outputs(R"({"a": "{{ nodes.asid.out }}"})")).path,
              "/outputs/a");
}

PlanBuilder falling_back(std::string_view fallback_data, std::string_view after_data) {
    PlanBuilder builder;
    builder.node("start", "trigger.manual")
        .node("call", "test.effect")
        .fallback("spare")
        .node("spare", "test.set", fallback_data)
        .node("after", "test.set", after_data)
        .connect("start -> call -> after");
    return builder;
}

TEST(CompileExpressions, GiveFallbacksTheErrorAndTheFailedNodesAncestors) {
    const auto plan =
        falling_back(R"({"value": ["{{ error.code }}", "{{ input }}", "{{ nodes.start.out }}"]})",
                     R"({"value": "{{ nodes.spare.out ?? nodes.call.out }}"})")
            .plan();
    const BoundTemplate& data = plan->node(index_of(*plan, "spare")).data;
    EXPECT_EQ(data.slots[0].kind, Kind::error);
    EXPECT_EQ(data.slots[1].kind, Kind::input_port);
    EXPECT_EQ(data.slots[2].kind, Kind::node_output);
}

TEST(CompileExpressions, RefuseFallbacksThatReadWhatFailed) {
    EXPECT_THAT(only_problem(falling_back(R"({"value": "{{ nodes.call.out }}"})", "{}")).message,
                HasSubstr("read `error` and `input` instead"));
    EXPECT_THAT(only_problem(falling_back(R"({"value": "{{ nodes.after.out }}"})", "{}")).message,
                HasSubstr("does not lead to"));
}

}  // namespace
}  // namespace millrace::engine
