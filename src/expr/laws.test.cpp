// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "millrace/core/json.hpp"
#include "power.hpp"
#include "testing/evaluate.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

const std::vector<std::string> fragments{
    "inputs", "vars", ".a",    ".length",    "[0]", "?.b", "(",  ")",       "[", "]",  "{",  "}",
    "a:",     "1",    "2.5",   "5n",         "'x'", "\"",  "`",  "${",      "+", "-",  "*",  "/",
    "**",     "%",    "==",    "===",        "<",   "??",  "||", "&&",      "?", ":",  ",",  "!",
    "null",   "NaN",  "now()", ".includes(", " ",   "\n",  "=>", "\\u0041", "😀", "//", "/*", "}}"};
const std::vector<std::string> function_fragments{
    "x",      "x=>",     "(x)=>", "({a})=>",      "...",       ".map(", ".reduce(",
    ".sort(", "typeof ", " in ",  "Object.keys(", "Math.max(", "&",     "<<"};

std::string random_source() {
    const auto fragment =
        rc::gen::oneOf(rc::gen::elementOf(fragments), rc::gen::elementOf(function_fragments));
    std::string source;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(fragment))
        source += part;
    return source;
}

/// An expression that compiles, of at most `depth` operators within each other.
std::string valid_source(int depth) {
    static const std::vector<std::string> atoms{
        "inputs",     "inputs.a", "vars",        "vars.a",    "1",        "-2.5",
        "7n",         "'x😀'",     "null",        "[1, 2]",    "{k: 'v'}", "inputs.no",
        "inputs.b.c", "now()",    "inputs.b?.c", "undefined", "x => x",   "({a, ...b}) => [b, a]"};
    static const std::vector<std::string> operators{"+", "-", "*",  "/",   "%",  "**",
                                                    "<", ">", "==", "===", "&&", "||"};
    if (depth == 0) return *rc::gen::elementOf(atoms);
    const std::string left = "(" + valid_source(depth - 1) + ")";
    const std::string right = "(" + valid_source(depth - 1) + ")";
    switch (*rc::gen::inRange(0, 13)) {
        case 0: return left + " ? " + right + " : " + valid_source(depth - 1);
        case 1: return left + "?.[" + right + "]";
        case 2: return left + ".includes(" + right + ")";
        case 3: return "[" + left + ", " + right + "]";
        case 4: return "`<${" + left + "}${" + right + "}>`";
        case 5: return "[1, " + left + "].map((a, i) => " + right + ")";
        case 6: return "((a, [b] = [a]) => [a, b, " + left + "])(" + right + ")";
        case 7: return left + ".filter(" + right + ")";
        case 8: return "[..." + left + "].sort(" + right + ")";
        case 9: return "({..." + left + ", k: " + right + "})";
        case 10: return "Object.entries(" + left + ").flatMap(" + right + ")";
        default: return left + *rc::gen::elementOf(operators) + right;
    }
}

core::Value some_roots() {
    return json(
        R"({"inputs": {"a": [1, "😀"], "b": null, "length": 3}, "vars": {"a": "x"}, "now": 5})");
}

std::string outcome(const Expression& expression, Fuel& fuel) {
    const auto result = evaluate(expression, resolve(expression.references(), some_roots()), fuel);
    return result ? shown(*result) : result.error().code + ": " + result.error().message;
}

RC_GTEST_PROP(Expressions, AnySourceCompilesOrSaysWhyNot, ()) {
    const auto expression = Expression::compile(random_source(), RootSet::all());
    if (expression) {
        Fuel fuel;
        RC_ASSERT(!outcome(*expression, fuel).empty());
    } else {
        RC_ASSERT(expression.error().message().starts_with("column ") ||
                  expression.error().message().starts_with("line "));
    }
}

RC_GTEST_PROP(Expressions, AnyBytesCompileOrSayWhyNot, (const std::string& source)) {
    RC_ASSERT(!result_of(source, some_roots()).empty());
    RC_ASSERT(!rendered(core::Value{"x {{" + source}, some_roots()).empty());
}

RC_GTEST_PROP(Expressions, CostAndResultAreTheSameEachTime, ()) {
    const auto expression = Expression::compile(valid_source(3), RootSet::all());
    RC_ASSERT(expression.has_value());
    Fuel first;
    Fuel second;
    RC_ASSERT(outcome(*expression, first) == outcome(*expression, second));
    RC_ASSERT(first.left == second.left);
}

RC_GTEST_PROP(Expressions, MoreFuelNeverChangesAFinishedResult, ()) {
    const auto expression = Expression::compile(valid_source(3), RootSet::all());
    RC_ASSERT(expression.has_value());
    Fuel full;
    const std::string result = outcome(*expression, full);
    const std::uint64_t cost = Fuel{}.left - full.left;
    const auto given = *rc::gen::inRange<std::uint64_t>(0, cost + 2);
    Fuel fuel{given};
    const std::string limited = outcome(*expression, fuel);
    RC_ASSERT(limited.starts_with("fuel_exhausted") == (given < cost));
    if (given >= cost) RC_ASSERT(limited == result);
}

RC_GTEST_PROP(Expressions, AStringsUnitsJoinedAreTheString, (const std::vector<char32_t>& raw)) {
    std::string text;
    for (const char32_t c : raw) {
        const char32_t code_point = c % 0x110000;
        append_code_point(text, code_point >= 0xD800 && code_point <= 0xDFFF ? U'😀' : code_point);
    }
    std::string joined;
    for (std::size_t i = 0; i < utf16_length(text); ++i) {
        std::string unit;
        append_code_point(unit, utf16_unit(text, i)->unit);
        append_wtf8(joined, unit);
    }
    RC_ASSERT(joined == text);
}

RC_GTEST_PROP(Power, OfASmallIntegerIsExact, ()) {
    const auto base = *rc::gen::inRange(2, 10);
    const auto exponent = *rc::gen::inRange(0, 15);
    double product = 1;
    for (int i = 0; i < exponent; ++i)
        product *= base;
    RC_ASSERT(power(base, exponent) == product);
}

TEST(Power, GivesTheSameBitsEverywhere) {
    EXPECT_EQ(power(1.1, 100.5), 0x1.c3a9d34309b7p+13);
    EXPECT_EQ(power(10, -5), 1e-5);
    EXPECT_EQ(power(10, 23), 1e23);
    EXPECT_EQ(power(2, -1074.5), 0x1p-1074);
    EXPECT_EQ(power(1.5, -1837.25), 0x0.0000000000001p-1022);
    EXPECT_EQ(power(1 + 0x1p-52, 0x1p52), 0x1.5bf0a8b145769p+1);
}

}  // namespace

}  // namespace millrace::expr
