// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

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
        "inputs": {"n": 7, "list": [3, 1, 2], "text": "a😀b", "nul": null,
                   "rows": [{"id": 1, "k": "x", "o": {"v": 2}}, {"id": 2, "k": "y", "o": {}}],
                   "keys": {"b": 1, "10": 2, "a": 3, "2": 4}},
        "vars": {"limit": 2}, "item": {"a": 4}, "index": 1})");
}

class Functions : public testing::TestWithParam<Case> {};

TEST_P(Functions, GiveWhatJavaScriptGives) {
    EXPECT_EQ(result_of(GetParam().source, roots()), GetParam().result)
        << message_of(GetParam().source, roots());
}

INSTANTIATE_TEST_SUITE_P(
    Scopes, Functions,
    testing::Values(
        Case{"(x => x + 1)(2)", "3"}, Case{"((a, b) => [b, a])(1)", "[null,1]"},
        Case{"(() => 5)(1, 2)", "5"}, Case{"((a, b = a + 1) => a + b)(1)", "3"},
        Case{"((a = 1) => a)(null)", "null"}, Case{"((a = 1) => a)(undefined)", "1"},
        Case{"((...all) => all)(1, 2)", "[1,2]"}, Case{"((a, ...[b, c]) => c)(1, 2, 3)", "3"},
        Case{"(x => y => x - y)(5)(3)", "2"}, Case{"(x => (x => x)(2) + x)(1)", "3"},
        Case{"(inputs => inputs)(1) + inputs.n", "8"}, Case{"(Math => Math)(1)", "1"},
        Case{"(undefined => undefined)(1)", "1"}, Case{"(a => ({a}))(1)", R"({"a":1})"},
        Case{"inputs.list.map(x => inputs.list.map(y => x * y))", "[[9,3,6],[3,1,2],[6,2,4]]"},
        Case{"(a => b => c => [a, b, c])(1)(2)(3)", "[1,2,3]"},
        Case{"[1, 2].map(x => () => x).map(f => f())", "[1,2]"},
        Case{"(f => [f === f, typeof f])(x => x)", R"([true,"function"])"},
        Case{"(f => f() === f())(() => [])", "false"}, Case{"(f => f(3))(f => f * 2)", "6"},
        Case{"((f, n) => f(f, n))((f, n) => n < 2 ? 1 : n * f(f, n - 1), 10)", "3628800"},
        Case{"(a => a)?.(1)", "1"}, Case{"inputs.nul?.(1)", "undefined"},
        Case{"inputs.nul?.(1).x.y", "undefined"}, Case{"[x => x][0](4)", "4"},
        Case{"item.a * 2 + index", "9"}));

INSTANTIATE_TEST_SUITE_P(
    Patterns, Functions,
    testing::Values(
        Case{"inputs.rows.map(({id, k: key}) => id + key)", R"(["1x","2y"])"},
        Case{"inputs.rows.map(({o: {v = 9}}) => v)", "[2,9]"},
        Case{"inputs.rows.map(({id, ...rest}) => rest)",
             R"([{"k":"x","o":{"v":2}},{"k":"y","o":{}}])"},
        Case{"(({a: {b} = {b: 1}}) => b)({})", "1"}, Case{"(({a = 1} = {a: 2}) => a)()", "2"},
        Case{"(({'x y': z}) => z)({'x y': 1})", "1"},
        Case{"(({0: a, 1.5: b}) => [a, b])({0: 1, 1.5: 2})", "[1,2]"},
        Case{"(({length}) => length)([1, 2])", "2"},
        Case{"(([a, , b = 5, ...c]) => [a, b, c])([1, 2, undefined, 4])", "[1,5,[4]]"},
        Case{"(([a, b]) => b)('x😀')", "\"😀\""}, Case{"(([[a], {b}]) => a + b)([[1], {b: 2}])", "3"},
        Case{"Object.entries({a: 1, b: 2}).map(([k, v]) => k + v)", R"(["a1","b2"])"},
        Case{"(({a, b = a}) => b)({a: 1})", "1"}, Case{"(({}) => 1)(5)", "1"},
        Case{"(({}) => 1)(null)", "undefined_property"},
        Case{"(({a}) => 1)()", "undefined_property"}, Case{"(([a]) => 1)({})", "type_error"},
        Case{"(([a]) => 1)(null)", "type_error"}, Case{"(([a]) => a)([])", "undefined"},
        Case{"(({...r}) => r)('ab')", R"({"0":"a","1":"b"})"}));

