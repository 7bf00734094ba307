// SPDX-License-Identifier: Apache-2.0
#include "yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "millrace/core/number_text.hpp"

namespace millrace::format {

namespace {

using namespace std::string_view_literals;

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, text) != words.end();
}

constexpr std::array null_words{""sv, "~"sv, "null"sv, "Null"sv, "NULL"sv};
constexpr std::array true_words{"true"sv, "True"sv, "TRUE"sv};
constexpr std::array false_words{"false"sv, "False"sv, "FALSE"sv};
constexpr std::array infinities{".inf"sv, ".Inf"sv, ".INF"sv};
constexpr std::array nans{".nan"sv, ".NaN"sv, ".NAN"sv};
// Bools of YAML 1.1, which many tools still read, and its merge and value keys.
constexpr std::array old_words{"yes"sv,  "no"sv,    "on"sv, "off"sv,
                               "true"sv, "false"sv, "="sv,  "<<"sv};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view without_sign(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    return text;
}

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool is_decimal(std::string_view text) {
    std::string_view rest = without_sign(text);
    const std::size_t whole = count_digits(rest);
    rest.remove_prefix(whole);
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        const std::size_t fraction = count_digits(rest);
        if (whole + fraction == 0) return false;
        rest.remove_prefix(fraction);
    } else if (whole == 0) {
        return false;
    }
    if (rest.empty()) return true;
    if (rest[0] != 'e' && rest[0] != 'E') return false;
    rest = without_sign(rest.substr(1));
    return !rest.empty() && count_digits(rest) == rest.size();
}

/// Nearest double of a decimal number, 0 when it is too small; nothing when it overflows. JSON
/// wants digits around the point and no zeros or plus in front.
std::optional<core::Value> to_double(std::string_view text) {
    std::string spelled{text.starts_with('-') ? "-" : ""};
    std::string_view rest = without_sign(text);
    rest.remove_prefix(std::min(rest.find_first_not_of('0'), rest.size()));
    const std::size_t whole = count_digits(rest);
    spelled += whole == 0 ? "0" : rest.substr(0, whole);
    rest.remove_prefix(whole);
    if (rest.starts_with('.')) rest.remove_prefix(1);
    const std::size_t fraction = count_digits(rest);
    spelled += '.';
    spelled += fraction == 0 ? "0" : rest.substr(0, fraction);
    spelled += rest.substr(fraction);
    return core::parse_number(spelled);
}

std::optional<core::Value> to_number(std::string_view text) {
    const std::string_view digits = without_sign(text);
    if (count_digits(digits) == digits.size()) {
        std::int64_t integer = 0;
        const std::string_view signed_text = text.starts_with('+') ? digits : text;
        const char* end = signed_text.data() + signed_text.size();
        if (std::from_chars(signed_text.data(), end, integer).ec == std::errc{}) {
            return core::Value{integer};
        }
    }
    return to_double(text);
}

/// `0o17` and `0xff`; beyond int64 the nearest double, as for decimal integers.
std::optional<core::Value> to_radix_number(std::string_view text) {
    if (text.size() < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x')) {
        return std::nullopt;
    }
    const int base = text[1] == 'o' ? 8 : 16;
    double approximate = 0;
    std::uint64_t exact = 0;
    for (const char c : text.substr(2)) {
        int digit = 0;
        if (std::from_chars(&c, &c + 1, digit, base).ec != std::errc{}) return std::nullopt;
        approximate = approximate * base + digit;
        exact = exact * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
    }
    if (approximate < 0x1p63) return core::Value{static_cast<std::int64_t>(exact)};
    return core::Value{approximate};
}

}  // namespace

std::optional<core::Value> resolve_plain_scalar(std::string_view text) {
    if (one_of(text, null_words)) return core::Value{};
    if (one_of(text, true_words)) return core::Value{true};
    if (one_of(text, false_words)) return core::Value{false};
    if (one_of(without_sign(text), infinities) || one_of(text, nans)) return std::nullopt;
    if (is_decimal(text)) return to_number(text);
    if (std::optional<core::Value> number = to_radix_number(text)) return number;
    return core::Value{text};
}

bool needs_quotes_as_string(std::string_view text) {
    const std::optional<core::Value> resolved = resolve_plain_scalar(text);
    if (!resolved || !resolved->is_string()) return true;
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return one_of(lower, old_words);
}

}  // namespace millrace::format
