// SPDX-License-Identifier: Apache-2.0
#include "trigger/schedule/cron.hpp"

#include <bit>
#include <chrono>

namespace millrace::nodes {
namespace {

using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr std::int64_t seconds_per_day = 86'400;
constexpr int year_max = 9'999;
/// After 400 years the calendar is the same: what has not come by then never does.
constexpr std::int64_t days_of_all_calendars = 146'097;

bool has(std::uint64_t bits, std::uint64_t number) {
    return number < 64 && (bits >> number & 1) != 0;
}

std::int64_t day_of(std::int64_t local) {
    return local / seconds_per_day - static_cast<std::int64_t>(local % seconds_per_day < 0);
}

year_month_day date_of(std::int64_t number) {
    return sys_days{std::chrono::days{number}};
}

unsigned days_in(const year_month& of) {
    return static_cast<unsigned>((of / std::chrono::last).day());
}

/// 0 for Sunday.
unsigned weekday_of(std::int64_t number) {
    return std::chrono::weekday{sys_days{std::chrono::days{number}}}.c_encoding();
}

/// The first number in `bits` from `from` on; none: 64.
unsigned next_in(std::uint64_t bits, unsigned from) {
    if (from >= 64) return 64;
    return static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

/// The working day next to a day of a month, which is not left for it. `weekday` is that of the
/// month's first day.
unsigned workday_near(unsigned number, unsigned days, unsigned first_weekday) {
    const unsigned weekday = (first_weekday + number - 1) % 7;
    if (weekday == 6) return number == 1 ? 3 : number - 1;
    if (weekday == 0) return number == days ? number - 2 : number + 1;
    return number;
}

}  // namespace

bool Cron::fits_month_day(unsigned number, unsigned days, unsigned weekday) const {
    if (has(month_days_, number) || has(days_before_last_, days - number)) return true;
    if (near_days_ == 0 && !has_last_workday_) return false;
    const unsigned first_weekday = (weekday + 7 * 5 - (number - 1)) % 7;
    if (has_last_workday_ && workday_near(days, days, first_weekday) == number) return true;
    // No working day is more than two days off.
    for (unsigned named = number < 3 ? 1 : number - 2; named <= number + 2 && named <= days;
         ++named)
        if (has(near_days_, named) && workday_near(named, days, first_weekday) == number)
            return true;
    return false;
}

bool Cron::fits_weekday(unsigned number, unsigned days, unsigned weekday) const {
    if (has(weekdays_, weekday)) return true;
    if (number + 7 > days && has(last_weekdays_, weekday)) return true;
    return has(nth_weekdays_[(number - 1) / 7 + 1], weekday);
}

bool Cron::fits_day(std::int64_t number) const {
    const year_month_day date = date_of(number);
    if (!has(months_, static_cast<unsigned>(date.month()))) return false;
    const unsigned weekday = weekday_of(number);
    const auto of_month = static_cast<unsigned>(date.day());
    const unsigned days = days_in(date.year() / date.month());
    const bool by_month = fits_month_day(of_month, days, weekday);
    const bool by_week = fits_weekday(of_month, days, weekday);
    // As in Vixie's cron: two restrictions are alternatives.
    if (any_month_day_ || any_weekday_) return by_month && by_week;
    return by_month || by_week;
}

std::optional<std::int64_t> Cron::second_of_day(std::int64_t from) const {
    const auto from_hour = static_cast<unsigned>(from / 3'600);
    const auto from_minute = static_cast<unsigned>(from / 60 % 60);
    const auto from_second = static_cast<unsigned>(from % 60);
    for (unsigned hour = next_in(hours_, from_hour); hour < 24; hour = next_in(hours_, hour + 1)) {
        const bool is_same_hour = hour == from_hour;
        unsigned minute = next_in(minutes_, is_same_hour ? from_minute : 0);
        for (; minute < 60; minute = next_in(minutes_, minute + 1)) {
            const bool is_same = is_same_hour && minute == from_minute;
            const unsigned second = next_in(seconds_, is_same ? from_second : 0);
            if (second < 60) return std::int64_t{hour} * 3'600 + minute * 60 + second;
        }
    }
    return std::nullopt;
}

bool Cron::fits(std::int64_t local) const {
    const std::int64_t day = day_of(local);
    const std::int64_t second = local - day * seconds_per_day;
    return fits_day(day) && second_of_day(second) == second;
}

bool Cron::is_every_hour() const {
    return std::popcount(hours_) == 24;
}

std::optional<std::int64_t> Cron::next_after(std::int64_t after) const {
    std::int64_t number = day_of(after + 1);
    const std::int64_t second = after + 1 - number * seconds_per_day;
    if (fits_day(number)) {
        if (const auto found = second_of_day(second)) return number * seconds_per_day + *found;
    }
    const std::int64_t last = number + days_of_all_calendars;
    for (++number; number <= last;) {
        const year_month_day date = date_of(number);
        if (date.year() > year{year_max}) return std::nullopt;
        const std::int64_t end = sys_days{(date.year() / date.month() + std::chrono::months{1}) / 1}
                                     .time_since_epoch()
                                     .count();
        if (!has(months_, static_cast<unsigned>(date.month()))) {
            number = end;
            continue;
        }
        for (; number < end; ++number)
            if (fits_day(number)) return number * seconds_per_day + *second_of_day(0);
    }
    return std::nullopt;
}

}  // namespace millrace::nodes
