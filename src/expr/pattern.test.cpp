// SPDX-License-Identifier: Apache-2.0
#include "pattern.hpp"

#include <gtest/gtest.h>

#include "pattern_parser.hpp"
#include "unicode_category.hpp"

namespace millrace::expr {

namespace {

using Outcome = Pattern::Outcome;

/// `match`, `part` or `none`; or why the pattern is refused.
std::string outcome(std::string_view source, std::string_view text) {
    const auto pattern = Pattern::compile(source);
    if (!pattern) {
        return std::to_string(pattern.error().character) + ": " + pattern.error().message;
    }
    Fuel fuel;
    if (pattern->matches(text, fuel) == Outcome::yes) return "match";
    return pattern->occurs_in(text, fuel) == Outcome::yes ? "part" : "none";
}

struct Case {
    const char* pattern;
    const char* text;
    const char* outcome;
};

class Patterns : public testing::TestWithParam<Case> {};

TEST_P(Patterns, MeanWhatRfc9485Says) {
    EXPECT_EQ(outcome(GetParam().pattern, GetParam().text), GetParam().outcome)
        << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Shapes, Patterns,
                         testing::Values(Case{"", "", "match"}, Case{"", "a", "part"},
                                         Case{"ab", "ab", "match"}, Case{"ab", "xaby", "part"},
                                         Case{"ab", "aab", "part"}, Case{"ab", "a", "none"},
                                         Case{"a|bc|", "bc", "match"}, Case{"a|bc|", "", "match"},
                                         Case{"a|bc", "b", "none"}, Case{"(a|b)c", "bc", "match"},
                                         Case{"a(|b)c", "ac", "match"}, Case{"^a$", "a", "none"},
                                         Case{"^a$", "^a$", "match"}, Case{"()", "", "match"}));

INSTANTIATE_TEST_SUITE_P(
    Counts, Patterns,
    testing::Values(Case{"a?", "", "match"}, Case{"a?", "aa", "part"}, Case{"a*", "aaa", "match"},
                    Case{"a+", "", "none"}, Case{"a+", "aa", "match"}, Case{"a{2}", "aa", "match"},
                    Case{"a{2}", "aaa", "part"}, Case{"a{2,}", "a", "none"},
                    Case{"a{2,}", "aaaa", "match"}, Case{"a{1,2}", "aa", "match"},
                    Case{"a{1,2}b", "aaab", "part"}, Case{"a{0}b", "b", "match"},
                    Case{"a{0,1}b", "ab", "match"}, Case{"(a*)*", "aaa", "match"},
                    Case{"(a|b*)+", "abba", "match"}, Case{"(ab){2}", "abab", "match"},
                    Case{"(){9999}", "", "match"}, Case{"((){0,9999})*", "", "match"}));

INSTANTIATE_TEST_SUITE_P(Classes, Patterns,
                         testing::Values(Case{".", "a", "match"}, Case{".", "\n", "none"},
                                         Case{".", "\r", "none"},
                                         Case{".", "\xE2\x80\xA8", "match"},
                                         Case{".", "😀", "match"}, Case{"[abc]", "b", "match"},
                                         Case{"[^abc]", "b", "none"}, Case{"[^abc]", "x", "match"},
                                         Case{"[a-cx-z]", "y", "match"},
                                         Case{"[a-cb-d]", "d", "match"}, Case{"[a-c]", "-", "none"},
                                         Case{"[-a]", "-", "match"}, Case{"[a-]", "-", "match"},
                                         Case{"[-]", "-", "match"}, Case{"[^-]", "-", "none"},
                                         Case{"[.]", "x", "none"}, Case{"[\\]\\[]", "]", "match"},
                                         Case{"[\\--0]", ".", "match"}, Case{"[à-ü]", "é", "match"},
                                         Case{"[a^]", "^", "match"}, Case{"[\\^a]", "^", "match"}));

INSTANTIATE_TEST_SUITE_P(
    Escapes, Patterns,
    testing::Values(Case{"\\n\\r\\t", "\n\r\t", "match"}, Case{"\\.\\*\\\\", ".*\\", "match"},
                    Case{"\\{\\}\\(\\)\\[\\]\\|\\?\\+\\-\\^", "{}()[]|?+-^", "match"},
                    Case{"\\p{Lu}", "É", "match"}, Case{"\\p{Lu}", "é", "none"},
                    Case{"\\P{Lu}", "é", "match"}, Case{"\\p{L}+", "aÉ漢", "match"},
                    Case{"[\\p{Nd}_]+", "1_٣", "match"}, Case{"[^\\p{L}]", "x", "none"},
                    Case{"[\\P{L}x]+", "1x", "match"}, Case{"\\p{So}", "😀", "match"},
                    Case{"\\p{Zs}", " ", "match"}, Case{"\\p{Cn}", "\xF4\x8F\xBF\xBF", "match"}));

INSTANTIATE_TEST_SUITE_P(
    Refused, Patterns,
    testing::Values(
        Case{"a(", "", "3: expected \")\""},
        Case{"a)", "", "2: \")\" closes nothing; write \"\\)\" for the character"},
        Case{"*a", "", "1: this character has a meaning of its own; put a backslash before it"},
        Case{"a**", "", "3: this character has a meaning of its own; put a backslash before it"},
        Case{"a{", "", "3: expected a number, such as in {2,5}"},
        Case{"a{2", "", "4: expected \"}\" after how often, such as {2}, {2,} or {2,5}"},
        Case{"a{3,2}", "", "7: at most is less than at least"},
        Case{"a{99999}", "", "7: repeats more than 10000 times"},
        Case{"(a{100}){101}", "", "1: needs more than 10000 steps; repeat less often with {…}"},
        Case{"[]", "", "2: an empty class; write \"\\]\" for the character"},
        Case{"[a", "", "3: the class is never closed; add \"]\""},
        Case{"[a-", "", "4: the class is never closed; add \"]\""},
        Case{"[b-a]", "", "5: the range runs backwards"},
        Case{"[a-b-c]", "", "5: \"-\" stands first, last or in a range; write \"\\-\""},
        Case{"[[]", "", "2: put a backslash before this character in a class"},
        Case{"\\d", "",
             "2: no escape of I-Regexp, which has \\n, \\r, \\t, \\p{…}, \\P{…} and a backslash "
             "before ( ) * + - . ? [ \\ ] ^ { | }"},
        Case{"\\p{Xx}", "", "6: expected a category such as \\p{Lu}, \\p{L} or \\p{Nd}"},
        Case{"\\pL", "", "3: expected \"{\" and a category, such as \\p{Lu}"},
        Case{"é(", "", "3: expected \")\""}));

TEST(Pattern, NestsToALimit) {
    const std::string open(pattern_nesting_max + 1, '(');
    EXPECT_EQ(outcome(open, ""), "33: nested deeper than the limit of 32 levels");
}

TEST(Pattern, TakesNoLongerForHostilePatterns) {
    const auto pattern = Pattern::compile("(a*)*(a|aa)+b");
    ASSERT_TRUE(pattern);
    Fuel fuel;
    EXPECT_EQ(pattern->matches(std::string(10'000, 'a'), fuel), Outcome::no);
    EXPECT_GT(fuel.left, Fuel{}.left / 2);
}

TEST(Pattern, PaysForWhatItFollows) {
    const auto pattern = Pattern::compile("((|){40}a?){40}b");
    ASSERT_TRUE(pattern);
    Fuel fuel{100'000};
    EXPECT_EQ(pattern->occurs_in(std::string(1'000, 'a'), fuel), Outcome::out_of_fuel);
    EXPECT_EQ(fuel.left, 0u);
}

TEST(Categories, CoverUnicode) {
    EXPECT_EQ(category_runs.front() / 32, 0u);
    EXPECT_EQ(category_bits("Lu"), 1u);
    EXPECT_EQ(category_bits("L"), 0b11111u);
    EXPECT_EQ(category_bits("Cs"), 0u);
    EXPECT_EQ(category_bits(""), 0u);
    EXPECT_EQ(category_bits("u"), 0u);
}

}  // namespace

}  // namespace millrace::expr
