// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "millrace/core/value.hpp"
#include "millrace/expr/json_path.hpp"
#include "testing/select.hpp"

// Filters, after the tables of RFC 9535, sections 2.3.5 and 2.4.
namespace millrace::expr {

namespace {

class Comparisons : public testing::TestWithParam<std::pair<const char*, bool>> {};

TEST_P(Comparisons, AreAsInTable11) {
    // The filter has one element to choose, and reads the data through `$`.
    constexpr const char* data = R"([{"obj": {"x": "y"}, "arr": [2, 3], "big": 9007199254740993,
                                      "float": 9007199254740992.0, "huge": 1e18}])";
    const auto& [test, expected] = GetParam();
    const std::string found = selected("$[?" + std::string{test} + "]", data);
    ASSERT_TRUE(found.starts_with("[")) << test << ": " << found;
    EXPECT_EQ(found != "[]", expected) << test;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Comparisons,
    testing::Values(
        std::pair{"$.absent1 == $.absent2", true}, std::pair{"$.absent1 <= $.absent2", true},
        std::pair{"$.absent == 'g'", false}, std::pair{"$.absent1 != $.absent2", false},
        std::pair{"$.absent != 'g'", true}, std::pair{"1 <= 2", true}, std::pair{"1 > 2", false},
        std::pair{"13 == '13'", false}, std::pair{"'a' <= 'b'", true},
        std::pair{"'a' > 'b'", false}, std::pair{"$[0].obj == $[0].arr", false},
        std::pair{"$[0].obj != $[0].arr", true}, std::pair{"$[0].obj == $[0].obj", true},
        std::pair{"$[0].obj != $[0].obj", false}, std::pair{"$[0].arr == $[0].arr", true},
        std::pair{"$[0].arr != $[0].arr", false}, std::pair{"$[0].obj == 17", false},
        std::pair{"$[0].obj != 17", true}, std::pair{"$[0].obj <= $[0].arr", false},
        std::pair{"$[0].obj < $[0].arr", false}, std::pair{"$[0].obj <= $[0].obj", true},
        std::pair{"$[0].arr <= $[0].arr", true}, std::pair{"1 <= $[0].arr", false},
        std::pair{"1 >= $[0].arr", false}, std::pair{"1 > $[0].arr", false},
        std::pair{"1 < $[0].arr", false}, std::pair{"true <= true", true},
        std::pair{"true > true", false}, std::pair{"false < true", false},
        std::pair{"null >= null", true}));

INSTANTIATE_TEST_SUITE_P(Numbers, Comparisons,
                         testing::Values(std::pair{"1 == 1.0", true}, std::pair{"100 == 1e2", true},
                                         std::pair{"-0 == 0", true}, std::pair{"1 < 1.5", true},
                                         std::pair{"1.5 < 2", true}, std::pair{"-1.5 < -1", true},
                                         std::pair{"$[0].big > $[0].float", true},
                                         std::pair{"$[0].big == $[0].float", false},
                                         std::pair{"$[0].huge == 1000000000000000000", true},
                                         std::pair{"$[0].huge >= 1000000000000000001", false},
                                         std::pair{"1e300 > 9223372036854775807", true},
                                         std::pair{"-1e300 < -9223372036854775808", true},
                                         std::pair{"-9223372036854775808 == -9223372036854775808.0",
                                                   true}));

INSTANTIATE_TEST_SUITE_P(Text, Comparisons,
                         testing::Values(std::pair{"'\\uFFFD' < '\\uD83D\\uDE00'", true},
                                         std::pair{"'a' < 'ab'", true},
                                         std::pair{"'' <= ''", true}));

struct Case {
    const char* path;
    const char* result;
};

constexpr const char* data = R"({
    "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"})";

class Filters : public testing::TestWithParam<Case> {};

