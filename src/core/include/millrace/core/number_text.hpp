// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::core {

/// ECMAScript's Number::toString: `1e21`, `0.1`, `100000`, `NaN`, `-0` as `0`.
std::string number_text(double value);
std::string number_text(std::int64_t value);
/// The same for a finite number, but `parse_number` reads it back as this very double, not as an
/// integer: `9007199254740992.0`, `-0.0`.
std::string exact_number_text(double value);

/// Reads a JSON number. Without fraction and exponent, and within int64, it stays exact; else it
/// is the nearest double. Nothing when `text` is not one whole JSON number or overflows a double.
std::optional<Value> parse_number(std::string_view text);

}  // namespace millrace::core
