// SPDX-License-Identifier: Apache-2.0
#include "trigger/schedule/cron_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "millrace/core/problem.hpp"

namespace millrace::nodes {
namespace {

constexpr CronField second_field{"seconds", 0, 59, {}};
constexpr CronField minute_field{"minutes", 0, 59, {}};
constexpr CronField hour_field{"hours", 0, 23, {}};
constexpr CronField day_field{"day of month", 1, 31, {}};
constexpr CronField month_field{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
// 7 is Sunday, too.
constexpr CronField weekday_field{"day of week", 0, 7, "SUNMONTUEWEDTHUFRISATSUN"};

constexpr std::array words = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
});

bool is_space(char byte) {
    return byte == ' ' || byte == '\t';
}

char upper(char byte) {
    return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
}

std::string shown(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    return '"' + std::string{text.substr(0, shown_max)} + (text.size() > shown_max ? "…\"" : "\"");
}

std::vector<std::string_view> split_at_spaces(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const auto end = static_cast<std::size_t>(
            std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_space) -
            text.begin());
        parts.push_back(text.substr(at, end - at));
        at = end;
    }
    return parts;
}

/// Both without regard to case.
bool ends_with(std::string_view text, char letter) {
    return !text.empty() && upper(text.back()) == letter;
}

}  // namespace

bool CronReader::complain(const CronField& field, std::string_view text, std::string_view what) {
    error_ = std::string{field.name} + ": " + shown(text) + " " + std::string{what};
    return false;
}

bool CronReader::read_number(const CronField& field, std::string_view text, unsigned& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) {
        if (number >= field.low && number <= field.high) return true;
        return complain(
            field, text,
            "is not between " + std::to_string(field.low) + " and " + std::to_string(field.high));
    }
    if (text.size() == 3) {
        const std::array wanted{upper(text[0]), upper(text[1]), upper(text[2])};
        for (std::size_t at = 0; at + 3 <= field.names.size(); at += 3) {
            if (field.names.substr(at, 3) != std::string_view{wanted.data(), 3}) continue;
            number = field.low + static_cast<unsigned>(at / 3);
            return true;
        }
    }
    if (field.names.empty()) return complain(field, text, "is not a number");
    return complain(
        field, text,
        "is neither a number nor a name such as " + std::string{field.names.substr(0, 3)});
}

bool CronReader::read_step(const CronField& field, std::string_view text, unsigned& step) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc{} || end != text.data() + text.size() || step == 0)
        return complain(field, text, "after / is not a step, which is a number from 1 on");
    if (step <= field.high - field.low) return true;
    return complain(field, text,
                    "is more than the field can count; for a longer rhythm use `interval`");
}

bool CronReader::read_special_day(std::string_view part, bool& is_special) {
    is_special = true;
    if (part.size() == 1 && ends_with(part, 'L')) {
        cron_.days_before_last_ |= 1;
        return true;
    }
    if (part.size() == 2 && upper(part[0]) == 'L' && ends_with(part, 'W')) {
        cron_.has_last_workday_ = true;
        return true;
    }
    unsigned number = 0;
    if (part.size() > 2 && upper(part[0]) == 'L' && part[1] == '-') {
        if (!read_number({day_field.name, 1, 30, {}}, part.substr(2), number)) return false;
        cron_.days_before_last_ |= std::uint64_t{1} << number;
        return true;
    }
    if (part.size() > 1 && ends_with(part, 'W')) {
        if (!read_number(day_field, part.substr(0, part.size() - 1), number)) return false;
        cron_.near_days_ |= std::uint64_t{1} << number;
        return true;
    }
    is_special = false;
    return true;
}

bool CronReader::read_special_weekday(std::string_view part, bool& is_special) {
    is_special = true;
    unsigned number = 0;
    if (const std::size_t hash = part.find('#'); hash != std::string_view::npos) {
        unsigned nth = 0;
        if (!read_number(weekday_field, part.substr(0, hash), number) ||
            !read_number({weekday_field.name, 1, 5, {}}, part.substr(hash + 1), nth))
            return false;
        cron_.nth_weekdays_[nth] |= std::uint64_t{1} << number % 7;
        return true;
    }
    if (part.size() > 1 && ends_with(part, 'L')) {
        if (!read_number(weekday_field, part.substr(0, part.size() - 1), number)) return false;
        cron_.last_weekdays_ |= std::uint64_t{1} << number % 7;
        return true;
    }
    if (part.size() == 1 && ends_with(part, 'L')) {
        return complain(weekday_field, part,
                        "needs a day before it: FRIL is the last Friday of the month");
    }
    is_special = false;
    return true;
}

