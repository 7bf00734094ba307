// SPDX-License-Identifier: Apache-2.0
#include "numeric_text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "utf16.hpp"

namespace millrace::expr {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
        ++count;
    return count;
}

// The parts of a decimal: digits [. digits] [e [sign] digits], with at least one digit before the
// exponent.
bool is_decimal(std::string_view text) {
    const std::size_t whole = count_digits(text);
    text.remove_prefix(whole);
    std::size_t fraction = 0;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = count_digits(text);
        text.remove_prefix(fraction);
    }
    if (whole + fraction == 0) return false;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (text.empty() || count_digits(text) != text.size()) return false;
        return true;
    }
    return text.empty();
}

// For a decimal that no finite nonzero double is near: infinity or zero?
double out_of_range(std::string_view text) {
    const std::size_t mark = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, mark);
    std::int64_t exponent = 0;
    if (mark != std::string_view::npos) {
        std::string_view digits = text.substr(mark + 1);
        const bool negative = digits.starts_with('-');
        if (negative || digits.starts_with('+')) digits.remove_prefix(1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (error != std::errc{}) exponent = std::numeric_limits<std::int64_t>::max() / 2;
        if (negative) exponent = -exponent;
    }
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::size_t first = mantissa.find_first_not_of("0.");
    if (first == std::string_view::npos) return 0;
    const auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    return magnitude + exponent > 0 ? infinity : 0;
}

struct Radix {
    unsigned radix = 10;
    std::string_view digits;
};

Radix split_prefix(std::string_view text) {
    if (text.size() > 2 && text[0] == '0') {
        const char mark = static_cast<char>(text[1] | 0x20);
        if (mark == 'x') return {16, text.substr(2)};
        if (mark == 'o') return {8, text.substr(2)};
        if (mark == 'b') return {2, text.substr(2)};
    }
    return {10, text};
}

}  // namespace

unsigned digit_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') return static_cast<unsigned>(lower - 'a') + 10;
    return 36;
}

std::optional<double> parse_decimal(std::string_view text) {
    if (!is_decimal(text)) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return out_of_range(text);
    return value;
}

std::optional<double> parse_radix(std::string_view digits, unsigned radix) {
    if (digits.empty()) return std::nullopt;
    const auto bits = static_cast<unsigned>(std::countr_zero(radix));
    // 64 bits hold the 53 that count, the one to round by, and room; the rest only matters for
    // not being zero.
    std::uint64_t head = 0;
    int dropped = 0;
    bool sticky = false;
    for (const char c : digits) {
        const unsigned digit = digit_value(c);
        if (digit >= radix) return std::nullopt;
        for (unsigned bit = bits; bit-- > 0;) {
            const bool one = (digit >> bit & 1) != 0;
            if (head >> 62 == 0) {
                head = head << 1 | static_cast<std::uint64_t>(one);
            } else {
                sticky = sticky || one;
                if (dropped < 100'000) ++dropped;
            }
        }
    }
    if (sticky) head |= 1;
    return std::ldexp(static_cast<double>(head), dropped);
}

double string_to_number(std::string_view text) {
    text = trim_js_space(text);
    if (text.empty()) return 0;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (const auto [radix, digits] = split_prefix(text); radix != 10) {
        return parse_radix(digits, radix).value_or(nan);
    }
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const double value = text == "Infinity" ? infinity : parse_decimal(text).value_or(nan);
    return negative ? -value : value;
}

std::optional<BigText> parse_big_digits(std::string_view digits, unsigned radix, bool negative) {
    if (digits.empty()) return std::nullopt;
    // Built on the negative side, which reaches one further.
    std::int64_t value = 0;
    bool beyond = false;
    for (const char c : digits) {
        const unsigned digit = digit_value(c);
        if (digit >= radix) return std::nullopt;
        beyond = beyond || __builtin_mul_overflow(value, std::int64_t{radix}, &value) ||
                 __builtin_sub_overflow(value, std::int64_t{digit}, &value);
    }
    if (!negative && value == std::numeric_limits<std::int64_t>::min()) beyond = true;
    if (beyond) return BigText{0, negative ? -1 : 1};
    return BigText{negative ? value : -value, 0};
}

std::optional<BigText> string_to_bigint(std::string_view text) {
    text = trim_js_space(text);
    if (text.empty()) return BigText{};
    if (const auto [radix, digits] = split_prefix(text); radix != 10) {
        return parse_big_digits(digits, radix, false);
    }
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return parse_big_digits(text, 10, negative);
}

}  // namespace millrace::expr
