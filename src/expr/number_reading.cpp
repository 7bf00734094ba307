// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "numeric_text.hpp"
#include "utf16.hpp"

// parseFloat, parseInt and the narrowing to 32 bits.
namespace millrace::expr {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t at) {
    std::size_t count = 0;
    while (at + count < text.size() && is_digit(text[at + count]))
        ++count;
    return count;
}

/// The length of the longest decimal at the beginning, without sign; 0 when there is none.
std::size_t decimal_length(std::string_view text) {
    const std::size_t whole = digits_at(text, 0);
    std::size_t length = whole;
    std::size_t fraction = 0;
    if (length < text.size() && text[length] == '.') {
        fraction = digits_at(text, length + 1);
        if (whole + fraction > 0) length += 1 + fraction;
    }
    if (whole + fraction == 0) return 0;
    if (length < text.size() && (text[length] | 0x20) == 'e') {
        std::size_t at = length + 1;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t exponent = digits_at(text, at);
        if (exponent > 0) length = at + exponent;
    }
    return length;
}

// As V8 does it: exactly for ten and the powers of two; else in parts of at most 32 bits, which
// round one after the other.
double digits_value(std::string_view digits, unsigned radix) {
    if (radix == 10) return parse_decimal(digits).value_or(nan);
    if ((radix & (radix - 1)) == 0) return parse_radix(digits, radix).value_or(nan);
    constexpr std::uint32_t multiplier_max = 0xFFFF'FFFF / 36;
    double value = 0;
    std::size_t i = 0;
    while (i < digits.size()) {
        std::uint32_t part = 0;
        std::uint32_t multiplier = 1;
        while (i < digits.size() && multiplier * radix <= multiplier_max) {
            part = part * radix + digit_value(digits[i++]);
            multiplier *= radix;
        }
        value = value * multiplier + part;
    }
    return value;
}

}  // namespace

double parse_float(std::string_view text) {
    text = trim_js_space_start(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    double value = nan;
    if (text.starts_with("Infinity")) {
        value = std::numeric_limits<double>::infinity();
    } else if (const std::size_t length = decimal_length(text); length > 0) {
        value = parse_decimal(text.substr(0, length)).value_or(nan);
    }
    return negative ? -value : value;
}

double parse_integer(std::string_view text, unsigned radix) {
    text = trim_js_space_start(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if ((radix == 0 || radix == 16) && text.size() >= 2 && text[0] == '0' &&
        (text[1] | 0x20) == 'x') {
        text.remove_prefix(2);
        radix = 16;
    }
    if (radix == 0) radix = 10;
    std::size_t length = 0;
    while (length < text.size() && digit_value(text[length]) < radix)
        ++length;
    if (length == 0) return nan;
    const double value = digits_value(text.substr(0, length), radix);
    return negative ? -value : value;
}

std::uint32_t to_uint32(double number) {
    if (!std::isfinite(number)) return 0;
    constexpr double modulus = 4294967296.0;
    double rest = std::fmod(std::trunc(number), modulus);
    if (rest < 0) rest += modulus;
    return static_cast<std::uint32_t>(rest);
}

std::int32_t to_int32(double number) {
    return static_cast<std::int32_t>(to_uint32(number));
}

}  // namespace millrace::expr
