// SPDX-License-Identifier: Apache-2.0
#include "http/request/retry_after.hpp"

#include <gtest/gtest.h>

namespace millrace::nodes {
namespace {

constexpr core::Time example{784'111'777'000};  // RFC 9110, 5.6.7

TEST(HttpDate, HasThreeForms) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);
}

TEST(HttpDate, IsNothingElse) {
    for (const char* text : {"", "tomorrow", "Sun, 06 Nov 1994 08:49:37 CET", "06 Nov 1994",
                             "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT",
                             "Sun, 99 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

TEST(RetryAfter, CountsSeconds) {
    EXPECT_EQ(retry_after_ms("120", ""), 120'000);
    EXPECT_EQ(retry_after_ms("0", ""), 0);
}

TEST(RetryAfter, IsAYearAtMost) {
    constexpr std::int64_t year_ms = 31'536'000'000;
    EXPECT_EQ(retry_after_ms("2000000000", ""), year_ms);
    EXPECT_EQ(retry_after_ms("99999999999999999999", ""), year_ms);
}

TEST(RetryAfter, CountsFromTheDateOfTheAnswer) {
    EXPECT_EQ(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT"),
              30'000);
    EXPECT_EQ(retry_after_ms("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"), 0);
}

TEST(RetryAfter, IsUnknownWithoutAReadableDate) {
    EXPECT_FALSE(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", ""));
    EXPECT_FALSE(retry_after_ms("soon", ""));
    EXPECT_FALSE(retry_after_ms("-5", ""));
    EXPECT_FALSE(retry_after_ms("", ""));
}

}  // namespace
}  // namespace millrace::nodes
