// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "calendar.hpp"
#include "date_text.hpp"
#include "testing/evaluate.hpp"
#include "testing/fake_host.hpp"

namespace millrace::expr {

namespace {

struct Case {
    std::string_view source;
    std::string_view result;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.source;
}

class Dates : public testing::TestWithParam<Case> {};

TEST_P(Dates, Give) {
    EXPECT_EQ(result_of(GetParam().source, {}, &fake_host()), GetParam().result)
        << message_of(GetParam().source, {}, &fake_host());
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Dates,
    testing::Values(
        Case{"$date.parse('1970-01-01')", "0"},
        Case{"$date.parse('1969-12-31T23:59:59.999Z')", "-1"},
        Case{"$date.parse('2026-02-29')", "bad_date"}, Case{"$date.parse('2026-1-1')", "bad_date"},
        Case{"$date.parse('2026-01-01T24:00')", "1767312000000"},
        Case{"$date.parse('2026-01-01T24:01')", "bad_date"},
        Case{"$date.parse('2026-01-01T12:00:60')", "bad_date"},
        Case{"$date.parse('2026-01-01T12:00:00.1239+0530')", "1767249000123"},
        Case{"$date.parse('2026-01-01T12:00-01')", "1767272400000"},
        Case{"$date.parse('-271821-04-20')", "-8640000000000000"},
        Case{"$date.parse('-271821-04-19')", "bad_date"},
        Case{"$date.parse('2026-01-01x')", "bad_date"}, Case{"$date.parse('')", "bad_date"},
        Case{"$date.iso(-1)", "\"1969-12-31T23:59:59.999Z\""},
        Case{"$date.iso(8640000000000000)", "\"+275760-09-13T00:00:00.000Z\""},
        Case{"$date.iso(8640000000000001)", "bad_date"}, Case{"$date.iso(NaN)", "bad_date"},
        Case{"$date.iso(1.9)", "\"1970-01-01T00:00:00.001Z\""},
        Case{"$date.iso('2026-01-01', 'Test/Summer')", "\"2026-01-01T01:00:00.000+01:00\""},
        Case{"$date.iso(0, 'Test/Sumer')", "bad_zone"},
        Case{"$date.iso(0, 'UTC')", "\"1970-01-01T00:00:00.000Z\""}));

INSTANTIATE_TEST_SUITE_P(
    Patterns, Dates,
    testing::Values(
        Case{"$date.format('2026-03-01T08:05:09.007', 'yyyy yy M MM MMM MMMM d dd H HH h hh')",
             "\"2026 26 3 03 Mar March 1 01 8 08 8 08\""},
        Case{"$date.format('2026-03-01T00:05:09.007', 'h a m mm s ss SSS')",
             "\"12 AM 5 05 9 09 007\""},
        Case{"$date.format('2026-03-01', 'EEE EEEE e D DDD w ww Q')",
             "\"Sun Sunday 7 60 060 9 09 1\""},
        Case{"$date.format('2027-01-01', 'YYYY-ww')", "\"2026-53\""},
        Case{"$date.format(0, 'Z ZZ')", "\"+00:00 +0000\""},
        Case{"$date.format(0, 'Z ZZ', 'Test/Summer')", "\"+01:00 +0100\""},
        Case{"$date.format(0, \"'it''s' '' é:\")", "\"it's ' é:\""},
        Case{"$date.format(0, \"'open\")", "bad_pattern"},
        Case{"$date.format(0, 'YYY')", "bad_pattern"}, Case{"$date.format(0, '')", "\"\""}));

INSTANTIATE_TEST_SUITE_P(
    Sums, Dates,
    testing::Values(
        Case{"$date.iso($date.add('2024-02-29', { years: 1 }))", "\"2025-02-28T00:00:00.000Z\""},
        Case{"$date.iso($date.add('2026-03-31', { months: -1, days: 1 }))",
             "\"2026-03-01T00:00:00.000Z\""},
        Case{"$date.add(0, { hours: 1.5, milliseconds: 0.9 })", "5400000"},
        Case{"$date.add(0, { days: 0.5 })", "bad_unit"},
        Case{"$date.add(0, { day: '2' })", "172800000"},
        Case{"$date.add(0, { dayz: 1 })", "bad_unit"}, Case{"$date.add(0, 5)", "type_error"},
        Case{"$date.add(0, { years: 300000 })", "bad_date"},
        Case{"$date.add(0, { years: -1e15, quarters: -6e15, days: 5 })", "bad_date"},
        Case{"$date.add(0, { hours: 1e300 })", "bad_unit"},
        Case{"$date.diff('2024-02-29', '2025-02-28', 'years')", "1"},
        Case{"$date.diff('2026-03-31', '2026-02-28', 'months')", "-1"},
        Case{"$date.diff('2026-03-01', '2026-03-01T23:59', 'day')", "0"},
        Case{"$date.diff(5, 2)", "-3"}, Case{"$date.diff(0, 3599999, 'hours')", "0"},
        Case{"$date.diff('-271821-04-20', '+275760-09-13', 'quarters')", "2190325"},
        Case{"$date.startOf('2026-05-17T13:14:15.016', 'quarter')", "1775001600000"},
        Case{"$date.startOf(-1, 'second')", "-1000"}, Case{"$date.startOf(0, 'era')", "bad_unit"}));

// On 2026-03-29 the clock of this zone goes from 02:00 to 03:00, on 2026-10-25 from 03:00 to 02:00.
INSTANTIATE_TEST_SUITE_P(
    Changes, Dates,
    testing::Values(
        Case{"$date.iso($date.parse('2026-03-29T02:30', 'Test/Summer'))",
             "\"2026-03-29T01:30:00.000Z\""},
        Case{"$date.iso($date.parse('2026-10-25T02:30', 'Test/Summer'))",
             "\"2026-10-25T00:30:00.000Z\""},
        Case{"$date.iso($date.parse('2026-10-25T03:00', 'Test/Summer'))",
             "\"2026-10-25T02:00:00.000Z\""},
        Case{"$date.diff('2026-03-28T23:00Z', '2026-03-29T22:00Z', 'days', 'Test/Summer')", "1"},
        Case{"$date.diff('2026-03-28T23:00Z', '2026-03-29T22:00Z', 'hours', 'Test/Summer')", "23"},
        Case{"$date.iso($date.startOf('2026-10-25T01:45Z', 'hour', 'Test/Summer'))",
             "\"2026-10-25T01:00:00.000Z\""},
        Case{"$date.iso($date.startOf('2026-10-25T12:00Z', 'day', 'Test/Summer'))",
             "\"2026-10-24T22:00:00.000Z\""},
        Case{"$date.iso($date.parse('2026-06-30T12:00', 'Test/DateLine'), 'Test/DateLine')",
             "\"2026-07-01T12:00:00.000+14:00\""},
        Case{"$date.zone('2026-06-30T09:59Z', 'Test/DateLine')", "-36000000"},
        Case{"$date.parts('2026-07-01', 'Test/Summer').offset", "7200000"}));

TEST(Dates, NeedAHostForTimeZonesAlone) {
    EXPECT_EQ(result_of("$date.parse('1970-01-02')"), "86400000");
    EXPECT_EQ(result_of("$date.iso(0, 'Test/Summer')"), "not_native");
}

RC_GTEST_PROP(Calendar, GivesBackEachDay, ()) {
    const auto days = *rc::gen::inRange<std::int64_t>(-100'000'000, 100'000'001);
    const CalendarDay day = calendar_day(days);
    RC_ASSERT(days_of(day) == days);
    RC_ASSERT(day.day >= 1 && day.day <= days_in_month(day.year, day.month));
    RC_ASSERT(weekday_of(days + 7) == weekday_of(days));
}

RC_GTEST_PROP(DateText, ReadsWhatItWrote, ()) {
    const auto instant = *rc::gen::inRange<std::int64_t>(-instant_max, instant_max + 1);
    RC_ASSERT(parse_date(iso_text(instant, {}), {}) == instant);
}

RC_GTEST_PROP(LocalClock, FindsTheInstantOfWhatItShows, ()) {
    const LocalClock clock{fake_host(), "Test/Summer"};
    const auto instant = *rc::gen::inRange<std::int64_t>(1'750'000'000'000, 1'800'000'000'000);
    const std::int64_t found = clock.instant_of(clock.local_of(instant));
    // The hour that comes twice is its first.
    RC_ASSERT(found == instant || found == instant - ms_per_hour);
    RC_ASSERT(clock.local_of(found) == clock.local_of(instant));
}

}  // namespace

}  // namespace millrace::expr
