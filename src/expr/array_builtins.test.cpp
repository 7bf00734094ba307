// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

struct Case {
    std::string source;
    std::string result;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.source;
}

class Arrays : public testing::TestWithParam<Case> {};

TEST_P(Arrays, GiveWhatJavaScriptGives) {
    EXPECT_EQ(result_of(GetParam().source), GetParam().result) << message_of(GetParam().source);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, Arrays,
    testing::Values(
        Case{"[1, 2, 3].map((x, i, a) => x * i + a.length)", "[3,5,9]"},
        Case{"[1, 2, 3].filter(x => x % 2)", "[1,3]"}, Case{"[].some(x => true)", "false"},
        Case{"[].every(x => false)", "true"}, Case{"[1, 2].find(x => x > 5)", "undefined"},
        Case{"[1, 2, 3].findLast(x => x < 3)", "2"}, Case{"[1, 2].findIndex(x => x > 5)", "-1"},
        Case{"[1, 2, 3].findLastIndex(x => x < 3)", "1"}, Case{"[1].forEach(x => x)", "undefined"},
        Case{"[1, 2, 3].reduce((a, x) => a + x)", "6"},
        Case{"[].reduce((a, x) => a)", "type_error"},
        Case{"[].reduce((a, x) => a, undefined)", "undefined"},
        Case{"[7].reduce(5 > 3 ? x => 0 : 1)", "7"},
        Case{"['a', 'b', 'c'].reduceRight((a, x, i) => a + x + i, '')", R"("c2b1a0")"},
        Case{"[1, [2], 3].flatMap(x => [x, x])", "[1,1,[2],[2],3,3]"},
        Case{"[1, 2].map(x => undefined)", "[null,null]"},
        Case{"[1, 2].filter(x => x.y.z)", "undefined_property"}));

INSTANTIATE_TEST_SUITE_P(
    Sorting, Arrays,
    testing::Values(Case{"[10, 9, 1].toSorted()", "[1,10,9]"},
                    Case{"[10, 9, 1].toSorted((a, b) => a - b)", "[1,9,10]"},
                    Case{"[3, undefined, 1, null].sort()", "[1,3,null,null]"},
                    Case{"['😀', '\\uff5a'].sort()", "[\"😀\",\"ｚ\"]"},
                    Case{"[1].sort(null)", "type_error"}, Case{"[2, 1].sort(undefined)", "[1,2]"},
                    Case{"[1, 2, 3].sort(() => NaN)", "[1,2,3]"},
                    Case{"[1, 2].sort(() => 1n)", "type_error"},
                    Case{"[[2, 'a'], [1, 'b'], [2, 'c']].toSorted((a, b) => a[0] - b[0])",
                         R"([[1,"b"],[2,"a"],[2,"c"]])"},
                    // What Node.js gives for comparators that contradict themselves.
                    Case{"[5, 2, 8, 1, 9, 3].toSorted((a, b) => a > b)", "[5,2,8,1,9,3]"},
                    Case{"[5, 2, 8, 1, 9, 3].toSorted((a, b) => a < b)", "[5,2,8,1,9,3]"},
                    Case{"[5, 2, 8, 1, 9, 3].toSorted(() => -1)", "[3,9,1,8,2,5]"},
                    Case{"[1, 2].map(x => x).sort((a, b) => b - a)", "[2,1]"}));

INSTANTIATE_TEST_SUITE_P(
    Parts, Arrays,
    testing::Values(
        Case{"[1, 2, 3].at(-1)", "3"}, Case{"[1].at(5)", "undefined"}, Case{"[1, 2].at('1')", "2"},
        Case{"[1, 2, 3].slice(-2)", "[2,3]"}, Case{"[1, 2, 3].slice(1, -1)", "[2]"},
        Case{"[1, 2, 3].slice(2, 1)", "[]"}, Case{"[1].slice(0, undefined)", "[1]"},
        Case{"[1].concat(2, [3, [4]], 'ab')", R"([1,2,3,[4],"ab"])"},
        Case{"[1, [2, [3, [4]]]].flat()", "[1,2,[3,[4]]]"},
        Case{"[1, [2, [3, [4]]]].flat(Infinity)", "[1,2,3,4]"}, Case{"[[1]].flat(0)", "[[1]]"},
        Case{"[1, null, undefined, [2, 3]].join('-')", R"("1---2,3")"},
        Case{"[1, 2].join(undefined)", R"("1,2")"}, Case{"[1, 2].join(null)", R"("1null2")"},
        Case{"[NaN].includes(NaN)", "true"}, Case{"[NaN].indexOf(NaN)", "-1"},
        Case{"[1, 2, 1].lastIndexOf(1, -2)", "0"}, Case{"[1, 2, 1].lastIndexOf(1, undefined)", "0"},
        Case{"[1, 2, 1].lastIndexOf(1, -4)", "-1"}, Case{"[1, 2, 1].lastIndexOf(1)", "2"},
        Case{"[1, 2, 1].indexOf(1, 1)", "2"}, Case{"[1, 2, 3].with(-1, 9)", "[1,2,9]"},
        Case{"[1].with(1, 0)", "range_error"},
        Case{"[1, 2, 3].toSpliced(1, 1, 'a', 'b')", R"([1,"a","b",3])"},
        Case{"[1, 2, 3].toSpliced(1)", "[1]"}, Case{"[1, 2].toSpliced()", "[1,2]"},
        Case{"[1, 2, 3, 4].fill(0, 1, -1)", "[1,0,0,4]"}, Case{"[1, 2].reverse()", "[2,1]"},
        Case{"Array.isArray([])", "true"}, Case{"Array.isArray({length: 0})", "false"},
        Case{"Array.of(7, 8)", "[7,8]"}, Case{"Array.from('a😀')", "[\"a\",\"😀\"]"},
        Case{"Array.from({length: 2, 0: 'x'}, (v, i) => [v, i])", R"([["x",0],[null,1]])"},
        Case{"Array.from(5)", "[]"}, Case{"Array.from(null)", "type_error"},
        Case{"Array.from({length: -1})", "[]"},
        Case{"Array.from({length: 4294967296})", "range_error"},
        Case{"Array.from([1], 5)", "type_error"}, Case{"[1, 2].toString()", R"("1,2")"}));

RC_GTEST_PROP(Sorting, IsStableAndOrdersAnyNumbers, ()) {
    const auto numbers = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-20, 20));
    std::vector<core::Value> elements;
    std::vector<std::pair<int, std::size_t>> expected;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto place = static_cast<std::int64_t>(i);
        elements.push_back(core::Value::array({core::Value{numbers[i]}, core::Value{place}}));
        expected.emplace_back(numbers[i], i);
    }
    std::ranges::stable_sort(expected, {}, &std::pair<int, std::size_t>::first);
    std::string text;
    for (const auto& [number, place] : expected)
        text += (text.empty() ? "" : ",") + std::to_string(number) + "," + std::to_string(place);
    const core::Value roots =
        core::Value::object({{"inputs", core::Value::array(std::move(elements))}});
    RC_ASSERT(result_of("inputs.toSorted((a, b) => a[0] - b[0]).flat().join()", roots) ==
              "\"" + text + "\"");
}

}  // namespace

}  // namespace millrace::expr
