// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::nodes {

/// The three forms of RFC 9110, all in GMT.
std::optional<core::Time> parse_http_date(std::string_view text);

/// Milliseconds from the answer on, at most a year: `retry_after` is a number of seconds, or a
/// date, which needs the answer's own `date` because no clock is read here.
std::optional<std::int64_t> retry_after_ms(std::string_view retry_after, std::string_view date);

}  // namespace millrace::nodes
