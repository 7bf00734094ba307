// SPDX-License-Identifier: Apache-2.0
#include "trigger/schedule/zone_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/random.hpp"
#include "millrace/core/time.hpp"
#include "millrace/format/expression_host.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;

std::int64_t seconds(std::string_view time) {
    return core::Time::parse(std::string{time} + "Z").value().ms / 1'000;
}

/// Due times in UTC from `day` on, which is the day before.
std::vector<std::string> due(std::string_view text, const std::string& zone, std::string_view day,
                             int count) {
    const Cron cron = Cron::parse(text).value();
    const ZoneClock clock{format::expression_host(), zone};
    std::vector<std::string> found;
    auto at = next_due(cron, clock, seconds(std::string{day} + "T12:00:00"));
    for (; at && count > 0; at = next_due(cron, clock, *at), --count)
        found.push_back(core::Time{*at * 1'000}.text().substr(0, 16));
    return found;
}

TEST(ZoneClock, SkippedTimesAreDueAfterTheGap) {
    EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-03-28", 2),
                ElementsAre("2026-03-29T01:00", "2026-03-30T00:30"));
    EXPECT_THAT(due("30 2 * * *", "America/New_York", "2026-03-07", 2),
                ElementsAre("2026-03-08T07:00", "2026-03-09T06:30"));
    // Half an hour, from 02:00 to 02:30.
    EXPECT_THAT(due("15 2 * * *", "Australia/Lord_Howe", "2026-10-02", 3),
                ElementsAre("2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"));
    // Midnight itself, which summer time began with.
    EXPECT_THAT(due("0 0 * * *", "America/Sao_Paulo", "2018-11-03", 2),
                ElementsAre("2018-11-04T03:00", "2018-11-05T02:00"));
    // A whole day, when Samoa crossed the date line.
    EXPECT_THAT(due("0 9 * * *", "Pacific/Apia", "2011-12-28", 4),
                ElementsAre("2011-12-28T19:00", "2011-12-29T19:00", "2011-12-30T10:00",
                            "2011-12-30T19:00"));
}

TEST(ZoneClock, SeveralSkippedTimesAreDueOnce) {
    EXPECT_THAT(due("*/20 2,3 * * *", "Europe/Berlin", "2026-03-28", 4),
                ElementsAre("2026-03-29T01:00", "2026-03-29T01:20", "2026-03-29T01:40",
                            "2026-03-30T00:00"));
}

TEST(ZoneClock, DoubledTimesAreDueTheFirstTime) {
    EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-10-24", 2),
                ElementsAre("2026-10-25T00:30", "2026-10-26T01:30"));
    EXPECT_THAT(due("30 1 * * *", "America/New_York", "2026-10-31", 2),
                ElementsAre("2026-11-01T05:30", "2026-11-02T06:30"));
    EXPECT_THAT(due("45 1 * * *", "Australia/Lord_Howe", "2026-04-03", 3),
                ElementsAre("2026-04-03T14:45", "2026-04-04T14:45", "2026-04-05T15:15"));
    // Summer time ended at midnight, so that 23:30 came twice on the day before.
    EXPECT_THAT(due("30 23 * * *", "America/Sao_Paulo", "2018-02-17", 2),
                ElementsAre("2018-02-18T01:30", "2018-02-19T02:30"));
}

TEST(ZoneClock, EveryHourGoesOnInRealTime) {
    EXPECT_THAT(due("30 * * * *", "Europe/Berlin", "2026-03-28", 14).back(), "2026-03-29T01:30");
    EXPECT_THAT(due("30 * 25 10 *", "Europe/Berlin", "2026-10-24", 25).back(), "2026-10-25T22:30");
    EXPECT_THAT(due("0 * 1 1 *", "Europe/Berlin", "2026-03-28", 1),
                ElementsAre("2026-12-31T23:00"));
}

TEST(ZoneClock, FollowsOffsetsOfAllKinds) {
    EXPECT_THAT(due("0 9 * * *", "Asia/Kathmandu", "2026-01-01", 1),
                ElementsAre("2026-01-02T03:15"));
    // Before and in Ramadan, in which Morocco turns its clocks back.
    EXPECT_THAT(due("30 2 * * *", "Africa/Casablanca", "2026-02-13", 3),
                ElementsAre("2026-02-14T01:30", "2026-02-15T01:30", "2026-02-16T02:30"));
}

