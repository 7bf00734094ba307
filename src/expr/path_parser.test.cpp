// SPDX-License-Identifier: Apache-2.0
#include "path_parser.hpp"

#include <gtest/gtest.h>

#include "testing/select.hpp"

namespace millrace::expr {

namespace {

struct Case {
    const char* path;
    const char* message;
};

class Refuses : public testing::TestWithParam<Case> {};

TEST_P(Refuses, WithThePlaceAndTheRemedy) {
    EXPECT_EQ(refusal(GetParam().path), GetParam().message) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Segments, Refuses,
    testing::Values(
        Case{"", "column 1: expected a path, which begins with \"$\", found the end of the path"},
        Case{" $", "column 1: expected a path, which begins with \"$\", found \" \""},
        Case{"$ ", "column 2: expected \".\", \"[\" or the end of the path, found \" \""},
        Case{"a.b", "column 1: expected a path, which begins with \"$\", found \"a\""},
        Case{"$.", "column 3: expected a member name or \"*\", found the end of the path"},
        Case{"$. a", "column 3: expected a member name or \"*\", found \" \""},
        Case{"$...a", "column 4: expected a member name or \"*\", found \".\""},
        Case{"$.1", "column 3: expected a member name or \"*\", found \"1\""},
        Case{"$.a-b", "column 4: expected \".\", \"[\" or the end of the path, found \"-\""},
        Case{"$[]",
             "column 3: expected a name in quotes, an index, a slice, \"*\" or a filter such as "
             "?@.a, found \"]\""},
        Case{"$[a]",
             "column 3: expected a name in quotes, an index, a slice, \"*\" or a filter such as "
             "?@.a, found \"a\""},
        Case{"$[0,]",
             "column 5: expected a name in quotes, an index, a slice, \"*\" or a filter such as "
             "?@.a, found \"]\""},
        Case{"$[0", "column 4: expected \",\" or \"]\", found the end of the path"},
        Case{"$[1:2:3:4]", "column 8: expected \",\" or \"]\", found \":\""},
        Case{"$[01]", "column 3: an index is written without leading zeros or -0"},
        Case{"$[-0]", "column 3: an index is written without leading zeros or -0"},
        Case{"$[-]", "column 3: expected digits after \"-\""},
        Case{"$[9007199254740992]",
             "column 3: an index lies within 9007199254740991 of 0, in either direction"},
        Case{"$[1:99999999999999999999]",
             "column 5: an index lies within 9007199254740991 of 0, in either direction"},
        Case{"$\n.a\n[x]",
             "line 3, column 2: expected a name in quotes, an index, a slice, \"*\" or a filter "
             "such as ?@.a, found \"x\""}));

INSTANTIATE_TEST_SUITE_P(
    Strings, Refuses,
    testing::Values(
        Case{"$['a]", "column 3: the string is never closed; add '"},
        Case{R"($["\'"])",
             R"(column 4: no escape in this string; use \b \f \n \r \t \/ \\ \" or \uXXXX)"},
        Case{R"($['\x'])",
             R"(column 4: no escape in this string; use \b \f \n \r \t \/ \\ \' or \uXXXX)"},
        Case{R"($['\u12'])", R"(column 4: \u needs four hexadecimal digits)"},
        Case{R"($['\uD83D'])",
             R"(column 4: half of a surrogate pair; write both halves, such as \uD83D\uDE00)"},
        Case{R"($['\uDE00'])",
             R"(column 4: half of a surrogate pair; write both halves, such as \uD83D\uDE00)"},
        Case{"$['a\nb']",
             "line 1, column 5: a control character must be escaped in a string; write \\n, \\t or "
             "\\u00XX"}));

constexpr const char* not_compared =
    "column 4: only a path of names and indexes, which gives at most one value, can be compared";
INSTANTIATE_TEST_SUITE_P(
    Filters, Refuses,
    testing::Values(
        Case{"$[?]",
             "column 4: expected a path that begins with \"@\" or \"$\", a string, a number, true, "
             "false, null or a function, found \"]\""},
        Case{"$[?a]",
             "column 4: expected a path that begins with \"@\" or \"$\", a string, a number, true, "
             "false, null or a function, found \"a\""},
        Case{"$[?1]", "column 4: a literal alone is no test; compare it with something"},
        Case{"$[?@.* == 1]", not_compared}, Case{"$[?@..a == 1]", not_compared},
        Case{"$[?@[0, 1] == 1]", not_compared}, Case{"$[?@[0:1] == 1]", not_compared},
        Case{"$[?!@.a == 1]",
             "column 9: \"!\" does not reach over a comparison; put it into parentheses"},
        Case{"$[?(@.a]", "column 8: expected \")\", \"&&\" or \"||\", found \"]\""},
        Case{"$[?(@.a) == 1]", "column 10: expected \",\" or \"]\", found \"=\""},
        Case{"$[?@.a = 1]", "column 8: expected \",\" or \"]\", found \"=\""},
        Case{"$[?@.a & @.b]", "column 8: expected \",\" or \"]\", found \"&\""},
        Case{"$[?@ == 01]", "column 9: 01 is no number as JSON has them, such as -1.5e3"},
        Case{"$[?@ == .5]",
             "column 9: expected a path that begins with \"@\" or \"$\", a string, a number, true, "
             "false, null or a function, found \".\""}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Refuses,
    testing::Values(
        Case{"$[?size(@) > 1]",
             "column 4: there is no function size; there are length, count, match, search and "
             "value"},
        Case{"$[?length(@)]", "column 4: the function gives a value, which is no test; compare it"},
        Case{"$[?match(@, 'a') == true]",
             "column 4: the function is true or false by itself and can't be compared"},
        Case{"$[?length() > 1]", "column 4: length takes 1 argument, found 0"},
        Case{"$[?match(@.a)]", "column 4: match takes 2 arguments, found 1"},
        Case{"$[?length(@, @) > 1]", "column 4: length takes 1 argument, found 2"},
        Case{"$[?length(@.*) > 1]",
             "column 11: length takes one value: a path of names and indexes, or value(…)"},
        Case{"$[?count(1) > 1]", "column 10: count takes a path"},
        Case{"$[?length(match(@, 'a')) > 1]", "column 11: length takes a value, not a test"},
        Case{"$[?length (@) > 1]",
             "column 4: expected a path that begins with \"@\" or \"$\", a string, a number, true, "
             "false, null or a function, found \"l\""},
        Case{"$[?match(@, 'a(')]", "column 13: the pattern, character 3: expected \")\""}));

TEST(Limits, OfPathsAreRefusals) {
    std::string nested = "$";
    for (std::size_t i = 0; i <= path_nesting_max; ++i)
        nested += "[?@";
    EXPECT_EQ(refusal(nested), "column 98: nested deeper than the limit of 32 levels");
    std::string segments = "$";
    for (std::size_t i = 0; i <= path_segments_max; ++i)
        segments += ".a";
    EXPECT_EQ(refusal(segments), "column 1002: the path has more than 500 segments");
    EXPECT_EQ(refusal("$." + std::string(path_bytes_max, 'a')),
              "column 1: the path is longer than 64 KiB");
    EXPECT_EQ(refusal("$.\xFF"), "column 1: the path is not valid UTF-8");
}

TEST(Limits, LeaveRoomForLongLists) {
    std::string tests = "$[?@==0";
    for (int i = 0; i < 5'000; ++i)
        tests += "||@==1";
    EXPECT_EQ(selected(tests + "]", "[1, 2]"), "[1]");
}

}  // namespace

}  // namespace millrace::expr
