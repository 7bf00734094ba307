// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::expr {

/// Decimal digits with optional fraction and exponent, no sign: nearest double, infinity beyond.
/// Nothing when `text` is anything else.
std::optional<double> parse_decimal(std::string_view text);

/// Digits of base 2, 8 or 16 without prefix: nearest double, ties to even.
std::optional<double> parse_radix(std::string_view digits, unsigned radix);

/// ECMAScript's StringToNumber; NaN when `text` is no number.
double string_to_number(std::string_view text);

/// A mathematical integer as far as comparison with an int64 needs it.
struct BigText {
    std::int64_t value = 0;
    int beyond = 0;  ///< -1 or 1 when it is below or above what int64 holds
};
/// Digits of the radix without sign or prefix.
std::optional<BigText> parse_big_digits(std::string_view digits, unsigned radix, bool negative);
/// ECMAScript's StringToBigInt; nothing when `text` is no integer.
std::optional<BigText> string_to_bigint(std::string_view text);

/// The digit's value, or 36 when it is none.
unsigned digit_value(char c);

}  // namespace millrace::expr
