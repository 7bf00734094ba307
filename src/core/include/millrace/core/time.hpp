// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::core {

/// A span of time in whole milliseconds.
struct Duration {
    std::int64_t ms = 0;

    auto operator<=>(const Duration&) const = default;
    friend Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }
    friend Duration operator-(Duration a, Duration b) { return {a.ms - b.ms}; }
};

/// A UTC instant in milliseconds since 1970-01-01. Always an input: the pure rooms read no clock.
struct Time {
    std::int64_t ms = 0;

    auto operator<=>(const Time&) const = default;
    friend Time operator+(Time t, Duration d) { return {t.ms + d.ms}; }
    friend Time operator-(Time t, Duration d) { return {t.ms - d.ms}; }
    friend Duration operator-(Time a, Time b) { return {a.ms - b.ms}; }

    /// RFC 3339 in UTC with milliseconds: `2026-01-31T23:59:59.000Z`.
    std::string text() const;
    /// RFC 3339 with any offset; fractions beyond milliseconds are cut off.
    static std::optional<Time> parse(std::string_view text);
};

enum class DurationErrc { bad_duration };
std::string_view code_text(DurationErrc code);

/// `250ms 5s 10m 2h 1d`, also with a fraction (`1.5s`). A bare number is an error whose message
/// suggests the number with a unit. At most 100 years.
Result<Duration> parse_duration(std::string_view text);
/// The shortest exact form that `parse_duration` reads back: `90s` stays `90s`, `60000ms` is `1m`.
std::string to_text(Duration duration);

}  // namespace millrace::core
