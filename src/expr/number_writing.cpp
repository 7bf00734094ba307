// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "millrace/core/check.hpp"
#include "millrace/core/number_text.hpp"
#include "numeric_text.hpp"

// toFixed, toExponential, toPrecision and toString with a radix.
namespace millrace::expr {

namespace {

/// A positive number as its exact decimal digits: 0.ddd… times ten to `exponent`.
struct Digits {
    std::string digits;
    int exponent = 0;
};

Digits exact_digits(double magnitude) {
    // The smallest double has 767 digits that count.
    std::array<char, 1100> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                            std::chars_format::scientific, 780);
    MR_CHECK(error == std::errc{});
    const std::string_view text{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
    const std::size_t mark = text.find('e');
    Digits result;
    result.digits.push_back(text[0]);
    result.digits.append(text.substr(2, mark - 2));
    const bool negative = text[mark + 1] == '-';
    int exponent = 0;
    std::from_chars(text.data() + mark + 2, text.data() + text.size(), exponent);
    result.exponent = (negative ? -exponent : exponent) + 1;
    return result;
}

/// Keeps `count` digits, which may be 0; a half goes up, as ECMAScript asks for.
void round_to(Digits& number, int count) {
    if (count < 0) {
        number.digits.clear();
        return;
    }
    const auto kept = static_cast<std::size_t>(count);
    if (kept >= number.digits.size()) {
        number.digits.resize(kept, '0');
        return;
    }
    const bool up = number.digits[kept] >= '5';
    number.digits.resize(kept);
    if (!up) return;
    std::size_t i = kept;
    while (i > 0 && number.digits[i - 1] == '9')
        number.digits[--i] = '0';
    if (i > 0) {
        ++number.digits[i - 1];
        return;
    }
    number.digits.insert(0, 1, '1');
    ++number.exponent;
}

std::string with_sign(double value, std::string text) {
    return value < 0 ? "-" + text : text;
}

/// `digits` as d.ddde+x; `exponent` is that of the first digit.
std::string scientific(std::string_view digits, int exponent) {
    std::string text{digits.substr(0, 1)};
    if (digits.size() > 1) text.append(".").append(digits.substr(1));
    text.append(exponent < 0 ? "e-" : "e+");
    return text.append(std::to_string(std::abs(exponent)));
}

constexpr std::string_view radix_digits = "0123456789abcdefghijklmnopqrstuvwxyz";

/// The digits after the point, as V8 makes them; carries into `integer` where they round up to 1.
std::string fraction_in_radix(double value, double& integer, unsigned radix) {
    double fraction = value - integer;
    const double next = std::nextafter(value, std::numeric_limits<double>::infinity());
    // Half the distance to the next double: what lies closer is the same number.
    double delta = std::max(0.5 * (next - value), std::numeric_limits<double>::denorm_min());
    std::string digits;
    if (fraction < delta) return digits;
    do {
        fraction *= radix;
        delta *= radix;
        const auto digit = static_cast<unsigned>(fraction);
        digits.push_back(radix_digits[digit]);
        fraction -= digit;
        const bool rounds_up = fraction > 0.5 || (fraction == 0.5 && digit % 2 == 1);
        if (!rounds_up || fraction + delta <= 1) continue;
        while (!digits.empty() && digit_value(digits.back()) + 1 == radix)
            digits.pop_back();
        if (digits.empty()) {
            integer += 1;
        } else {
            digits.back() = radix_digits[digit_value(digits.back()) + 1];
        }
        break;
    } while (fraction >= delta);
    return digits;
}

}  // namespace

std::string fixed_text(double value, unsigned digits) {
    if (std::fabs(value) >= 1e21) return core::number_text(value);
    std::string text;
    Digits number{"", 1};
    if (value != 0) number = exact_digits(std::fabs(value));
    round_to(number, number.exponent + static_cast<int>(digits));
    // Zeros in front, so that a digit stands before the point.
    const int missing = static_cast<int>(digits) + 1 - static_cast<int>(number.digits.size());
    if (missing > 0) number.digits.insert(0, static_cast<std::size_t>(missing), '0');
    text = number.digits;
    if (digits > 0) text.insert(text.size() - digits, 1, '.');
    return with_sign(value, std::move(text));
}

std::string exponential_text(double value, std::optional<unsigned> digits) {
    if (value == 0) return scientific(std::string(digits.value_or(0) + 1, '0'), 0);
    if (digits) {
        Digits number = exact_digits(std::fabs(value));
        round_to(number, static_cast<int>(*digits) + 1);
        number.digits.resize(*digits + 1);
        return with_sign(value, scientific(number.digits, number.exponent - 1));
    }
    std::array<char, 40> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                            std::fabs(value), std::chars_format::scientific);
    MR_CHECK(error == std::errc{});
    const std::string_view text{buffer.data(), static_cast<std::size_t>(end - buffer.data())};
    const std::size_t mark = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + mark + 2, text.data() + text.size(), exponent);
    std::string shortest{text.substr(0, mark)};
    std::erase(shortest, '.');
    return with_sign(value, scientific(shortest, text[mark + 1] == '-' ? -exponent : exponent));
}

std::string precision_text(double value, unsigned precision) {
    Digits number{std::string(precision, '0'), 1};
    if (value != 0) {
        number = exact_digits(std::fabs(value));
        round_to(number, static_cast<int>(precision));
        number.digits.resize(precision);
    }
    const int exponent = number.exponent - 1;
    if (exponent < -6 || exponent >= static_cast<int>(precision)) {
        return with_sign(value, scientific(number.digits, exponent));
    }
    std::string text = std::move(number.digits);
    if (exponent < 0) {
        text.insert(0, "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0'));
    } else if (exponent + 1 < static_cast<int>(precision)) {
        text.insert(static_cast<std::size_t>(exponent) + 1, 1, '.');
    }
    return with_sign(value, std::move(text));
}

std::string radix_text(double value, unsigned radix) {
    if (!std::isfinite(value) || radix == 10) return core::number_text(value);
    const double magnitude = std::fabs(value);
    double integer = std::floor(magnitude);
    const std::string fraction = fraction_in_radix(magnitude, integer, radix);
    std::string digits;  // from the last
    // Beyond 53 bits a double says nothing about its last digits: they are zeros, as long as V8
    // would see 53 bits after the division too.
    while (integer / radix >= 0x1p53) {
        integer /= radix;
        digits.push_back('0');
    }
    do {
        const double rest = std::fmod(integer, radix);
        digits.push_back(radix_digits[static_cast<std::size_t>(rest)]);
        integer = (integer - rest) / radix;
    } while (integer > 0);
    std::ranges::reverse(digits);
    if (!fraction.empty()) digits.append(".").append(fraction);
    return with_sign(value, std::move(digits));
}

std::string radix_text(std::int64_t value, unsigned radix) {
    std::array<char, 70> buffer;
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, static_cast<int>(radix));
    MR_CHECK(error == std::errc{});
    return {buffer.data(), end};
}

}  // namespace millrace::expr
