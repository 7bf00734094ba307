// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

using testing::HasSubstr;

struct Refusal {
    std::string source;
    std::string code;
    std::string message;
};
void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.source;
}

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, GiveCodePlaceAndRemedy) {
    const auto expression = Expression::compile(GetParam().source, RootSet::all());
    ASSERT_FALSE(expression);
    EXPECT_EQ(expression.error().code(), GetParam().code) << expression.error().message();
    EXPECT_THAT(expression.error().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Sandbox, Refusals,
    testing::Values(
        Refusal{"x => { return x }", "not_native", "a function with statements"},
        Refusal{"async x => x", "not_native", "`async`"},
        Refusal{"1 + /x/.test('a')", "not_native", "a regular expression"},
        Refusal{"new Date()", "not_native", "`new`"},
        Refusal{"inputs instanceof Array", "not_native", "`instanceof`"},
        Refusal{"inputs.a = 1", "not_native", "an assignment"},
        Refusal{"inputs.a ||= 1", "not_native", "an assignment"},
        Refusal{"inputs.a++", "not_native", "`++`"},
        Refusal{"1, 2", "not_native", "the comma operator"},
        Refusal{"[1, , 2]", "not_native", "column 5: an array with a hole"},
        Refusal{"inputs.nope()", "not_native", "column 8: the method `nope`"},
        Refusal{"inputs.list.fiter(x => x)", "not_native", "did you mean `filter`?"},
        Refusal{"Object.kyes(inputs)", "not_native", "did you mean `Object.keys`?"},
        Refusal{"Object", "not_native", "`Object` as a value"},
        Refusal{"Object['ke' + 'ys']", "not_native", "a computed member of `Object`"},
        Refusal{"inputs.list.push(1)", "not_native", "write [...list, value]"},
        Refusal{"inputs.list.sort()", "not_native", "write toSorted()"},
        Refusal{"inputs.list.slice.sort()", "not_native", "write toSorted()"},
        Refusal{"(a => a.reverse())([1])", "not_native", "write toReversed()"},
        Refusal{"Object.assign(inputs, {a: 1})", "not_native", "or Object.assign({}, a, b)"},
        Refusal{"inputs.list.entries()", "not_native", "an iterator"},
        Refusal{"[...[inputs.list.keys()]]", "not_native", "an iterator"},
        Refusal{"(({[inputs.k]: v}) => v)({})", "not_native", "a computed key"},
        Refusal{"(a = item, item) => a", "not_native", "the use of `item` before it has a value"},
        Refusal{"(a, b = () => item, item) => b", "not_native", "the use of `item`"},
        Refusal{"({vars = vars.x}) => vars", "not_native", "the use of `vars`"},
        Refusal{"inputs.toString", "not_native", "`toString`"},
        Refusal{"inputs['constructor']", "not_native", "`constructor`"},
        Refusal{"{__proto__: null}", "not_native", "a prototype"},
        Refusal{"{f() { }}", "not_native", "a method"},
        Refusal{"{get f() { }}", "not_native", "a method"},
        Refusal{"inputs`x`", "not_native", "a tagged template"},
        Refusal{"function () {}", "not_native", "`function`"},
        Refusal{"this.x", "not_native", "`this`"}));

INSTANTIATE_TEST_SUITE_P(
    Syntax, Refusals,
    testing::Values(
        Refusal{"", "syntax", "the expression is empty"},
        Refusal{"1 +", "syntax", "column 4: the expression ends"},
        Refusal{"(1", "syntax", "\")\" belongs here"},
        Refusal{"1 2", "syntax", "an operator belongs before it"},
        Refusal{"[1 2]", "syntax", "unexpected number"}, Refusal{"'abc", "syntax", "add '"},
        Refusal{"`abc", "syntax", "never closed"},
        Refusal{"`a${1", "syntax", "template literal ends early"},
        Refusal{"'\\u12'", "syntax", "a bad escape"},
        Refusal{"'\\u{110000}'", "syntax", "a bad escape"}, Refusal{"'\\1'", "syntax", "octal"},
        Refusal{"010", "syntax", "0o17"}, Refusal{"1__0", "syntax", "\"_\""},
        Refusal{"1_", "syntax", "\"_\""}, Refusal{"3px", "syntax", "a name follows the number"},
        Refusal{"0x", "syntax", "lacks digits"}, Refusal{"1e", "syntax", "lacks digits"},
        Refusal{"-2 ** 2", "syntax", "write (-a) ** b"},
        Refusal{"1 ?? 2 || 3", "syntax", "parentheses"},
        Refusal{"1 && 2 ?? 3", "syntax", "parentheses"},
        Refusal{"1 ? 2", "syntax", "\":\" belongs here"},
        Refusal{"inputs.", "syntax", "ends where more"},
        Refusal{"inputs.1", "syntax", "unexpected number"},
        Refusal{"{a 1}", "not_native", "a method"}, Refusal{"{a: 1", "syntax", "belongs here"},
        Refusal{"{true}", "syntax", ""}, Refusal{"1; 2", "syntax", "not statements"},
        Refusal{"if (1) 2", "syntax", "`if` begins a statement"}, Refusal{"/* a", "syntax", "*/"},
        Refusal{"1 @ 2", "syntax", "unexpected \"@\""}, Refusal{"}", "syntax", "unexpected \"}\""},
        Refusal{"1\n+ 'a", "syntax", "line 2, column 3"},
        Refusal{"{{ 1 }} x", "syntax", "takes one expression"},
        Refusal{"{{ 1", "syntax", "never closed"}, Refusal{"{{ 1 } }", "syntax", "}}"},
        Refusal{"\xff", "syntax", "UTF-8"}, Refusal{"(a, a) => a", "syntax", "two parameters"},
        Refusal{"({a, b: [a]}) => a", "syntax", "two parameters"},
        Refusal{"(...a, b) => a", "syntax", "nothing can follow a rest parameter"},
        Refusal{"(let) => 1", "syntax", "can't be the name"},
        Refusal{"(null) => 1", "syntax", "can't be the name"},
        Refusal{"(a.b) => 1", "syntax", "unexpected"}, Refusal{"(1) => 1", "syntax", "unexpected"},
        Refusal{"inputs || x => x", "syntax", "put parentheses around it"},
        Refusal{"1 + (x) => x", "syntax", "parentheses"},
        Refusal{"...inputs", "syntax", "`...` spreads within"},
        Refusal{"typeof 1 ** 2", "syntax", "write (-a) ** b"},
        Refusal{"99999999999999999999n", "limit", "BigInts end"}));

INSTANTIATE_TEST_SUITE_P(
    Names, Refusals,
    testing::Values(Refusal{"inptus.x", "unknown_name", "did you mean `inputs`?"},
                    Refusal{"process.env", "unknown_name", "unknown name `process`"},
                    Refusal{"nodes", "not_allowed", "nodes.charge.out"},
                    Refusal{"nodes[inputs.x].out", "not_allowed", "written out"},
                    Refusal{"nodes.a", "not_allowed", "nodes.charge.out"},
                    Refusal{"ports[inputs.x]", "not_allowed", "ports.name"},
                    Refusal{"secrets", "not_allowed", "secrets.name"},
                    Refusal{"now", "not_allowed", "now()"},
                    Refusal{"now(1)", "not_allowed", "without arguments"}));

TEST(Parser, RefusesARootThatDoesNotExistHere) {
    const auto expression = Expression::compile("item.x", {Root::inputs, Root::now});
    ASSERT_FALSE(expression);
    EXPECT_TRUE(expression.error().is(ExprErrc::not_allowed));
    EXPECT_EQ(expression.error().message(),
              "column 1: `item` does not exist at this place; here are: inputs, now()");
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all.append(text);
    return all;
}

TEST(Parser, BoundsItsNestingInEveryDirection) {
    constexpr std::size_t deep = 30'000;
    for (const std::string_view opening : {"(",    "[",     "{a:",  "!",
                                           "- ",   "1?",    "1?1:", "2**",
                                           "`${",  "a[",    "1&&(", "''.includes(",
                                           "x=>",  "(x=",   "((x=", "typeof ",
                                           "[...", "({a:[", "([[",  "[].map("}) {
        EXPECT_EQ(result_of(repeated(opening, opening == "a[" ? 1 : 200) + "1").size() > 0, true);
        EXPECT_FALSE(Expression::compile(repeated(opening, deep / opening.size()), RootSet::all()))
            << opening;
    }
}

TEST(Parser, BoundsTheLengthOfChains) {
    EXPECT_EQ(result_of("inputs" + repeated("+1", 900), json(R"({"inputs": 1})")), "901");
    EXPECT_EQ(result_of("inputs" + repeated("+1", 2000)), "limit");
    EXPECT_EQ(result_of("inputs" + repeated(".a", 2000)), "limit");
    EXPECT_EQ(result_of("1" + repeated(" ", 70'000)), "limit");
}

TEST(Parser, TakesTwoHundredParenthesesButNotMore) {
    EXPECT_EQ(result_of(repeated("(", 199) + "1" + repeated(")", 199)), "1");
    EXPECT_EQ(result_of(repeated("(", 201) + "1" + repeated(")", 201)), "limit");
}

}  // namespace

}  // namespace millrace::expr
