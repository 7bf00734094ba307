// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expr {

/// Decimal digits with optional fraction and exponent, no sign: nearest double, infinity beyond.
/// Nothing when `text` is anything else.
std::optional<double> parse_decimal(std::string_view text);

/// Digits of a base that is a power of two, without prefix: nearest double, ties to even.
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

/// ECMAScript's parseFloat: the longest decimal that the text begins with, or NaN.
double parse_float(std::string_view text);
/// ECMAScript's parseInt with a radix of 2 to 36, or 0 for ten or what `0x` says.
double parse_integer(std::string_view text, unsigned radix);

// ECMAScript's texts of numbers; the value is finite but for number_in_radix.
/// With `digits` after the point, rounded half away from zero; at most 100.
std::string fixed_text(double value, unsigned digits);
/// d.ddde+x with `digits` after the point; nothing: as many as tell the number from all others.
std::string exponential_text(double value, std::optional<unsigned> digits);
/// With `precision` digits, at least one.
std::string precision_text(double value, unsigned precision);
/// As V8 writes it, whose fractions are the shortest that tell neighbours apart.
std::string radix_text(double value, unsigned radix);
std::string radix_text(std::int64_t value, unsigned radix);

/// ECMAScript's ToUint32 and ToInt32.
std::uint32_t to_uint32(double number);
std::int32_t to_int32(double number);

/// The digit's value, or 36 when it is none.
unsigned digit_value(char c);

}  // namespace millrace::expr
