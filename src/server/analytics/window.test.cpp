// SPDX-License-Identifier: Apache-2.0
#include "analytics/window.hpp"

#include <gtest/gtest.h>

#include <random>

namespace millrace::server {
namespace {

using core::Duration;
using core::Time;
using store::RollupPart;
using store::RollupSpan;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;

Time at(const char* text) {
    return Time::parse(text).value();
}

void expect_part(const RollupPart& part, RollupSpan span, const char* from, const char* before) {
    EXPECT_EQ(part.span, span);
    EXPECT_EQ(part.from.text(), at(from).text());
    EXPECT_EQ(part.before.text(), at(before).text());
}

const Time now = at("2026-06-15T10:17:23.456Z");

TEST(Window, TakesTheLongestRowsThatFit) {
    const AnalyticsWindow window = cover(now - Duration{day_ms}, now, RollupSpan::minute, now);
    EXPECT_EQ(window.from, at("2026-06-14T10:00:00Z")) << "of that time hours are the shortest";
    EXPECT_EQ(window.before, at("2026-06-15T10:18:00Z"));
    ASSERT_EQ(window.parts.size(), 2u);
    expect_part(window.parts[0], RollupSpan::hour, "2026-06-14T10:00:00Z", "2026-06-15T10:00:00Z");
    expect_part(window.parts[1], RollupSpan::minute, "2026-06-15T10:00:00Z",
                "2026-06-15T10:18:00Z");
}

TEST(Window, BeginsWithDaysWhereHoursAreGone) {
    const AnalyticsWindow window = cover(now - Duration{40 * day_ms}, now, RollupSpan::minute, now);
    EXPECT_EQ(window.from, at("2026-05-06T00:00:00Z"));
    ASSERT_EQ(window.parts.size(), 3u);
    expect_part(window.parts[0], RollupSpan::day, "2026-05-06T00:00:00Z", "2026-06-15T00:00:00Z");
    expect_part(window.parts[1], RollupSpan::hour, "2026-06-15T00:00:00Z", "2026-06-15T10:00:00Z");
}

TEST(Window, CannotBeWiderThanWhatThereIs) {
    const AnalyticsWindow window =
        cover(Time{0}, Time{now.ms + 400 * day_ms}, RollupSpan::day, now);
    EXPECT_EQ(window.from, store::start_of(RollupSpan::day, now - Duration{400 * day_ms}));
    EXPECT_EQ(window.before, at("2026-06-16T00:00:00Z"));
    const AnalyticsWindow gone = cover(Time{0}, Time{1}, RollupSpan::minute, now);
    EXPECT_LE(gone.before - gone.from, Duration{day_ms});
    const AnalyticsWindow future =
        cover(now + Duration{hour_ms}, now + Duration{2 * hour_ms}, RollupSpan::minute, now);
    EXPECT_LE(future.before - future.from, Duration{minute_ms});
}

TEST(Window, IsCoveredOnceByRowsThatAreKept) {
    std::mt19937_64 random{7};
    const auto below = [&](std::int64_t limit) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
    };
    constexpr std::int64_t reaches[] = {hour_ms, 7 * hour_ms, 36 * day_ms, 410 * day_ms};
    for (int round = 0; round < 4'000; ++round) {
        const Time before{now.ms - below(reaches[below(4)])};
        const Time from{before.ms - 1 - below(reaches[below(4)])};
        const auto finest = static_cast<RollupSpan>(below(3));
        const AnalyticsWindow window = cover(from, before, finest, now);
        Time reached = window.from;
        for (const RollupPart& part : window.parts) {
            ASSERT_EQ(part.from, reached);
            ASSERT_LT(part.from, part.before);
            ASSERT_GE(part.span, finest);
            ASSERT_EQ(store::start_of(part.span, part.from), part.from);
            ASSERT_EQ(store::start_of(part.span, part.before), part.before);
            ASSERT_GE(part.from, needed_from(part.span, now)) << from.text() << before.text();
            reached = part.before;
        }
        ASSERT_EQ(reached, window.before);
        ASSERT_GE(window.before,
                  before - Duration{before < now - Duration{400 * day_ms} ? day_ms : 0});
        if (from >= now - Duration{400 * day_ms}) {
            ASSERT_LE(window.from, from);
        }
        ASSERT_LE(from - window.from, Duration{day_ms});
        ASSERT_LE(window.parts.size(), 5u) << "the fewest rows";
    }
}

TEST(Window, OfOneLengthIsOnePart) {
    const AnalyticsWindow window =
        cover_evenly(now - Duration{50 * day_ms}, now, RollupSpan::hour, now);
    ASSERT_EQ(window.parts.size(), 1u);
    expect_part(window.parts[0], RollupSpan::hour, "2026-05-11T10:00:00Z", "2026-06-15T11:00:00Z");
    EXPECT_EQ(window.from, window.parts[0].from);
    EXPECT_EQ(window.before, window.parts[0].before);
}

}  // namespace
}  // namespace millrace::server
