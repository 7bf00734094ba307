// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace millrace::core {
namespace {

/// A finite number as ECMAScript sees it: 0.d1d2d3… × 10^point, with the fewest digits that tell
/// the number from its neighbours.
struct Decimal {
    std::string digits;
    int point = 0;
};

Decimal shortest_decimal(double magnitude) {
    std::array<char, 32> buffer;  // 17 digits, point and exponent fit
    const std::to_chars_result end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                                   magnitude, std::chars_format::scientific);
    const std::string_view text{buffer.data(), end.ptr};
    const std::size_t e = text.find('e');
    Decimal decimal;
    for (const char c : text.substr(0, e)) {
        if (c != '.') decimal.digits.push_back(c);
    }
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.point);
    ++decimal.point;
    return decimal;
}

/// ECMA-262, Number::toString, steps 5 to 10; `point` is its n, `size` its k.
std::string lay_out(Decimal decimal) {
    std::string& digits = decimal.digits;
    const int point = decimal.point;
    const int size = static_cast<int>(digits.size());
    if (point >= size && point <= 21) {
        return digits.append(static_cast<std::size_t>(point - size), '0');
    }
    if (point > 0 && point <= 21) return digits.insert(static_cast<std::size_t>(point), ".");
    if (point > -6 && point <= 0) {
        return std::string(static_cast<std::size_t>(2 - point), '0').replace(1, 1, ".") + digits;
    }
    if (size > 1) digits.insert(1, ".");
    const int exponent = point - 1;
    return digits + (exponent < 0 ? "e" : "e+") + std::to_string(exponent);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A JSON number taken apart; empty `whole` when the text is none.
struct Literal {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::string_view exponent;  ///< digits with sign
};

std::string_view take_digits(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size]))
        ++size;
    const std::string_view digits = text.substr(0, size);
    text.remove_prefix(size);
    return digits;
}

Literal take_apart(std::string_view text) {
    Literal literal;
    literal.negative = text.starts_with('-');
    if (literal.negative) text.remove_prefix(1);
    literal.whole = take_digits(text);
    if (literal.whole.size() > 1 && literal.whole[0] == '0') return {};
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        literal.fraction = take_digits(text);
        if (literal.fraction.empty()) return {};
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        const std::string_view all = text;
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (take_digits(text).empty()) return {};
        literal.exponent = all.substr(0, all.size() - text.size());
    }
    return text.empty() ? literal : Literal{};
}

/// Is the number below 1? For texts that from_chars found out of a double's range, where this
/// tells underflow from overflow.
bool is_tiny(const Literal& literal) {
    const auto all_zero = [](std::string_view part) {
        return part.find_first_not_of('0') == std::string_view::npos;
    };
    if (all_zero(literal.whole) && all_zero(literal.fraction)) return true;
    // An exponent that does not even fit an int64 decides alone: no text is that long.
    std::int64_t exponent = 0;
    std::string_view digits = literal.exponent;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const char* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, exponent).ec == std::errc::result_out_of_range) {
        return digits.starts_with('-');
    }
    const std::size_t leading_zeros =
        std::min(literal.fraction.find_first_not_of('0'), literal.fraction.size());
    const auto magnitude = literal.whole == "0" ? -static_cast<std::int64_t>(leading_zeros)
                                                : static_cast<std::int64_t>(literal.whole.size());
    return exponent < -magnitude;
}

}  // namespace

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (value == 0) return "0";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    const std::string magnitude = lay_out(shortest_decimal(std::abs(value)));
    return value < 0 ? "-" + magnitude : magnitude;
}

std::string number_text(std::int64_t value) {
    return std::to_string(value);
}

std::string exact_number_text(double value) {
    if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
    std::string text = number_text(value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::optional<Value> parse_number(std::string_view text) {
    const Literal literal = take_apart(text);
    if (literal.whole.empty()) return std::nullopt;
    const char* const end = text.data() + text.size();
    if (literal.fraction.empty() && literal.exponent.empty()) {
        std::int64_t exact = 0;
        if (std::from_chars(text.data(), end, exact).ec == std::errc{}) return Value{exact};
    }
    double nearest = 0;
    if (std::from_chars(text.data(), end, nearest).ec == std::errc::result_out_of_range) {
        if (!is_tiny(literal)) return std::nullopt;
        nearest = literal.negative ? -0.0 : 0.0;
    }
    if (std::isinf(nearest)) return std::nullopt;
    return Value{nearest};
}

}  // namespace millrace::core
