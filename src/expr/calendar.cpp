// SPDX-License-Identifier: Apache-2.0
#include "calendar.hpp"

#include <algorithm>

namespace millrace::expr {

namespace {

constexpr std::int64_t days_per_era = 146'097;  // 400 years
constexpr std::int64_t days_to_1970 = 719'468;  // from 0000-03-01

bool is_leap(std::int64_t year) {
    return floor_modulo(year, 4) == 0 &&
           (floor_modulo(year, 100) != 0 || floor_modulo(year, 400) == 0);
}

}  // namespace

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - static_cast<std::int64_t>(a % b < 0);
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
    return a - floor_divide(a, b) * b;
}

// Both ways count years from March on, so that the leap day comes last: Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_of(const CalendarDay& day) {
    const std::int64_t year = day.year - static_cast<std::int64_t>(day.month <= 2);
    const std::int64_t era = floor_divide(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month = (day.month + 9) % 12;
    const std::int64_t day_of_march_year = (153 * month + 2) / 5 + day.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_march_year;
    return era * days_per_era + day_of_era - days_to_1970;
}

CalendarDay calendar_day(std::int64_t days) {
    days += days_to_1970;
    const std::int64_t era = floor_divide(days, days_per_era);
    const std::int64_t day = days - era * days_per_era;
    const std::int64_t year = (day - day / 1460 + day / 36'524 - day / 146'096) / 365;
    const std::int64_t rest = day - (365 * year + year / 4 - year / 100);
    const std::int64_t month = (5 * rest + 2) / 153;
    CalendarDay result;
    result.day = static_cast<int>(rest - (153 * month + 2) / 5 + 1);
    result.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    result.year = year + era * 400 + static_cast<std::int64_t>(result.month <= 2);
    return result;
}

int days_in_month(std::int64_t year, int month) {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

int weekday_of(std::int64_t days) {
    return static_cast<int>(floor_modulo(days + 3, 7)) + 1;  // 1970 began on a Thursday
}

int day_of_year(std::int64_t days) {
    return static_cast<int>(days - days_of({calendar_day(days).year, 1, 1})) + 1;
}

IsoWeek iso_week_of(std::int64_t days) {
    const std::int64_t thursday = days + 4 - weekday_of(days);
    return {calendar_day(thursday).year, (day_of_year(thursday) - 1) / 7 + 1};
}

CalendarDay after_months(const CalendarDay& day, std::int64_t months) {
    const std::int64_t count = day.year * 12 + day.month - 1 + months;
    CalendarDay result{floor_divide(count, 12), static_cast<int>(floor_modulo(count, 12)) + 1,
                       day.day};
    result.day = std::min(result.day, days_in_month(result.year, result.month));
    return result;
}

std::int64_t LocalClock::instant_of(std::int64_t local) const {
    if (host_ == nullptr) return local;
    // No zone is more than a day off UTC, so that these are before and after any change nearby.
    const std::int64_t before = offset_at(local - ms_per_day);
    const std::int64_t after = offset_at(local + ms_per_day);
    const bool before_holds = offset_at(local - before) == before;
    const bool after_holds = offset_at(local - after) == after;
    if (before_holds && after_holds) return std::min(local - before, local - after);
    // When neither holds the time is skipped: the clock as it went before leads past the gap.
    return after_holds ? local - after : local - before;
}

}  // namespace millrace::expr
