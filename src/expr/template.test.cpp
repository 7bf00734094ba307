// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

using core::Value;
using testing::ElementsAre;
using testing::HasSubstr;

Value roots() {
    return json(R"({"inputs": {"name": "Ada", "n": 1.5, "big": 9007199254740993, "list": [1, "x"],
                               "obj": {"k": null}, "nul": null, "yes": true}})");
}

TEST(TextTemplate, WritesEachKindAsItSaysItself) {
    EXPECT_EQ(rendered("Hello, {{ inputs.name }}!", roots()), R"("Hello, Ada!")");
    EXPECT_EQ(rendered("{{inputs.n}}/{{inputs.big}}/{{inputs.yes}}", roots()),
              R"("1.5/9007199254740993/true")");
    EXPECT_EQ(rendered("a {{ inputs.list }} {{ inputs.obj }}", roots()),
              R"("a [1,\"x\"] {\"k\":null}")");
    EXPECT_EQ(rendered("<{{ inputs.nul }}{{ inputs.missing }}>", roots()), R"("<>")");
    EXPECT_EQ(rendered("{{ 1e21 }} {{ -0 }} {{ NaN }}", roots()), R"("1e+21 0 NaN")");
}

TEST(TextTemplate, KeepsTheTypeOfAWholeOne) {
    EXPECT_EQ(rendered("{{ inputs.list }}", roots()), R"([1,"x"])");
    EXPECT_EQ(rendered("{{inputs.n}}", roots()), "1.5");
    EXPECT_EQ(rendered(" {{inputs.n}}", roots()), R"(" 1.5")");
    EXPECT_EQ(rendered("{{ inputs.missing }}", roots()), "null");
}

TEST(TextTemplate, EndsWhereTheLexerSaysSo) {
    EXPECT_EQ(rendered("{{ {a:{b:1}}.a.b }}"), "1");
    EXPECT_EQ(rendered("{{{a:{b:1}}}}"), R"({"a":{"b":1}})");
    EXPECT_EQ(rendered("x{{ '}}' + \"}}\" }}y"), R"("x}}}}y")");
    EXPECT_EQ(rendered("{{ `}}${ {a: '}'}.a }` }} b"), R"("}}} b")");
    EXPECT_EQ(rendered("{{ 1 /* }} */ }}"), "1");
}

TEST(TextTemplate, TakesEscapedBracesLiterally) {
    EXPECT_EQ(rendered("a \\{{ b }} {{ 1 }}"), R"("a {{ b }} 1")");
    EXPECT_EQ(rendered("\\{{"), R"("{{")");
    EXPECT_EQ(rendered("\\\\{{ 1 }}"), R"("\\{{ 1 }}")");
    EXPECT_EQ(rendered("{ {a} }"), R"("{ {a} }")");
}

TEST(TextTemplate, JoinsHalvesOfSurrogatePairs) {
    EXPECT_EQ(rendered("{{ '\\ud83d' }}{{ '\\ude00' }}"), "\"😀\"");
    EXPECT_EQ(rendered("{{ '\\ud83d' }}-"), "\"\uFFFD-\"");
}

TEST(TreeTemplate, LeavesUndefinedFieldsOut) {
    EXPECT_EQ(rendered(json(R"({"a": "{{ inputs.missing }}", "b": ["{{ inputs.missing }}", 1],
                               "c": {"d": "{{ inputs.n }}"}})"),
                       roots()),
              R"({"b":[null,1],"c":{"d":1.5}})");
}

TEST(TreeTemplate, SharesConstantParts) {
    const Value tree = json(R"({"fixed": {"a": [1, 2]}, "moving": "{{ inputs }}"})");
    const auto compiled = Template::compile(tree, RootSet::all());
    ASSERT_TRUE(compiled);
    Fuel fuel;
    const std::vector<Operand> values{{Value{1}}};
    const auto first = compiled->evaluate(values, fuel);
    const auto second = compiled->evaluate(values, fuel);
    EXPECT_EQ(first->find("fixed")->as_object().data(), second->find("fixed")->as_object().data());
}

TEST(TreeTemplate, ReadsFieldsAsTheyAreDeclared) {
    const std::vector<core::DataField> fields{{"condition", core::FieldMode::expression},
                                              {"raw", core::FieldMode::literal}};
    const auto compiled = Template::compile(
        json(R"({"condition": "inputs > 1", "raw": "{{ x", "text": "{{ inputs }}"})"),
        RootSet::all(), fields);
    ASSERT_TRUE(compiled);
    Fuel fuel;
    EXPECT_EQ(*compiled->evaluate(std::vector<Operand>{{Value{2}}}, fuel),
              json(R"({"condition": true, "raw": "{{ x", "text": 2})"));
    EXPECT_THAT(compiled->references(), ElementsAre(Reference{Root::inputs, "", ""}));
}

TEST(TreeTemplate, TakesAnExpressionFieldInBraces) {
    const std::vector<core::DataField> fields{{"condition", core::FieldMode::expression}};
    const auto compiled =
        Template::compile(json(R"({"condition": " {{ 1 < 2 }}\n"})"), RootSet::all(), fields);
    ASSERT_TRUE(compiled);
    EXPECT_TRUE(compiled->is_constant());
    Fuel fuel;
    EXPECT_EQ(*compiled->evaluate({}, fuel), json(R"({"condition": true})"));
}

TEST(TreeTemplate, ReportsEveryBadStringWithItsPlace) {
    const auto compiled = Template::compile(
        json(R"({"a": "x {{ 1 + }}", "b": ["ok", "{{ foo }}"], "c/d": "{{ inputs.pop(1) }}",
                 "e": "{{ 1"})"),
        RootSet::all());
    ASSERT_FALSE(compiled);
    const std::vector<TemplateError>& errors = compiled.error();
    ASSERT_EQ(errors.size(), 4u);
    EXPECT_EQ(errors[0].pointer, "/a");
    EXPECT_EQ(errors[0].message, "column 10: the expression ends where more must follow");
    EXPECT_EQ(errors[1].pointer, "/b/1");
    EXPECT_EQ(errors[1].code, ExprErrc::unknown_name);
    EXPECT_EQ(errors[2].pointer, "/c~1d");
    EXPECT_EQ(errors[2].code, ExprErrc::not_native);
    EXPECT_EQ(errors[3].message,
              "column 1: \"{{\" is never closed; add \"}}\", or write \"\\{{\" for two literal "
              "braces");
}

TEST(TreeTemplate, SaysWhichStringFailed) {
    const auto compiled =
        Template::compile(json(R"({"a": {"b": "x {{ inputs.c.d }}"}})"), RootSet::all());
    ASSERT_TRUE(compiled);
    Fuel fuel;
    const auto result = compiled->evaluate(std::vector<Operand>{{json("{}")}}, fuel);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "undefined_property");
    EXPECT_EQ(result.error().details, json(R"({"pointer": "/a/b"})"));
    EXPECT_THAT(result.error().message, HasSubstr("`inputs.c` is undefined"));
}

TEST(TreeTemplate, EvaluatesAResultOnlyOnce) {
    EXPECT_EQ(rendered("{{ inputs }}", json(R"({"inputs": "{{ 1 }}"})")), R"("{{ 1 }}")");
}

}  // namespace

}  // namespace millrace::expr
