// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace millrace::core {
namespace {

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
    for (const char* text :
         {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "long ascii text, then é"}) {
        EXPECT_TRUE(is_valid_utf8(text)) << text;
    }
}

TEST(Utf8, FindsTheFirstIllFormedByte) {
    EXPECT_EQ(valid_utf8_prefix("ab\xFF"), 2u);
    EXPECT_EQ(valid_utf8_prefix("0123456789abcdef\x80xyz"), 16u);
    EXPECT_EQ(valid_utf8_prefix("\xC0\x80"), 0u);
    EXPECT_EQ(valid_utf8_prefix("a\xE2\x82"), 1u);
    EXPECT_EQ(valid_utf8_prefix("\xE0\x9F\xBF"), 0u);
    EXPECT_EQ(valid_utf8_prefix("\xF0\x8F\xBF\xBF"), 0u);
    EXPECT_EQ(valid_utf8_prefix("\xF4\x90\x80\x80"), 0u);
    EXPECT_EQ(valid_utf8_prefix("\xED\xA0\x80"), 0u);
}

// The example of the Unicode Standard, table 3-8, and of the Encoding Standard.
TEST(Utf8, ReplacesEachMaximalPartOnce) {
    EXPECT_EQ(replace_invalid_utf8("a\xF1\x80\x80\xE1\x80\xC2"
                                   "b\x80"
                                   "c\x80\xBF"
                                   "d"),
              "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
    EXPECT_EQ(replace_invalid_utf8("\xE2\x82"), "\uFFFD");
    EXPECT_EQ(replace_invalid_utf8("fine"), "fine");
}

TEST(Utf8, AppendsCodePoints) {
    std::string out;
    for (const char32_t code_point : {U'A', U'é', U'€', U'😀'})
        append_utf8(out, code_point);
    EXPECT_EQ(out, "Aé€😀");
    out.clear();
    append_utf8(out, 0xD800);
    append_utf8(out, 0x110000);
    EXPECT_EQ(out, "\uFFFD\uFFFD");
}

RC_GTEST_PROP(Utf8Laws, WhatWasReplacedIsValidAndStaysTheSame, (const std::string& bytes)) {
    const std::string mended = replace_invalid_utf8(bytes);
    RC_ASSERT(is_valid_utf8(mended));
    RC_ASSERT((replace_invalid_utf8(mended) == mended));
    if (is_valid_utf8(bytes)) RC_ASSERT((mended == bytes));
}

}  // namespace
}  // namespace millrace::core
