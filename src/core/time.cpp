// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/time.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "quantity.hpp"

namespace millrace::core {
namespace {

constexpr std::int64_t ms_per_second = 1'000;
constexpr std::int64_t ms_per_minute = 60 * ms_per_second;
constexpr std::int64_t ms_per_hour = 60 * ms_per_minute;
constexpr std::int64_t ms_per_day = 24 * ms_per_hour;

struct Date {
    std::int64_t year;
    int month;  ///< 1…12
    int day;    ///< 1…31
};

// Both conversions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil
// and civil_from_days. Years begin in March, so that the leap day is the last; 719468 days lie
// between 0000-03-01 and 1970-01-01; an era is 400 years of 146097 days.
std::int64_t days_from_civil(Date date) {
    const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month_from_march = (date.month + 9) % 12;
    const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

Date civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    const auto month =
        static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int days_in_month(std::int64_t year, int month) {
    constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// `number` has no more than `width` digits.
void append_padded(std::string& out, std::int64_t number, std::size_t width) {
    out.append(width, '0');
    for (std::size_t at = out.size(); number > 0; number /= 10)
        out[--at] = static_cast<char>('0' + number % 10);
}

/// Takes fields off the front of a text; after the first that does not fit, `ok` is false.
struct FieldReader {
    std::string_view rest;
    bool ok = true;

    int number(std::size_t width, int least, int most) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const char c = i < rest.size() ? rest[i] : ' ';
            if (c < '0' || c > '9') return reject();
            value = value * 10 + (c - '0');
        }
        rest.remove_prefix(width);
        return value >= least && value <= most ? value : reject();
    }
    /// One character of `any_of`.
    char mark(std::string_view any_of) {
        if (rest.empty() || any_of.find(rest[0]) == std::string_view::npos) {
            reject();
            return '\0';
        }
        const char found = rest[0];
        rest.remove_prefix(1);
        return found;
    }
    /// `.digits`, cut to milliseconds; 0 when there is no point.
    int milliseconds() {
        if (!rest.starts_with('.')) return 0;
        rest.remove_prefix(1);
        int value = number(1, 0, 9) * 100;
        for (int unit = 10; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; unit /= 10) {
            value += (rest[0] - '0') * unit;
            rest.remove_prefix(1);
        }
        return value;
    }
    int reject() {
        ok = false;
        return 0;
    }
};

constexpr std::array<QuantityUnit, 5> duration_units{
    {{"ms", 1}, {"s", ms_per_second}, {"m", ms_per_minute}, {"h", ms_per_hour}, {"d", ms_per_day}}};

constexpr QuantityScale duration_scale{
    .noun = "duration",
    .units = duration_units,
    .bare_unit = "s",
    .largest = 36'525 * ms_per_day,
    .largest_text = "100 years (36525d)",
    .smallest_text = "a millisecond",
};

}  // namespace

std::string Time::text() const {
    std::int64_t days = ms / ms_per_day;
    std::int64_t of_day = ms % ms_per_day;
    if (of_day < 0) {
        of_day += ms_per_day;
        --days;
    }
    const Date date = civil_from_days(days);
    // ECMAScript writes years outside four digits with a sign and at least six.
    const bool long_year = date.year < 0 || date.year > 9'999;
    std::string out = long_year ? (date.year < 0 ? "-" : "+") : "";
    out.reserve(sizeof "+000000-00-00T00:00:00.000Z");
    const auto add = [&](char before, std::int64_t number, std::size_t width) {
        out.push_back(before);
        append_padded(out, number, width);
    };
    std::size_t year_width = long_year ? 6 : 4;
    for (std::int64_t beyond = std::abs(date.year) / 1'000'000; beyond > 0; beyond /= 10)
        ++year_width;
    append_padded(out, std::abs(date.year), year_width);
    add('-', date.month, 2);
    add('-', date.day, 2);
    add('T', of_day / ms_per_hour, 2);
    add(':', of_day / ms_per_minute % 60, 2);
    add(':', of_day / ms_per_second % 60, 2);
    add('.', of_day % ms_per_second, 3);
    out.push_back('Z');
    return out;
}

std::optional<Time> Time::parse(std::string_view text) {
    FieldReader field{text};
    Date date{};
    date.year = field.number(4, 0, 9'999);
    field.mark("-");
    date.month = field.number(2, 1, 12);
    field.mark("-");
    if (!field.ok) return std::nullopt;
    date.day = field.number(2, 1, days_in_month(date.year, date.month));
    field.mark("Tt ");
    const int hour = field.number(2, 0, 23);
    field.mark(":");
    const int minute = field.number(2, 0, 59);
    field.mark(":");
    const int second = field.number(2, 0, 60);
    const int milliseconds = field.milliseconds();
    const char zone = field.mark("Zz+-");
    std::int64_t offset = 0;
    if (zone == '+' || zone == '-') {
        offset = field.number(2, 0, 23) * ms_per_hour;
        field.mark(":");
        offset += field.number(2, 0, 59) * ms_per_minute;
    }
    if (!field.ok || !field.rest.empty()) return std::nullopt;
    const std::int64_t of_minute = second * ms_per_second + milliseconds;
    std::int64_t at = days_from_civil(date) * ms_per_day + hour * ms_per_hour +
                      minute * ms_per_minute + of_minute - (zone == '-' ? -offset : offset);
    if (second == 60) {
        // A leap second has no millisecond of its own: it is the last one before it.
        at -= of_minute - (ms_per_minute - 1);
        const std::int64_t minute_of_day = ((at / ms_per_minute) % 1'440 + 1'440) % 1'440;
        if (minute_of_day != 1'439) return std::nullopt;
    }
    return Time{at};
}

std::string_view code_text(DurationErrc) {
    return "bad_duration";
}

Result<Duration> parse_duration(std::string_view text) {
    const std::expected<std::int64_t, std::string> ms = parse_quantity(text, duration_scale);
    if (!ms) return fail(DurationErrc::bad_duration, ms.error());
    return Duration{*ms};
}

std::string to_text(Duration duration) {
    // "0d" would be exact too, but nobody writes it.
    return duration.ms == 0 ? "0s" : quantity_text(duration.ms, duration_scale);
}

}  // namespace millrace::core
