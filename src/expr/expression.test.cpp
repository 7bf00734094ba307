// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/expression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Case {
    std::string source;
    std::string result;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.source;
}

core::Value roots() {
    return json(R"({
        "inputs": {"n": 7, "text": "a😀b", "list": [1, [2, 3], null], "obj": {"k": "v"},
                   "big": 9007199254740993, "min": -9223372036854775808, "items": ["x", "y"]},
        "vars": {"threshold": 5, "name": "ada"},
        "nodes": {"a": {"out": {"body": [10, 20]}}},
        "ports": {"right": 4},
        "now": 1700000000000,
        "value": {"toString": 1, "__proto__": 2}})");
}

class Results : public testing::TestWithParam<Case> {};

TEST_P(Results, AreThoseOfJavaScript) {
    EXPECT_EQ(result_of(GetParam().source, roots()), GetParam().result)
        << message_of(GetParam().source, roots());
}

INSTANTIATE_TEST_SUITE_P(
    Literals, Results,
    testing::Values(
        Case{"0x1F", "31"}, Case{"0b101", "5"}, Case{"0o17", "15"}, Case{"1_000", "1000"},
        Case{".5", "0.5"}, Case{"5.", "5"}, Case{"1e21", "1e+21"}, Case{"1e400", "Infinity"},
        Case{"1e-400", "0"}, Case{"-0", "-0"}, Case{"5n", "5"},
        Case{"9223372036854775807n", "9223372036854775807"},
        Case{"9007199254740993", "9007199254740992"}, Case{"0x20000000000001", "9007199254740992"},
        Case{"5E-324", "5e-324"}, Case{R"("\x41\u0042\u{43}\n")", R"("ABC\n")"},
        Case{R"('\ud83d\ude00')", "\"😀\""}, Case{R"('\ud83d')", "\"\uFFFD\""},
        Case{R"('a\
b')",
             "\"ab\""},
        Case{R"("\0")", R"("\u0000")"}, Case{"`a${1 + 1}b${'c'}`", "\"a2bc\""},
        Case{"`${`${1}`}`", "\"1\""}, Case{"[1, 2,]", "[1,2]"},
        Case{"{a: 1, 'b c': 2, [1 + 1]: 3, 0x10: 4}", R"({"2":3,"16":4,"a":1,"b c":2})"},
        Case{"{a: 1, b: undefined}", R"({"a":1})"}, Case{"{a: 1, a: 2}", R"({"a":2})"},
        Case{"{inputs}.inputs.n", "7"}, Case{"undefined", "undefined"}, Case{"NaN", "NaN"},
        Case{"-Infinity", "-Infinity"}, Case{"1 /* one */ + // two\n 2", "3"}));

INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Results,
    testing::Values(
        Case{"1 + 2 * 3", "7"}, Case{"(1 + 2) * 3", "9"}, Case{"7 % 3", "1"}, Case{"-7 % 3", "-1"},
        Case{"-4 % 2", "-0"}, Case{"5.5 % 2", "1.5"}, Case{"5 % 0", "NaN"},
        Case{"1 / 0", "Infinity"}, Case{"-1 / 0", "-Infinity"}, Case{"0 / 0", "NaN"},
        Case{"0.1 + 0.2", "0.30000000000000004"}, Case{"2 ** 10", "1024"}, Case{"2 ** -1", "0.5"},
        Case{"2 ** 3 ** 2", "512"}, Case{"(-2) ** 2", "4"}, Case{"2 ** -1074", "5e-324"},
        Case{"NaN ** 0", "1"}, Case{"1 ** Infinity", "NaN"}, Case{"(-1) ** -Infinity", "NaN"},
        Case{"(-8) ** (1 / 3)", "NaN"}, Case{"9 ** 0.5", "3"}, Case{"10 ** 308", "1e+308"},
        Case{"(-0) ** -1", "-Infinity"}, Case{"1 + '2'", R"("12")"}, Case{"'3' * '4'", "12"},
        Case{"'3' - 1", "2"}, Case{"1 + null", "1"}, Case{"1 + undefined", "NaN"},
        Case{"true + true", "2"}, Case{"[] + []", R"("")"}, Case{"[] + {}", R"("[object Object]")"},
        Case{"[1,2] + 3", R"("1,23")"}, Case{"[[1,[2]],null] + ''", R"("1,2,")"},
        Case{"+'0x1f'", "31"}, Case{"+' \\n12 '", "12"}, Case{"+''", "0"}, Case{"+'1_0'", "NaN"},
        Case{"+'-0x1'", "NaN"}, Case{"+'1e1000'", "Infinity"}, Case{"+[]", "0"}, Case{"+[5]", "5"},
        Case{"+{}", "NaN"}, Case{"+null", "0"}, Case{"-'5'", "-5"}, Case{"- -5", "5"},
        Case{"1 - -1", "2"}, Case{"'b' + 'a' + +'a' + 'a'", R"("baNaNa")"}));