INSTANTIATE_TEST_SUITE_P(
    Values, Functions,
    testing::Values(
        Case{"x => x", "undefined"}, Case{"[x => x, 1]", "[null,1]"},
        Case{"{f: x => x, a: 1}", R"({"a":1})"}, Case{"Math.max", "undefined"},
        Case{"typeof Math.max", R"("function")"}, Case{"!(x => x)", "false"},
        Case{"Math.max === Math.max", "true"}, Case{"Math.max === Math.min", "false"},
        Case{"['1', '2', '3'].map(parseInt)", "[1,NaN,NaN]"},
        Case{"[0, 1, '', 'a'].filter(Boolean)", R"([1,"a"])"}, Case{"(x => x) + ''", "not_native"},
        Case{"({valueOf: () => 5}) + 1", "not_native"},
        Case{"`${{toString: () => 'x'}}`", "not_native"},
        Case{"({valueOf: 5}) + 1", R"("[object Object]1")"}, Case{"(x => x).length", "not_native"},
        Case{"1(2)", "type_error"}, Case{"inputs.n(2)", "not_native"},
        Case{"inputs.list[0](2)", "type_error"}, Case{"({at: x => x}).at(1)", "not_native"},
        Case{"({at: 1}).at(1)", "type_error"}, Case{"inputs.map(x => x)", "type_error"},
        Case{"inputs.list.map(5)", "type_error"}, Case{"inputs.list.map()", "type_error"},
        Case{"inputs.nope?.map(x => x)", "undefined"},
        Case{"inputs.rows.map?.(x => x.id)", "[1,2]"}, Case{"inputs.map?.(x => x)", "undefined"}));

INSTANTIATE_TEST_SUITE_P(
    Spread, Functions,
    testing::Values(
        Case{"[...inputs.list, ...'a😀']", R"([3,1,2,"a","😀"])"}, Case{"[...{}]", "type_error"},
        Case{"[...null]", "type_error"}, Case{"{...null, ...undefined, ...5, ...true}", "{}"},
        Case{"{...inputs.keys}", R"({"2":4,"10":2,"b":1,"a":3})"},
        Case{"Object.keys(inputs.keys)", R"(["2","10","b","a"])"},
        Case{"{...'a😀', ...[7]}", R"({"0":7,"1":"�","2":"�"})"},
        Case{"{a: 1, ...{a: 2, b: 3}, b: 4}", R"({"a":2,"b":4})"},
        Case{"Math.max(...inputs.list, 2)", "3"}, Case{"Math.max(...inputs.list, ...[9])", "9"},
        Case{"[...inputs.list].sort()", "[1,2,3]"}, Case{"[...[7, 8].entries()]", "[[0,7],[1,8]]"},
        Case{"Array.from([7, 8].keys())", "[0,1]"},
        Case{"Object.fromEntries(['a', 'b'].entries())", R"({"0":"a","1":"b"})"}));

