// SPDX-License-Identifier: Apache-2.0
#include "trigger/schedule/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::int64_t seconds(std::string_view time) {
    return core::Time::parse(std::string{time} + "Z").value().ms / 1'000;
}

/// The next due times, up to seconds where those are not zero.
std::vector<std::string> next(std::string_view text, std::string_view after, int count) {
    std::vector<std::string> found;
    const auto cron = Cron::parse(text);
    if (!cron) return {cron.error()};
    for (auto at = cron->next_after(seconds(after)); at && count > 0;
         at = cron->next_after(*at), --count) {
        EXPECT_TRUE(cron->fits(*at)) << text;
        std::string shown = core::Time{*at * 1'000}.text().substr(0, 19);
        if (shown.ends_with(":00")) shown.resize(16);
        found.push_back(std::move(shown));
    }
    return found;
}

std::string error_of(std::string_view text) {
    const auto cron = Cron::parse(text);
    return cron ? "" : cron.error();
}

TEST(Cron, NamesMinutesAndHours) {
    EXPECT_THAT(next("*/20 9-10 * * *", "2026-01-31T09:30:00", 4),
                ElementsAre("2026-01-31T09:40", "2026-01-31T10:00", "2026-01-31T10:20",
                            "2026-01-31T10:40"));
    EXPECT_THAT(next("5,50-52/2 0 * * *", "2026-12-31T00:50:00", 2),
                ElementsAre("2026-12-31T00:52", "2027-01-01T00:05"));
    EXPECT_THAT(next("10/25 0 * * *", "2026-01-01T00:00:00", 3),
                ElementsAre("2026-01-01T00:10", "2026-01-01T00:35", "2026-01-02T00:10"));
}

TEST(Cron, NamesSecondsWithASixthField) {
    EXPECT_THAT(next("*/30 59 23 * * *", "2026-12-31T23:59:00", 2),
                ElementsAre("2026-12-31T23:59:30", "2027-01-01T23:59"));
}

TEST(Cron, NamesDaysAndMonths) {
    EXPECT_THAT(next("0 0 29 2 *", "2096-03-01T00:00:00", 1), ElementsAre("2104-02-29T00:00"));
    EXPECT_THAT(next("0 0 1 jan,Jul *", "2026-01-01T00:00:00", 2),
                ElementsAre("2026-07-01T00:00", "2027-01-01T00:00"));
    EXPECT_THAT(next("0 0 ? * sat-sun", "2026-11-20T00:00:00", 3),
                ElementsAre("2026-11-21T00:00", "2026-11-22T00:00", "2026-11-28T00:00"));
    EXPECT_THAT(next("0 0 * * 7", "2026-11-20T00:00:00", 1), ElementsAre("2026-11-22T00:00"));
}

TEST(Cron, TakesEitherDayWhenBothAreRestricted) {
    EXPECT_THAT(next("0 0 13 * FRI", "2026-11-06T00:00:00", 3),
                ElementsAre("2026-11-13T00:00", "2026-11-20T00:00", "2026-11-27T00:00"));
    EXPECT_THAT(next("0 0 13 * FRI", "2026-12-11T00:00:00", 1), ElementsAre("2026-12-13T00:00"));
    // A field that begins with `*` is no restriction, so that both must fit.
    EXPECT_THAT(next("0 0 */2 * FRI", "2026-11-06T00:00:00", 2),
                ElementsAre("2026-11-13T00:00", "2026-11-27T00:00"));
}

TEST(Cron, CountsFromTheEndOfTheMonth) {
    EXPECT_THAT(next("0 0 L * *", "2028-01-31T00:00:00", 2),
                ElementsAre("2028-02-29T00:00", "2028-03-31T00:00"));
    EXPECT_THAT(next("0 0 L-2,L * ?", "2026-02-01T00:00:00", 2),
                ElementsAre("2026-02-26T00:00", "2026-02-28T00:00"));
    EXPECT_THAT(next("0 0 * * FRIL", "2026-11-01T00:00:00", 2),
                ElementsAre("2026-11-27T00:00", "2026-12-25T00:00"));
}

TEST(Cron, FindsWorkingDays) {
    // The 1st of August 2026 is a Saturday, the 15th too, the 31st a Monday; the 15th and the last
    // of November are a Sunday and a Monday.
    EXPECT_THAT(next("0 0 1W 8 *", "2026-01-01T00:00:00", 1), ElementsAre("2026-08-03T00:00"));
    EXPECT_THAT(next("0 0 15W 8,11 *", "2026-01-01T00:00:00", 2),
                ElementsAre("2026-08-14T00:00", "2026-11-16T00:00"));
    EXPECT_THAT(next("0 0 LW 5,10 *", "2026-01-01T00:00:00", 2),
                ElementsAre("2026-05-29T00:00", "2026-10-30T00:00"));
}

TEST(Cron, CountsWeekdaysOfTheMonth) {
    EXPECT_THAT(next("0 0 * * MON#1,WED#5", "2026-11-01T00:00:00", 4),
                ElementsAre("2026-11-02T00:00", "2026-12-07T00:00", "2026-12-30T00:00",
                            "2027-01-04T00:00"));
}

TEST(Cron, KnowsWords) {
    EXPECT_THAT(next("@hourly", "2026-11-20T23:30:00", 1), ElementsAre("2026-11-21T00:00"));
    EXPECT_THAT(next("@daily", "2026-11-20T23:30:00", 1), ElementsAre("2026-11-21T00:00"));
    EXPECT_THAT(next("@weekly", "2026-11-20T23:30:00", 1), ElementsAre("2026-11-22T00:00"));
    EXPECT_THAT(next("@monthly", "2026-11-20T23:30:00", 1), ElementsAre("2026-12-01T00:00"));
    EXPECT_THAT(next("@yearly", "2026-11-20T23:30:00", 1), ElementsAre("2027-01-01T00:00"));
}

TEST(Cron, SaysWhatItCannotRead) {
    EXPECT_THAT(error_of("61 * * * *"), HasSubstr("minutes: \"61\" is not between 0 and 59"));
    EXPECT_THAT(error_of("0 0 * * FUN"), HasSubstr("day of week: \"FUN\" is neither a number"));
    EXPECT_THAT(error_of("0 x * * *"), HasSubstr("hours: \"x\" is not a number"));
    EXPECT_THAT(error_of("0 0 0 * *"), HasSubstr("day of month: \"0\" is not between 1 and 31"));
    EXPECT_THAT(error_of("0 22-2 * * *"), HasSubstr("goes backwards"));
    EXPECT_THAT(error_of("*/90 * * * *"), HasSubstr("`interval`"));
    EXPECT_THAT(error_of("*/0 * * * *"), HasSubstr("not a step"));
    EXPECT_THAT(error_of("1,,2 * * * *"), HasSubstr("side of a comma"));
    EXPECT_THAT(error_of("? * * * *"), HasSubstr("for days only"));
    EXPECT_THAT(error_of("0 0 * * L"), HasSubstr("FRIL"));
    EXPECT_THAT(error_of("0 0 * *"), HasSubstr("4 fields"));
    EXPECT_THAT(error_of("0 0 0 1 1 ? 2030"), HasSubstr("`start` and `end`"));
    EXPECT_THAT(error_of("@reboot"), HasSubstr("@yearly"));
    EXPECT_THAT(error_of(""), HasSubstr("0 fields"));
    EXPECT_THAT(error_of("0 0 30 2 *"), HasSubstr("no day ever fits"));
    EXPECT_THAT(error_of("0 0 31 4,6 ?"), HasSubstr("no day ever fits"));
    EXPECT_THAT(error_of(std::string(2'000, '1')), HasSubstr("longer than"));
}

TEST(Cron, ReadsSpacesAndNamesInAnyForm) {
    EXPECT_EQ(error_of("  0\t0  *  nov  Mon-fri "), "");
}

}  // namespace
}  // namespace millrace::nodes