INSTANTIATE_TEST_SUITE_P(
    BigInts, Results,
    testing::Values(
        Case{"5n + 3n", "8"}, Case{"7n / 2n", "3"}, Case{"-7n / 2n", "-3"}, Case{"-7n % 2n", "-1"},
        Case{"2n ** 62n", "4611686018427387904"}, Case{"2n ** 64n", "bigint_overflow"},
        Case{"(-1n) ** 1000000001n", "-1"}, Case{"2n ** -1n", "range_error"},
        Case{"1n / 0n", "range_error"}, Case{"1n + 1", "type_error"}, Case{"+5n", "type_error"},
        Case{"-5n", "-5"}, Case{"-inputs.min", "bigint_overflow"},
        Case{"inputs.min / -1n", "bigint_overflow"}, Case{"inputs.min % -1n", "0"},
        Case{"9223372036854775807n + 1n", "bigint_overflow"},
        Case{"inputs.big", "9007199254740993"}, Case{"inputs.big + 1n", "9007199254740994"},
        Case{"inputs.big + 1", "type_error"}, Case{"inputs.big == 9007199254740993", "false"},
        Case{"inputs.big == 9007199254740993n", "true"},
        Case{"inputs.big > 9007199254740992", "true"}, Case{"5n == 5", "true"},
        Case{"5n === 5", "false"}, Case{"5n == '5'", "true"}, Case{"5n == '5.0'", "false"},
        Case{"1n < 1.5", "true"}, Case{"2n > '0x1'", "true"},
        Case{"1n < '99999999999999999999'", "true"}, Case{"1n < NaN", "false"},
        Case{"1n < 'x'", "false"}, Case{"`${5n}`", R"("5")"}, Case{"5n + 'x'", R"("5x")"},
        Case{"1n == true", "true"}, Case{"!0n", "true"}, Case{"[1, 2][1n]", "2"},
        Case{"[5n].includes(5)", "false"}, Case{"[5n][0] === 5n", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Comparison, Results,
    testing::Values(
        Case{"'a' < 'b'", "true"}, Case{"'a' < 'B'", "false"}, Case{"'10' < '9'", "true"},
        Case{"'10' < 9", "false"}, Case{"'\\uff5a' > '😀'", "true"}, Case{"'\\ud83d' < '😀'", "true"},
        Case{"'\\ud83d\\uffff' > '😀'", "true"}, Case{"null >= 0", "true"},
        Case{"null > 0", "false"}, Case{"null == 0", "false"}, Case{"null == undefined", "true"},
        Case{"null === undefined", "false"}, Case{"undefined >= undefined", "false"},
        Case{"NaN == NaN", "false"}, Case{"NaN != NaN", "true"}, Case{"0 === -0", "true"},
        Case{"'1' == 1", "true"}, Case{"'1' === 1", "false"}, Case{"true == 1", "true"},
        Case{"true == 'true'", "false"}, Case{"[1] == 1", "true"}, Case{"[1,2] == '1,2'", "true"},
        Case{"{} == '[object Object]'", "true"}, Case{"[] == false", "true"},
        Case{"[] == ![]", "true"}, Case{"[] == []", "false"},
        Case{"inputs.obj === inputs.obj", "true"},
        Case{"inputs.list[1] == inputs['list'][1]", "true"},
        Case{"inputs.obj === {k: 'v'}", "false"}, Case{"{a: inputs.obj}.a === inputs.obj", "true"},
        Case{"vars.threshold === vars['thre' + 'shold']", "true"}, Case{"[2] > 1", "true"},
        Case{"[] < 1", "true"}, Case{"{} < 1", "false"}, Case{"value == 1", "type_error"}));

INSTANTIATE_TEST_SUITE_P(Logic, Results,
                         testing::Values(Case{"0 || 'x'", R"("x")"}, Case{"0 ?? 'x'", "0"},
                                         Case{"null ?? 'x'", R"("x")"}, Case{"'' && 1", R"("")"},
                                         Case{"1 && 2", "2"}, Case{"!''", "true"},
                                         Case{"!!'0'", "true"}, Case{"![]", "false"},
                                         Case{"!NaN", "true"}, Case{"false && null.x", "false"},
                                         Case{"true || null.x", "true"}, Case{"1 ?? null.x", "1"},
                                         Case{"(null ?? 1) || 2", "1"}, Case{"1 ? 2 : 3", "2"},
                                         Case{"0 ? 2 : 0 ? 3 : 4", "4"},
                                         Case{"true ? 1 : null.x", "1"},
                                         Case{"1 < 2 === true", "true"}, Case{"1 || 0 && 0", "1"},
                                         Case{"true?.5:1", "0.5"}));

INSTANTIATE_TEST_SUITE_P(
    Access, Results,
    testing::Values(
        Case{"inputs.text.length", "4"}, Case{"inputs.text[0]", R"("a")"},
        Case{"inputs.text[1]", "\"\uFFFD\""}, Case{"inputs.text[1] + inputs.text[2]", "\"😀\""},
        Case{"inputs.text[1] + inputs.text[2] === '😀'", "true"},
        Case{"inputs.text[4]", "undefined"}, Case{"inputs.text['01']", "undefined"},
        Case{"inputs.list.length", "3"}, Case{"inputs.list[1][0]", "2"},
        Case{"inputs.list['1']['1']", "3"}, Case{"inputs.list[-1]", "undefined"},
        Case{"inputs.list[1.5]", "undefined"}, Case{"inputs.list[-0]", "1"},
        Case{"inputs.list[3]", "undefined"}, Case{"inputs.n.x", "undefined"},
        Case{"inputs.missing", "undefined"}, Case{"inputs.missing.x", "undefined_property"},
        Case{"inputs.missing?.x.y.z", "undefined"},
        Case{"(inputs.missing?.x).y", "undefined_property"},
        Case{"inputs.missing?.[0][1]", "undefined"}, Case{"inputs.list[2].x", "undefined_property"},
        Case{"inputs.list[2]?.x", "undefined"}, Case{"inputs?.obj?.k", R"("v")"},
        Case{"inputs['o' + 'bj'][`k`]", R"("v")"}, Case{"nodes.a.out.body[1]", "20"},
        Case{"nodes['a'].out.body[0]", "10"}, Case{"nodes.a?.out?.body.length", "2"},
        Case{"vars[vars.name]", "undefined"}, Case{"vars['thresh' + 'old']", "5"},
        Case{"ports.right", "4"}, Case{"now()", "1700000000000"},
        Case{"inputs.obj['toS' + 'tring']", "not_native"},
        Case{"inputs.list['ma' + 'p']", "not_native"}, Case{"inputs.list.map", "not_native"},
        Case{"inputs.obj.map", "undefined"}, Case{"value.__proto__", "2"},
        Case{"inputs.__proto__", "not_native"}, Case{"[undefined][0]", "undefined"},
        Case{"{a: undefined}.a", "undefined"}));

INSTANTIATE_TEST_SUITE_P(
    Includes, Results,
    testing::Values(
        Case{"'abc'.includes('b')", "true"}, Case{"'abc'.includes('')", "true"},
        Case{"'abc'.includes('a', 1)", "false"}, Case{"'abc'.includes('c', -5)", "true"},
        Case{"'undefined'.includes()", "true"}, Case{"'a1'.includes(1)", "true"},
        Case{"inputs.text.includes('\\ude00')", "true"},
        Case{"inputs.text.includes('b', 2)", "true"}, Case{"inputs.text.includes('😀', 2)", "false"},
        Case{"[1, 2].includes(2)", "true"}, Case{"[1, 2].includes('2')", "false"},
        Case{"[NaN].includes(NaN)", "true"}, Case{"[undefined].includes()", "true"},
        Case{"[1, 2, 3].includes(1, 1)", "false"}, Case{"[1, 2, 3].includes(3, -1)", "true"},
        Case{"[[1]].includes([1])", "false"}, Case{"inputs.list.includes(inputs.list[1])", "true"},
        Case{"inputs.items.includes('y')", "true"},
        Case{"inputs.nothing?.includes(1)", "undefined"}, Case{"(5).includes(1)", "type_error"},
        Case{"inputs.obj.includes?.(1)", "undefined"},
        Case{"inputs.nothing.includes(1)", "undefined_property"}));

TEST(Expression, NamesWhatItReadsOnceAndInOrder) {
    const auto expression = Expression::compile(
        "nodes.charge.out.body + vars.a + nodes['charge'].out + now() + inputs.x + vars[inputs.y] "
        "+ "
        "ports.right",
        RootSet::all());
    ASSERT_TRUE(expression) << expression.error().message();
    EXPECT_THAT(expression->references(),
                ElementsAre(Reference{Root::nodes, "charge", "out"}, Reference{Root::vars, "a", ""},
                            Reference{Root::now, "", ""}, Reference{Root::inputs, "", ""},
                            Reference{Root::vars, "", ""}, Reference{Root::ports, "right", ""}));
}

TEST(Expression, KeepsItsSource) {
    const auto expression = Expression::compile(" {{ 1 + 2 }} ", {});
    ASSERT_TRUE(expression);
    EXPECT_EQ(expression->source(), " {{ 1 + 2 }} ");
    EXPECT_TRUE(expression->is_constant());
}

TEST(Expression, SharesConstantDataBetweenResults) {
    const auto expression = Expression::compile("inputs ? {a: [1, 2, 3]} : 0", RootSet::all());
    ASSERT_TRUE(expression);
    Fuel fuel;
    const std::vector<Operand> yes{{core::Value{true}}};
    const auto first = evaluate(*expression, yes, fuel);
    const auto second = evaluate(*expression, yes, fuel);
    EXPECT_EQ(first->value.as_object().data(), second->value.as_object().data());
}

TEST(Expression, SaysWhichPathIsUndefined) {
    EXPECT_EQ(message_of("inputs.customer.name", json(R"({"inputs": {}})")),
              "can't read `name` of undefined: `inputs.customer` is undefined; "
              "write `inputs.customer?.name` where it may be missing");
}

TEST(Expression, StopsWhenTheFuelIsUsedUp) {
    const auto expression = Expression::compile("inputs + inputs", RootSet::all());
    ASSERT_TRUE(expression);
    Fuel fuel{50};
    const auto result = evaluate(*expression, std::vector<Operand>{{std::string(40, 'x')}}, fuel);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "fuel_exhausted");
    EXPECT_EQ(result.error().error_class, core::ErrorClass::limit);
    EXPECT_EQ(fuel.left, 0u);
}

TEST(Expression, SpendsNothingMoreThanItNeeds) {
    const auto expression = Expression::compile("inputs.total > vars.threshold", RootSet::all());
    ASSERT_TRUE(expression);
    Fuel fuel{4};
    const std::vector<Operand> values{{json(R"({"total": 120})")}, {core::Value{100}}};
    EXPECT_EQ(evaluate(*expression, values, fuel)->value, core::Value{true});
    EXPECT_EQ(fuel.left, 0u);
}

TEST(Truth, IsJavaScripts) {
    EXPECT_FALSE(is_truthy({core::Value{}, true}));
    EXPECT_FALSE(is_truthy({core::Value{""}}));
    EXPECT_FALSE(is_truthy({core::Value{0}}));
    EXPECT_TRUE(is_truthy({core::Value{"0"}}));
    EXPECT_TRUE(is_truthy({core::Value::array({})}));
}

}  // namespace

}  // namespace millrace::expr