TEST_P(Filters, GiveTheExamplesOfTheRfc) {
    EXPECT_EQ(selected(GetParam().path, data), GetParam().result) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Table12, Filters,
    testing::Values(
        Case{"$.a[?@.b == 'kilo']", R"([{"b":"kilo"}])"},
        Case{"$.a[?(@.b == 'kilo')]", R"([{"b":"kilo"}])"}, Case{"$.a[?@>3.5]", "[5,4,6]"},
        Case{"$.a[?@.b]", R"([{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
        Case{
            "$[?@.*]",
            R"([[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}])"},
        Case{"$[?@[?@.b]]", R"([[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]])"},
        Case{"$.o[?@<3, ?@<3]", "[1,2,1,2]"}, Case{"$.a[?@<2 || @.b == \"k\"]", R"([1,{"b":"k"}])"},
        Case{"$.a[?match(@.b, \"[jk]\")]", R"([{"b":"j"},{"b":"k"}])"},
        Case{"$.a[?search(@.b, \"[jk]\")]", R"([{"b":"j"},{"b":"k"},{"b":"kilo"}])"},
        Case{"$.o[?@>1 && @<4]", "[2,3]"}, Case{"$.o[?@.u || @.x]", R"([{"u":6}])"},
        Case{"$.a[?@.b == $.x]", "[3,5,1,2,4,6]"},
        Case{"$.a[?@ == @]", R"([3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"}));

INSTANTIATE_TEST_SUITE_P(Logic, Filters,
                         testing::Values(Case{"$.o[?!@.u]", "[1,2,3,5]"},
                                         Case{"$.o[?!(@>1)]", R"([1,{"u":6}])"},
                                         Case{"$.o[? ! ( @ > 1 && @ < 4 ) ]", R"([1,5,{"u":6}])"},
                                         Case{"$.o[?@==1||@==2&&@==3]", "[1]"},
                                         Case{"$.o[?(@==1||@==2)&&@==2]", "[2]"},
                                         Case{"$.o[?@ != 1 && @ != 2]", R"([3,5,{"u":6}])"},
                                         Case{"$.o[?!match(@, 'x')]", R"([1,2,3,5,{"u":6}])"}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Filters,
    testing::Values(
        Case{"$.a[?length(@.b) > 1]", R"([{"b":"kilo"}])"},
        Case{"$.a[?length(@.b) == 0]", R"([{"b":{}}])"}, Case{"$[?length(@) == 10].length", "[]"},
        Case{"$[?count(@.*) == 5]", R"([{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}])"},
        Case{"$[?count(@['p', 'q']) == 2].p", "[1]"}, Case{"$[?value(@..u) == 6].p", "[1]"},
        Case{"$[?value(@.*) == 1]", "[]"}, Case{"$.a[?length(@) == $.missing].b", "[]"},
        Case{"$.a[?length(@) == length(@.missing)]", "[3,5,1,2,4,6]"},
        Case{"$.a[?match(@.b, $.e)]", "[]"}, Case{"$.a[?search(@.b, value($..missing))]", "[]"},
        Case{"$[?length(value(@..u)) == 1]", "[]"}, Case{"$.a[?match('a', 'b')]", "[]"},
        Case{"$.o[?match('a', 'a') && @==1]", "[1]"}, Case{"$.o[?search(@, 1)]", "[]"}));

TEST(Functions, CountUnicodesCharacters) {
    EXPECT_EQ(selected("$[?length(@) == 2]", R"(["ab", "é😀", "abc", [1, 2], {"a": 1}])"),
              R"(["ab","é😀",[1,2]])");
}

TEST(Functions, ReadPatternsFromTheData) {
    constexpr const char* given = R"({"p": "a.*", "bad": "a(", "v": ["abc", "ba", "a("]})";
    EXPECT_EQ(selected("$.v[?match(@, $.p)]", given), R"(["abc","a("])");
    EXPECT_EQ(selected("$.v[?search(@, $.p)]", given), R"(["abc","ba","a("])");
    EXPECT_EQ(selected("$.v[?match(@, $.bad)]", given), "[]");
    EXPECT_EQ(selected("$.v[?!match(@, $.bad)]", given), R"(["abc","ba","a("])");
    EXPECT_EQ(selected("$[?match('a', @)]", R"(["(a{9999}){9999}"])"), "pattern_limit");
}

TEST(Filters, TreatBytesAsNothingThatJsonHas) {
    const std::string_view text = "xy";
    const auto* const start = reinterpret_cast<const std::uint8_t*>(text.data());
    const core::Value bytes = core::Value::bytes({start, text.size()});
    const core::Value root = core::Value::array({bytes, "xy"});
    Fuel fuel;
    const auto equal = JsonPath::parse("$[?@ == $[0]]")->select(root, fuel);
    EXPECT_EQ(equal.value(), (std::vector<core::Value>{bytes}));
    const auto sized = JsonPath::parse("$[?length(@) == 2]")->select(root, fuel);
    EXPECT_EQ(sized.value(), (std::vector<core::Value>{"xy"}));
}

TEST(Filters, CompareContentsWhateverTheOrderOfKeys) {
    EXPECT_EQ(selected("$[?@.a == @.b].n",
                       R"([{"n": 1, "a": {"x": 1, "y": [1.0]}, "b": {"y": [1], "x": 1.0}},
                           {"n": 2, "a": {"x": 1, "y": [1]}, "b": {"y": [1], "z": 1}},
                           {"n": 3, "a": [1, 2], "b": [2, 1]}, {"n": 4, "a": [1], "b": [1, 2]}])"),
              "[1]");
}

}  // namespace

}  // namespace millrace::expr
