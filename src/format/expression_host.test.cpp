// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/expression_host.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "millrace/core/time.hpp"
#include "millrace/format/digest.hpp"

namespace millrace::format {

namespace {

std::int64_t minutes_at(std::string_view zone, std::string_view time) {
    return expression_host().offset_at(zone, core::Time::parse(time)->ms) / 60'000;
}

std::size_t digest_size(std::string_view name) {
    return expression_host().digest(name, "abc").value_or("").size();
}

}  // namespace

TEST(ExpressionHost, KnowsTheDigestsItNames) {
    const auto names = expression_host().digest_names();
    EXPECT_TRUE(std::ranges::is_sorted(names));
    for (const std::string_view name : names)
        EXPECT_GE(digest_size(name), 16u) << name;
    EXPECT_EQ(digest_size("sha256"), 32u);
    EXPECT_EQ(digest_size("blake2b512"), 64u);
    EXPECT_FALSE(expression_host().digest("sha265", ""));
    EXPECT_FALSE(expression_host().digest("SHA256", ""));
}

TEST(ExpressionHost, DigestsAsTheRestOfTheRoom) {
    std::string bytes = *expression_host().digest("sha256", "abc");
    Digest256 digest{};
    std::ranges::copy(bytes, digest.begin());
    EXPECT_EQ(to_hex(digest), sha256_hex("abc"));
}

TEST(ExpressionHost, FindsZonesByTheirNames) {
    EXPECT_TRUE(expression_host().has_zone("Europe/Berlin"));
    EXPECT_TRUE(expression_host().has_zone("US/Pacific"));
    EXPECT_FALSE(expression_host().has_zone("Europe/Berln"));
    EXPECT_FALSE(expression_host().has_zone("../passwd"));
    EXPECT_FALSE(expression_host().has_zone(""));
    EXPECT_EQ(expression_host().nearest_zone("Europe/Berln"), "Europe/Berlin");
}

TEST(ExpressionHost, FollowsTheChangesOfAZone) {
    EXPECT_EQ(minutes_at("Europe/Berlin", "2026-03-29T00:59:59Z"), 60);
    EXPECT_EQ(minutes_at("Europe/Berlin", "2026-03-29T01:00:00Z"), 120);
    EXPECT_EQ(minutes_at("Asia/Kolkata", "2026-01-01T00:00:00Z"), 330);
    EXPECT_EQ(minutes_at("Pacific/Apia", "2011-12-30T09:59:59Z"), -600);
    EXPECT_EQ(minutes_at("Pacific/Apia", "2011-12-30T10:00:00Z"), 840);
}

// The files list changes until 2037.
TEST(ExpressionHost, FollowsTheRuleOfAZoneForEver) {
    EXPECT_EQ(minutes_at("Europe/Berlin", "2050-01-01T12:00:00Z"), 60);
    EXPECT_EQ(minutes_at("Europe/Berlin", "2050-07-01T12:00:00Z"), 120);
    EXPECT_EQ(minutes_at("Europe/Berlin", "2050-03-27T00:59:59Z"), 60);  // its last Sunday
    EXPECT_EQ(minutes_at("Europe/Berlin", "2050-03-27T01:00:00Z"), 120);
    EXPECT_EQ(minutes_at("America/New_York", "2044-03-13T06:59:59Z"), -300);
    EXPECT_EQ(minutes_at("America/New_York", "2044-03-13T07:00:00Z"), -240);
    EXPECT_EQ(minutes_at("Australia/Sydney", "2096-01-15T00:00:00Z"), 660);
    EXPECT_EQ(minutes_at("Australia/Sydney", "2096-07-15T00:00:00Z"), 600);
    EXPECT_EQ(minutes_at("Asia/Tokyo", "2050-07-01T12:00:00Z"), 540);
    EXPECT_EQ(minutes_at("Africa/Lagos", "9999-12-31T00:00:00Z"), 60);
}

}  // namespace millrace::format
