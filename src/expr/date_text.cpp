// SPDX-License-Identifier: Apache-2.0
#include "date_text.hpp"

#include <array>
#include <cstdlib>

namespace millrace::expr {

namespace {

constexpr std::array<std::string_view, 12> month_names{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> day_names{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

/// Reads fixed numbers of digits off the front; every step fails once one has.
class DigitCursor {
public:
    explicit DigitCursor(std::string_view text) : text_{text} {}

    int digits(std::size_t count) {
        if (text_.size() < count) return fail();
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return fail();
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return value;
    }
    bool take(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }
    /// Of a second; digits beyond milliseconds are read and dropped.
    int milliseconds() {
        int value = 0;
        std::size_t count = 0;
        for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; ++count) {
            if (count < 3) value = value * 10 + (text_[0] - '0');
            text_.remove_prefix(1);
        }
        if (count == 0) return fail();
        for (; count < 3; ++count)
            value *= 10;
        return value;
    }
    int fail() {
        failed_ = true;
        return 0;
    }
    bool failed() const { return failed_; }
    bool at_end() const { return text_.empty(); }

private:
    std::string_view text_;
    bool failed_ = false;
};

std::int64_t read_time_of_day(DigitCursor& cursor) {
    const int hour = cursor.digits(2);
    cursor.expect(':');
    const int minute = cursor.digits(2);
    int second = 0;
    int fraction = 0;
    if (cursor.take(':')) {
        second = cursor.digits(2);
        if (cursor.take('.') || cursor.take(',')) fraction = cursor.milliseconds();
    }
    const bool is_midnight_after = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if ((hour > 23 && !is_midnight_after) || minute > 59 || second > 59) cursor.fail();
    return hour * ms_per_hour + minute * ms_per_minute + second * ms_per_second + fraction;
}

/// Nothing when the text has none.
std::optional<std::int64_t> read_offset(DigitCursor& cursor) {
    if (cursor.take('Z') || cursor.take('z')) return 0;
    const bool east = cursor.take('+');
    if (!east && !cursor.take('-')) return std::nullopt;
    const int hour = cursor.digits(2);
    const int minute = cursor.at_end() ? 0 : (cursor.take(':'), cursor.digits(2));
    if (hour > 23 || minute > 59) cursor.fail();
    const std::int64_t offset = hour * ms_per_hour + minute * ms_per_minute;
    return east ? offset : -offset;
}

std::string padded(std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(std::abs(number));
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return number < 0 ? "-" + digits : digits;
}

/// ECMAScript's: four digits, or six with a sign.
std::string year_text(std::int64_t year) {
    if (year >= 0 && year <= 9999) return padded(year, 4);
    return (year < 0 ? "-" : "+") + padded(std::abs(year), 6);
}

std::string offset_text(std::int64_t offset, std::string_view separator) {
    const std::int64_t minutes = std::abs(offset) / ms_per_minute;
    return (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + std::string{separator} +
           padded(minutes % 60, 2);
}

/// What a clock shows.
struct Shown {
    Shown(std::int64_t instant, const LocalClock& clock)
        : offset{clock.offset_at(instant)},
          days{floor_divide(instant + offset, ms_per_day)},
          day{calendar_day(days)},
          ms{floor_modulo(instant + offset, ms_per_day)} {}

    std::int64_t hour() const { return ms / ms_per_hour; }
    std::int64_t minute() const { return ms / ms_per_minute % 60; }
    std::int64_t second() const { return ms / ms_per_second % 60; }

    std::int64_t offset;
    std::int64_t days;
    CalendarDay day;
    std::int64_t ms;
};

std::string named(std::string_view name, std::size_t count) {
    return std::string{count <= 3 ? name.substr(0, 3) : name};
}

/// Nothing when so many of this letter mean nothing.
std::optional<std::string> date_field(const Shown& shown, char letter, std::size_t count) {
    if (letter == 'y' && count == 4) return year_text(shown.day.year);
    if (letter == 'y' && count == 2) return padded(floor_modulo(shown.day.year, 100), 2);
    if (letter == 'Y' && count == 4) return year_text(iso_week_of(shown.days).year);
    if (letter == 'M' && (count == 3 || count == 4))
        return named(month_names[static_cast<std::size_t>(shown.day.month - 1)], count);
    if (letter == 'E' && (count == 3 || count == 4))
        return named(day_names[static_cast<std::size_t>(weekday_of(shown.days) - 1)], count);
    if (letter == 'e' && count == 1) return padded(weekday_of(shown.days), 1);
    if (letter == 'D' && (count == 1 || count == 3)) return padded(day_of_year(shown.days), count);
    if (letter == 'Q' && count == 1) return padded((shown.day.month + 2) / 3, 1);
    if (count > 2) return std::nullopt;
    if (letter == 'M') return padded(shown.day.month, count);
    if (letter == 'd') return padded(shown.day.day, count);
    if (letter == 'w') return padded(iso_week_of(shown.days).week, count);
    return std::nullopt;
}

std::optional<std::string> time_field(const Shown& shown, char letter, std::size_t count) {
    if (letter == 'S' && count == 3) return padded(shown.ms % ms_per_second, 3);
    if (letter == 'a' && count == 1) return shown.hour() < 12 ? "AM" : "PM";
    if (letter == 'Z' && count <= 2) return offset_text(shown.offset, count == 1 ? ":" : "");
    if (count > 2) return std::nullopt;
    if (letter == 'H') return padded(shown.hour(), count);
    if (letter == 'h') return padded((shown.hour() + 11) % 12 + 1, count);
    if (letter == 'm') return padded(shown.minute(), count);
    if (letter == 's') return padded(shown.second(), count);
    return std::nullopt;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The text in quotes at the beginning, of which `''` is a quote; nothing when it does not end.
std::optional<std::string> quoted_text(std::string_view pattern, std::size_t& size) {
    if (pattern.starts_with("''")) {
        size = 2;
        return "'";
    }
    std::string text;
    for (size = 1; size < pattern.size(); ++size) {
        if (pattern[size] != '\'') {
            text.push_back(pattern[size]);
        } else if (pattern.substr(size).starts_with("''")) {
            text.push_back('\'');
            ++size;
        } else {
            ++size;
            return text;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text, const LocalClock& clock) {
    DigitCursor cursor{text};
    const bool minus = cursor.take('-');
    const bool plus = !minus && cursor.take('+');
    CalendarDay day;
    day.year = cursor.digits(minus || plus ? 6 : 4);
    if (minus) day.year = -day.year;
    cursor.expect('-');
    day.month = cursor.digits(2);
    cursor.expect('-');
    day.day = cursor.digits(2);
    if (cursor.failed() || day.month < 1 || day.month > 12 || day.day < 1 ||
        day.day > days_in_month(day.year, day.month))
        return std::nullopt;
    std::int64_t local = days_of(day) * ms_per_day;
    std::optional<std::int64_t> offset;
    if (cursor.take('T') || cursor.take('t') || cursor.take(' ')) {
        local += read_time_of_day(cursor);
        offset = read_offset(cursor);
    }
    if (cursor.failed() || !cursor.at_end()) return std::nullopt;
    // Zones are asked for years near those that people live in only.
    if (std::abs(local) > instant_max + ms_per_day) return std::nullopt;
    const std::int64_t instant = offset ? local - *offset : clock.instant_of(local);
    return std::abs(instant) <= instant_max ? std::optional{instant} : std::nullopt;
}

std::string iso_text(std::int64_t instant, const LocalClock& clock) {
    const Shown shown{instant, clock};
    std::string text = year_text(shown.day.year) + "-" + padded(shown.day.month, 2) + "-" +
                       padded(shown.day.day, 2) + "T" + padded(shown.hour(), 2) + ":" +
                       padded(shown.minute(), 2) + ":" + padded(shown.second(), 2) + "." +
                       padded(shown.ms % ms_per_second, 3);
    return text + (shown.offset == 0 ? "Z" : offset_text(shown.offset, ":"));
}

std::optional<std::string> format_date(std::int64_t instant, std::string_view pattern,
                                       const LocalClock& clock, std::string& unknown) {
    const Shown shown{instant, clock};
    std::string out;
    for (std::size_t i = 0; i < pattern.size();) {
        const char letter = pattern[i];
        std::size_t size = 1;
        if (letter == '\'') {
            const auto text = quoted_text(pattern.substr(i), size);
            if (!text) {
                unknown = "'";
                return std::nullopt;
            }
            out += *text;
        } else if (is_letter(letter)) {
            while (i + size < pattern.size() && pattern[i + size] == letter)
                ++size;
            auto field = date_field(shown, letter, size);
            if (!field) field = time_field(shown, letter, size);
            if (!field) {
                unknown = pattern.substr(i, size);
                return std::nullopt;
            }
            out += *field;
        } else {
            out.push_back(letter);
        }
        i += size;
    }
    return out;
}

}  // namespace millrace::expr
