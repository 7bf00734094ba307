// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/expr/host.hpp"

// The proleptic Gregorian calendar and local times. Instants and local times are milliseconds,
// the latter as if the local clock showed UTC.
namespace millrace::expr {

inline constexpr std::int64_t ms_per_second = 1'000;
inline constexpr std::int64_t ms_per_minute = 60'000;
inline constexpr std::int64_t ms_per_hour = 3'600'000;
inline constexpr std::int64_t ms_per_day = 86'400'000;
/// JavaScript's range of instants, 100 million days to both sides of 1970.
inline constexpr std::int64_t instant_max = 8'640'000'000'000'000;

std::int64_t floor_divide(std::int64_t a, std::int64_t b);
/// 0 to b - 1.
std::int64_t floor_modulo(std::int64_t a, std::int64_t b);

struct CalendarDay {
    std::int64_t year = 1970;
    int month = 1;
    int day = 1;
};
/// Days since 1970-01-01.
std::int64_t days_of(const CalendarDay& day);
CalendarDay calendar_day(std::int64_t days);
int days_in_month(std::int64_t year, int month);
/// 1 for Monday to 7 for Sunday.
int weekday_of(std::int64_t days);
/// From 1.
int day_of_year(std::int64_t days);

/// The week that ISO 8601 counts a day to; the first one has the year's first Thursday.
struct IsoWeek {
    std::int64_t year = 1970;
    int week = 1;
};
IsoWeek iso_week_of(std::int64_t days);

/// The days of the month after so many months; a day that it lacks becomes its last.
CalendarDay after_months(const CalendarDay& day, std::int64_t months);

/// Local time in one zone. The host outlives it.
class LocalClock {
public:
    LocalClock() = default;  ///< UTC
    LocalClock(const Host& host, std::string_view zone) : host_{&host}, zone_{zone} {}

    std::int64_t offset_at(std::int64_t instant) const {
        return host_ == nullptr ? 0 : host_->offset_at(zone_, instant);
    }
    std::int64_t local_of(std::int64_t instant) const { return instant + offset_at(instant); }
    /// A local time that the clock shows twice is its first one; one that it skips is as much
    /// later as it skips there: 02:30 becomes 03:30.
    std::int64_t instant_of(std::int64_t local) const;

private:
    const Host* host_ = nullptr;
    std::string_view zone_;
};

}  // namespace millrace::expr