bool CronReader::read_part(const CronField& field, std::string_view part, std::uint64_t& bits) {
    bool is_special = false;
    if (field.name == day_field.name && !read_special_day(part, is_special)) return false;
    if (field.name == weekday_field.name && !read_special_weekday(part, is_special)) return false;
    if (is_special) return true;

    const std::size_t slash = part.find('/');
    const std::string_view range = part.substr(0, slash);
    unsigned step = 1;
    if (slash != std::string_view::npos && !read_step(field, part.substr(slash + 1), step))
        return false;
    unsigned low = field.low;
    unsigned high = field.high == 7 ? 6 : field.high;
    if (range != "*") {
        const std::size_t dash = range.find('-');
        if (!read_number(field, range.substr(0, dash), low)) return false;
        if (dash != std::string_view::npos) {
            if (!read_number(field, range.substr(dash + 1), high)) return false;
            // As the end of a range Sunday comes after Saturday.
            if (field.high == 7 && high == 0 && low > 0) high = 7;
            if (high < low)
                return complain(field, range, "goes backwards; write two ranges, with a comma");
        } else if (slash == std::string_view::npos) {
            high = low;
        }
    }
    for (unsigned number = low; number <= high; number += step)
        bits |= std::uint64_t{1} << (field.high == 7 ? number % 7 : number);
    return true;
}

bool CronReader::read_field(const CronField& field, std::string_view text, std::uint64_t& bits) {
    const bool is_day = field.name == day_field.name || field.name == weekday_field.name;
    if (text == "?") {
        if (!is_day) return complain(field, text, "is for days only; write * for any");
        return read_part(field, "*", bits);
    }
    for (;;) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        if (part.empty()) return complain(field, text, "has nothing on a side of a comma");
        if (!read_part(field, part, bits)) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

bool CronReader::read_fields(std::string_view text) {
    std::vector<std::string_view> fields = split_at_spaces(text);
    if (fields.size() == 7) {
        error_ = "there are 7 fields; a year is said by `start` and `end`, not in the expression";
        return false;
    }
    if (fields.size() != 5 && fields.size() != 6) {
        error_ = "there are " + std::to_string(fields.size()) +
                 " fields; expected minutes, hours, day of month, month and day of week, such as "
                 "\"30 9 * * MON-FRI\", or before them seconds";
        return false;
    }
    if (fields.size() == 6) {
        cron_.seconds_ = 0;
        if (!read_field(second_field, fields.front(), cron_.seconds_)) return false;
        fields.erase(fields.begin());
    }
    const auto is_any = [](std::string_view field) { return field[0] == '*' || field == "?"; };
    cron_.any_month_day_ = is_any(fields[2]);
    cron_.any_weekday_ = is_any(fields[4]);
    return read_field(minute_field, fields[0], cron_.minutes_) &&
           read_field(hour_field, fields[1], cron_.hours_) &&
           read_field(day_field, fields[2], cron_.month_days_) &&
           read_field(month_field, fields[3], cron_.months_) &&
           read_field(weekday_field, fields[4], cron_.weekdays_);
}

std::expected<Cron, std::string> CronReader::read(std::string_view text) {
    if (text.size() > Cron::text_bytes_max)
        return std::unexpected{"it is longer than " + std::to_string(Cron::text_bytes_max) +
                               " bytes"};
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    if (text.starts_with('@')) {
        const auto found =
            std::ranges::find(words, text, [](const auto& word) { return word.first; });
        if (found == words.end()) {
            return std::unexpected{shown(text) +
                                   " is not one of @yearly, @monthly, @weekly, @daily and @hourly"};
        }
        text = found->second;
    }
    if (!read_fields(text)) return std::unexpected{error_};
    constexpr std::int64_t year_2000 = 946'684'800;
    if (!cron_.next_after(year_2000)) return std::unexpected{"no day ever fits " + shown(text)};
    return cron_;
}

std::expected<Cron, std::string> Cron::parse(std::string_view text) {
    return CronReader{}.read(text);
}

}  // namespace millrace::nodes