INSTANTIATE_TEST_SUITE_P(
    Operators, Functions,
    testing::Values(
        Case{"typeof null", R"("object")"}, Case{"typeof inputs.nope", R"("undefined")"},
        Case{"typeof typeof 1", R"("string")"}, Case{"typeof 1n", R"("bigint")"},
        Case{"-typeof 1", "NaN"}, Case{"void 0", "undefined"}, Case{"'n' in inputs", "true"},
        Case{"0 in inputs.list", "true"}, Case{"3 in inputs.list", "false"},
        Case{"'length' in inputs.list", "true"}, Case{"'toString' in {}", "true"},
        Case{"'a' in 'abc'", "type_error"}, Case{"1 + 1 in [1, 2, 3]", "true"},
        Case{"5 & 3 | 8 ^ 1", "9"}, Case{"~5", "-6"}, Case{"~~'7.9'", "7"},
        Case{"1 << 31", "-2147483648"}, Case{"-1 >>> 0", "4294967295"}, Case{"-9 >> 1", "-5"},
        Case{"1 << 33", "2"}, Case{"4294967297.5 | 0", "1"}, Case{"1e30 | 0", "0"},
        Case{"NaN | 0", "0"}, Case{"~1n", "-2"}, Case{"6n & 3n", "2"},
        Case{"1n << 62n", "4611686018427387904"}, Case{"1n << 63n", "bigint_overflow"},
        Case{"-1n << 63n", "-9223372036854775808"}, Case{"-9n >> 1n", "-5"}, Case{"8n << -2n", "2"},
        Case{"-1n >> 100n", "-1"}, Case{"1n >>> 0n", "type_error"}, Case{"1n | 1", "type_error"}));

TEST(FunctionMessages, NameThePlaceAndTheRemedy) {
    EXPECT_THAT(message_of("(({a}) => a)(inputs.nope)", roots()),
                HasSubstr("can't take `a` out of undefined: the argument for `{a}` is undefined"));
    EXPECT_THAT(message_of("(inputs.nul ?? inputs.nope).x", roots()),
                HasSubstr("`(inputs.nul ?? inputs.nope)` is undefined"));
    EXPECT_THAT(message_of("inputs.n.map(x => x)", roots()),
                HasSubstr("this has no method `map()`; it is one of: array"));
    EXPECT_THAT(message_of("inputs.list.map(5)", roots()),
                HasSubstr("the first argument is no function"));
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all.append(text);
    return all;
}

TEST(FunctionLimits, EndARecursionWithoutEnd) {
    EXPECT_EQ(result_of("(f => f(f))(f => f(f))"), "depth");
    EXPECT_EQ(result_of("(f => f(f))(f => [1].map(() => f(f)))"), "depth");
    EXPECT_EQ(result_of("(f => f(f))(f => [2, 1].toSorted(() => f(f)))"), "depth");
    EXPECT_EQ(result_of("(f => f(f))((f, x = f(f)) => x)"), "depth");
    const std::string body = "(f => f(f))(f => " + repeated("-(", 90) + "f(f)" + repeated(")", 91);
    EXPECT_EQ(result_of(body), "depth");
}

TEST(FunctionLimits, BoundTheDepthOfWhatIsMade) {
    const std::string nested = "Array.from({length: 5000}).reduce(a => [a], 1)";
    EXPECT_EQ(result_of(nested), "depth");
    EXPECT_EQ(result_of(nested + " + ''"), "depth");
    EXPECT_EQ(result_of(nested + ".flat(Infinity)"), "depth");
    EXPECT_EQ(result_of(nested + ".length"), "1");
}

TEST(FunctionLimits, CountEveryCallAndElement) {
    EXPECT_EQ(result_of("Array.from({length: 1e9})"), "fuel_exhausted");
    EXPECT_EQ(result_of("Array.from({length: 1e9}, x => 1)"), "fuel_exhausted");
    EXPECT_EQ(result_of("(a => [a, a, a, a, a, a, a, a].map(() => "
                        "[...a, ...a, ...a, ...a, ...a, ...a]))(Array.from({length: 1e5}))"),
              "fuel_exhausted");
    EXPECT_EQ(result_of("(f => f(f, [1]))((f, a) => f(f, [...a, ...a]))"), "fuel_exhausted");
    EXPECT_EQ(
        result_of("(f => f(f, {}, 0))((f, a, n) => [1].map(() => f(f, {...a, [n]: 1}, n + 1)))"),
        "depth");
}

TEST(FunctionLimits, BoundTheParameters) {
    std::string list = "p0";
    for (int i = 1; i < 300; ++i)
        list += ", p" + std::to_string(i);
    EXPECT_EQ(result_of("((" + list + ") => 1)()"), "limit");
}

}  // namespace

}  // namespace millrace::expr
