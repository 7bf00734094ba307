// SPDX-License-Identifier: Apache-2.0
#include "terminal/wording.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

TEST(Wording, NamesDurationsInTheirTwoLargestUnits) {
    EXPECT_EQ(duration_words({-5}), "0 ms");
    EXPECT_EQ(duration_words({999}), "999 ms");
    EXPECT_EQ(duration_words({1'000}), "1 s");
    EXPECT_EQ(duration_words({1'250}), "1.2 s");
    EXPECT_EQ(duration_words({59'990}), "59.9 s");
    EXPECT_EQ(duration_words({123'000}), "2 min 3 s");
    EXPECT_EQ(duration_words({120'000}), "2 min");
    EXPECT_EQ(duration_words({12'000'000}), "3 h 20 min");
    EXPECT_EQ(duration_words({187'200'000}), "2 d 4 h");
}

TEST(Wording, CountsDownInWholeSecondsUntilNothingIsLeft) {
    EXPECT_EQ(countdown_words({1'001}), "2 s");
    EXPECT_EQ(countdown_words({1}), "1 s");
    EXPECT_EQ(countdown_words({0}), "0 s");
    EXPECT_EQ(countdown_words({-7}), "0 s");
    EXPECT_EQ(countdown_words({61'000}), "1 min 1 s");
}

TEST(Wording, CountsThings) {
    EXPECT_EQ(counted(1, "node"), "1 node");
    EXPECT_EQ(counted(0, "node"), "0 nodes");
    EXPECT_EQ(size_words(1'023), "1023 bytes");
    EXPECT_EQ(size_words(57'344), "56.0 KiB");
    EXPECT_EQ(size_words(1u << 20), "1.0 MiB");
}

TEST(Wording, ShowsTimesAsTheReadersClockDoes) {
    const core::Time time = *core::Time::parse("2026-01-31T12:00:01.123Z");
    EXPECT_EQ(clock_text(time), "12:00:01.123");
    EXPECT_EQ(date_text(time), "2026-01-31 12:00:01");
}

TEST(Wording, ShowsTextAsItIsAndDataAsJson) {
    EXPECT_EQ(value_words("a \"b\""), "a \"b\"");
    EXPECT_EQ(value_words(core::Value::object({{"a", 1}})), "{\"a\":1}");
}

}  // namespace
}  // namespace millrace::cli
