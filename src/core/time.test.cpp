// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace millrace::core {
namespace {

std::string duration_error(std::string_view text) {
    const Result<Duration> duration = parse_duration(text);
    EXPECT_FALSE(duration.has_value()) << text;
    return duration ? "no error" : duration.error().message();
}

TEST(Time, WritesRfc3339) {
    EXPECT_EQ(Time{0}.text(), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(Time{-1}.text(), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(Time{951'782'400'123}.text(), "2000-02-29T00:00:00.123Z");
    EXPECT_EQ(Time{1'769'903'999'000}.text(), "2026-01-31T23:59:59.000Z");
    EXPECT_EQ(Time{253'402'300'799'999}.text(), "9999-12-31T23:59:59.999Z");
}

TEST(Time, WritesFarYearsWithSign) {
    EXPECT_EQ(Time{253'402'300'800'000}.text(), "+010000-01-01T00:00:00.000Z");
    EXPECT_EQ(Time{-62'167'219'200'001}.text(), "-000001-12-31T23:59:59.999Z");
    EXPECT_TRUE(Time{std::numeric_limits<std::int64_t>::max()}.text().starts_with("+292278994-"));
    EXPECT_TRUE(Time{std::numeric_limits<std::int64_t>::min()}.text().starts_with("-292275055-"));
}

TEST(Time, ReadsRfc3339WithOffsets) {
    EXPECT_EQ(Time::parse("1970-01-01T00:00:00Z"), Time{0});
    EXPECT_EQ(Time::parse("1970-01-01t00:00:00z"), Time{0});
    EXPECT_EQ(Time::parse("1970-01-01 00:00:01Z"), Time{1000});
    EXPECT_EQ(Time::parse("2026-01-31T23:59:59.000Z"), Time{1'769'903'999'000});
    EXPECT_EQ(Time::parse("1970-01-01T02:30:00+02:30"), Time{0});
    EXPECT_EQ(Time::parse("1969-12-31T19:00:00-05:00"), Time{0});
    EXPECT_EQ(Time::parse("1970-01-01T00:00:00.5Z"), Time{500});
    EXPECT_EQ(Time::parse("1970-01-01T00:00:00.1239999Z"), Time{123});
    EXPECT_EQ(Time::parse("2000-02-29T00:00:00Z"), Time{951'782'400'000});
}

TEST(Time, TakesALeapSecondForTheLastMillisecondBeforeIt) {
    EXPECT_EQ(Time::parse("2016-12-31T23:59:60Z"), Time::parse("2016-12-31T23:59:59.999Z"));
    EXPECT_EQ(Time::parse("2016-12-31T23:59:60.7Z"), Time::parse("2016-12-31T23:59:59.999Z"));
    EXPECT_EQ(Time::parse("2017-01-01T00:59:60+01:00"), Time::parse("2016-12-31T23:59:59.999Z"));
    EXPECT_EQ(Time::parse("2016-12-31T22:59:60Z"), std::nullopt);
}

TEST(Time, RefusesWhatIsNoTime) {
    for (const char* text : {"",
                             "2026",
                             "2026-01-31",
                             "2026-01-31T23:59:59",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "1900-02-29T00:00:00Z",
                             "2026-04-31T00:00:00Z",
                             "2026-01-00T00:00:00Z",
                             "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z",
                             "2026-01-01T00:00:61Z",
                             "2026-01-01T00:00:00.Z",
                             "2026-01-01T00:00:00+24:00",
                             "2026-01-01T00:00:00+0100",
                             "2026-01-01T00:00:00Zx",
                             "2026-1-01T00:00:00Z",
                             " 2026-01-01T00:00:00Z",
                             "2026-01-01T00:00:00,5Z"}) {
        EXPECT_EQ(Time::parse(text), std::nullopt) << text;
    }
}

RC_GTEST_PROP(TimeLaws, TextOfFourDigitYearsReadsBack, ()) {
    const Time time{*rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000)};
    RC_ASSERT((Time::parse(time.text()) == time));
}

TEST(Duration, ReadsEveryUnit) {
    EXPECT_EQ(parse_duration("250ms"), Duration{250});
    EXPECT_EQ(parse_duration("5s"), Duration{5'000});
    EXPECT_EQ(parse_duration("10m"), Duration{600'000});
    EXPECT_EQ(parse_duration("2h"), Duration{7'200'000});
    EXPECT_EQ(parse_duration("1d"), Duration{86'400'000});
    EXPECT_EQ(parse_duration("0s"), Duration{0});
    EXPECT_EQ(parse_duration("36525d"), Duration{36'525LL * 86'400'000});
}

TEST(Duration, ReadsExactFractions) {
    EXPECT_EQ(parse_duration("1.5s"), Duration{1'500});
    EXPECT_EQ(parse_duration("0.001s"), Duration{1});
    EXPECT_EQ(parse_duration("0.25d"), Duration{21'600'000});
    EXPECT_EQ(parse_duration("1.50000000000000000000s"), Duration{1'500});
}

TEST(Duration, SuggestsAUnitForABareNumber) {
    EXPECT_EQ(duration_error("5"), "5 has no unit: write 5s (units: ms, s, m, h, d)");
    EXPECT_EQ(duration_error("1.5"), "1.5 has no unit: write 1.5s (units: ms, s, m, h, d)");
    EXPECT_TRUE(parse_duration("5").error().is(DurationErrc::bad_duration));
    EXPECT_EQ(parse_duration("5").error().code(), "bad_duration");
}

TEST(Duration, SuggestsTheUnitThatWasMeant) {
    EXPECT_EQ(duration_error("5sec"),
              "5sec has the unknown unit 'sec': write 5s (units: ms, s, m, h, d)");
    EXPECT_EQ(duration_error("10 minutes"),
              "10 minutes has the unknown unit ' minutes': write 10m (units: ms, s, m, h, d)");
    EXPECT_EQ(duration_error("5S"),
              "5S has the unknown unit 'S': write 5s (units: ms, s, m, h, d)");
    EXPECT_EQ(duration_error("5kb"), "5kb has the unknown unit 'kb' (units: ms, s, m, h, d)");
}

TEST(Duration, RefusesWhatIsNone) {
    EXPECT_EQ(duration_error(""),
              "an empty text is no duration: write a number with a unit, such as 10s "
              "(units: ms, s, m, h, d)");
    for (const char* text : {"s", "-5s", "+5s", "5.s", ".5s", "1h30m", "1e3s", "five seconds"}) {
        EXPECT_FALSE(parse_duration(text).has_value()) << text;
    }
}

TEST(Duration, RefusesTooLongAndTooFineOnes) {
    EXPECT_EQ(duration_error("36526d"),
              "36526d is more than the largest duration, 100 years (36525d)");
    EXPECT_EQ(duration_error("0.5ms"), "0.5ms is finer than a millisecond");
    for (const char* text : {"36525.5d", "99999999999999999999999s", "9223372036854775807ms",
                             "0.1234567s", "0.00000000000000000000000001d"}) {
        EXPECT_FALSE(parse_duration(text).has_value()) << text;
    }
}

TEST(Duration, IsWrittenInTheLargestUnitThatDividesIt) {
    EXPECT_EQ(to_text(Duration{90'000}), "90s");
    EXPECT_EQ(to_text(Duration{60'000}), "1m");
    EXPECT_EQ(to_text(Duration{1'500}), "1500ms");
    EXPECT_EQ(to_text(Duration{86'400'000}), "1d");
    EXPECT_EQ(to_text(Duration{0}), "0s");
    EXPECT_EQ(to_text(Duration{-5'000}), "-5s");
}

RC_GTEST_PROP(DurationLaws, TextReadsBack, ()) {
    const Duration duration{*rc::gen::inRange<std::int64_t>(0, 36'525LL * 86'400'000)};
    RC_ASSERT((parse_duration(to_text(duration)) == duration));
}

}  // namespace
}  // namespace millrace::core
