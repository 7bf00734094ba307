// SPDX-License-Identifier: Apache-2.0
#include "terminal/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "millrace/core/json.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

std::string two_units(std::int64_t large, std::string_view large_name, std::int64_t small,
                      std::string_view small_name) {
    if (small == 0) return fmt::format("{} {}", large, large_name);
    return fmt::format("{} {} {} {}", large, large_name, small, small_name);
}

}  // namespace

std::string duration_words(core::Duration duration) {
    const std::int64_t ms = std::max<std::int64_t>(0, duration.ms);
    if (ms < second) return fmt::format("{} ms", ms);
    if (ms < minute && ms % second < 50) return fmt::format("{} s", ms / second);
    // Cut off, not rounded: 59.96 s is not a minute yet.
    if (ms < minute) return fmt::format("{}.{} s", ms / second, ms % second / 100);
    if (ms < hour) return two_units(ms / minute, "min", ms % minute / second, "s");
    if (ms < day) return two_units(ms / hour, "h", ms % hour / minute, "min");
    return two_units(ms / day, "d", ms % day / hour, "h");
}

std::string countdown_words(core::Duration left) {
    const std::int64_t seconds = (std::max<std::int64_t>(0, left.ms) + second - 1) / second;
    return seconds == 0 ? "0 s" : duration_words({seconds * second});
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string clock_text(core::Time local) {
    const std::string text = local.text();  // 2026-01-31T12:00:01.123Z
    return text.substr(11, 12);
}

std::string date_text(core::Time local) {
    std::string text = local.text().substr(0, 19);
    text[10] = ' ';
    return text;
}

std::string size_words(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1'024) return fmt::format("{} bytes", bytes);
    double amount = static_cast<double>(bytes) / 1'024;
    std::size_t unit = 0;
    while (amount >= 1'024 && unit + 1 < units.size()) {
        amount /= 1'024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", amount, units[unit]);
}

std::string value_words(const core::Value& value) {
    return value.is_string() ? std::string{value.as_string()} : core::to_json(value);
}

}  // namespace millrace::cli