/// Minute by minute, from the definition.
class NaiveSearch {
public:
    NaiveSearch(const ZoneClock& clock, std::int64_t from, int days) : from_{from} {
        for (int minute = -1; minute < days * 1'440; ++minute)
            shown_.push_back(clock.shown_at(from + minute * 60));
    }

    /// 0: none within the days.
    std::int64_t next(const Cron& cron) const {
        std::set<std::int64_t> seen;
        for (std::size_t k = 1; k < shown_.size(); ++k) {
            const bool is_new = seen.insert(shown_[k]).second;
            const bool is_due = cron.is_every_hour()
                                    ? cron.fits(shown_[k])
                                    : (is_new && cron.fits(shown_[k])) || skips(cron, k);
            if (is_due && k > 1'440) return from_ + (static_cast<std::int64_t>(k) - 1) * 60;
        }
        return 0;
    }

private:
    bool skips(const Cron& cron, std::size_t k) const {
        for (std::int64_t local = shown_[k - 1] + 60; local < shown_[k]; local += 60)
            if (cron.fits(local)) return true;
        return false;
    }

    std::int64_t from_;
    std::vector<std::int64_t> shown_;
};

TEST(ZoneClock, AgreesWithASearchMinuteByMinute) {
    struct Turn {
        std::string zone;
        std::string_view near;
    };
    const std::vector<Turn> turns{{"Europe/Berlin", "2026-03-29T01:00:00"},
                                  {"Europe/Berlin", "2026-10-25T01:00:00"},
                                  {"America/New_York", "2026-03-08T07:00:00"},
                                  {"America/New_York", "2026-11-01T06:00:00"},
                                  {"Australia/Lord_Howe", "2026-10-03T15:30:00"},
                                  {"Australia/Lord_Howe", "2026-04-04T15:00:00"},
                                  {"Pacific/Apia", "2011-12-30T10:00:00"},
                                  {"America/Sao_Paulo", "2018-11-04T03:00:00"},
                                  {"Africa/Casablanca", "2026-02-15T02:00:00"},
                                  {"Asia/Kathmandu", "2026-01-01T00:00:00"}};
    const std::vector<std::string> minutes{"*", "0", "30", "*/20", "15,45", "59"};
    const std::vector<std::string> hours{"*", "0", "1", "2", "3", "23", "*/2", "1-3", "0,12"};
    const std::vector<std::string> days{"* * *",  "* * SUN", "L * *",
                                        "30 * *", "*/2 * *", "4 * MON"};
    std::uint64_t counter = 0;
    const auto draw = [&counter](std::uint64_t below) {
        return core::counter_random(7, 6, ++counter, 0) % below;
    };
    for (const Turn& turn : turns) {
        const ZoneClock clock{format::expression_host(), turn.zone};
        for (int start = 0; start < 4; ++start) {
            // The search has seen a day before what it is asked for.
            const std::int64_t after =
                seconds(turn.near) + (static_cast<std::int64_t>(draw(1'800)) - 1'700) * 60;
            const NaiveSearch naive{clock, after - 86'340, 4};
            for (int k = 0; k < 12; ++k) {
                const std::string text = minutes[draw(minutes.size())] + " " +
                                         hours[draw(hours.size())] + " " + days[draw(days.size())];
                const Cron cron = Cron::parse(text).value();
                const std::int64_t expected = naive.next(cron);
                const std::int64_t found = next_due(cron, clock, after).value();
                if (expected == 0) {
                    EXPECT_GT(found, after + 3 * 86'400) << text << " " << turn.zone;
                } else {
                    EXPECT_EQ(core::Time{found * 1'000}.text(), core::Time{expected * 1'000}.text())
                        << text << " in " << turn.zone << " after "
                        << core::Time{after * 1'000}.text();
                }
            }
        }
    }
}

}  // namespace
}  // namespace millrace::nodes
