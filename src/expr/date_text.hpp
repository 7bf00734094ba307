// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "calendar.hpp"

namespace millrace::expr {

/// Reads ISO 8601: `2026-01-31`, `2026-01-31T12:00`, with seconds, a fraction and an offset when
/// there are any; a space may stand for the T. Without an offset it is a time of the clock.
/// Nothing when the text is anything else, or no time that exists.
std::optional<std::int64_t> parse_date(std::string_view text, const LocalClock& clock);

/// `2026-01-31T12:00:00.000Z`, or with the clock's offset.
std::string iso_text(std::int64_t instant, const LocalClock& clock);

/// Replaces the pattern's letters by what the clock shows. Nothing, and the letters that mean
/// nothing in `unknown`, when there are such; a quote that nothing closes counts as one.
std::optional<std::string> format_date(std::int64_t instant, std::string_view pattern,
                                       const LocalClock& clock, std::string& unknown);

}  // namespace millrace::expr
