// SPDX-License-Identifier: Apache-2.0
#include "terminal/styled.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;

TEST(Styled, CountsCellsAndNotBytes) {
    EXPECT_EQ(columns_of("abc"), 3u);
    EXPECT_EQ(columns_of("✓ Größe…"), 8u);
    EXPECT_EQ(columns_of("日本"), 4u);
    EXPECT_EQ(columns_of("e\u0301"), 1u);
    EXPECT_EQ(columns_of(""), 0u);
}

TEST(Styled, CutsAtACellAndSaysSo) {
    EXPECT_EQ(clipped("charge", 6), "charge");
    EXPECT_EQ(clipped("charge", 5), "char…");
    EXPECT_EQ(clipped("日本語", 4), "日…");
    EXPECT_EQ(clipped("charge", 1), "…");
    EXPECT_EQ(clipped("charge", 0), "");
}

TEST(Styled, PadsByCells) {
    EXPECT_EQ(padded("é", 3), "é  ");
    EXPECT_EQ(padded("long", 3), "long");
}

TEST(Styled, LetsNoControlCharacterReachTheTerminal) {
    EXPECT_EQ(one_line("a\x1b[31mb\nc\x7f"), "a [31mb c ");
    EXPECT_EQ(one_line("a\u009bb"), "a b");
    EXPECT_EQ(one_line("a\xff"
                       "b"),
              "a\uFFFDb");
}

TEST(Styled, ColorsOnlyWhereWanted) {
    EXPECT_EQ(painted(Tone::good, "ok", true), "\x1b[32mok\x1b[0m");
    EXPECT_EQ(painted(Tone::good, "ok", false), "ok");
    EXPECT_EQ(painted(Tone::plain, "ok", true), "ok");
    EXPECT_EQ(painted(Tone::bad, "", true), "");
}

TEST(Styled, CutsALineAcrossItsSpans) {
    const Line line{{Tone::good, "ab"}, {Tone::plain, "cdef"}};
    EXPECT_EQ(rendered(line, 6, false), "abcdef");
    EXPECT_EQ(rendered(line, 4, false), "abc…");
    EXPECT_EQ(rendered(line, 4, true), "\x1b[32mab\x1b[0mc…");
}

TEST(Styled, BreaksLinesAtSpaces) {
    const Line line{{Tone::strong, "one two "}, {Tone::plain, "three"}};
    EXPECT_THAT(wrapped(line, 8),
                ElementsAre(Line{{Tone::strong, "one two"}}, Line{{Tone::plain, "three"}}));
    EXPECT_THAT(wrapped({{Tone::plain, "unbreakable word"}}, 5, 2),
                ElementsAre(Line{{Tone::plain, "unbreakable"}}, Line{{Tone::plain, "  word"}}));
    EXPECT_THAT(wrapped({{Tone::plain, "a  b"}}, 10), ElementsAre(Line{{Tone::plain, "a  b"}}));
    EXPECT_THAT(wrapped({}, 10), ElementsAre(Line{}));
}

}  // namespace
}  // namespace millrace::cli
