// SPDX-License-Identifier: Apache-2.0
#include "ordering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

template <class T>
std::weak_ordering order_of(const T& a, const T& b) {
    if (a < b) return std::weak_ordering::less;
    return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

/// Exact, also beyond 2^53.
std::weak_ordering compare_mixed(std::int64_t integer, double number) {
    constexpr double two_to_63 = 9223372036854775808.0;
    if (number >= two_to_63) return std::weak_ordering::less;
    if (number < -two_to_63) return std::weak_ordering::greater;
    const double whole = std::floor(number);
    const auto order = order_of(integer, static_cast<std::int64_t>(whole));
    if (order != 0) return order;
    return number > whole ? std::weak_ordering::less : std::weak_ordering::equivalent;
}

/// What is no number comes after all numbers.
std::weak_ordering compare_numbers(const Value& a, const Value& b) {
    if (a.is_integer() && b.is_integer()) return order_of(a.as_integer(), b.as_integer());
    const double x = a.as_double();
    const double y = b.as_double();
    if (std::isnan(x) || std::isnan(y)) return order_of(std::isnan(x), std::isnan(y));
    if (a.is_integer()) return compare_mixed(a.as_integer(), y);
    if (b.is_integer()) return 0 <=> compare_mixed(b.as_integer(), x);
    return order_of(x, y);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Takes the digits at the front, without leading zeros.
std::string_view take_digits(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end]))
        ++end;
    std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

std::weak_ordering compare_natural(std::string_view a, std::string_view b) {
    const std::weak_ordering exact = order_of(a, b);
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            const std::string_view x = take_digits(a);
            const std::string_view y = take_digits(b);
            if (x.size() != y.size()) return order_of(x.size(), y.size());
            if (x != y) return order_of(x, y);
            continue;
        }
        const auto x = static_cast<unsigned char>(lower(a.front()));
        const auto y = static_cast<unsigned char>(lower(b.front()));
        if (x != y) return order_of(x, y);
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    if (a.empty() != b.empty()) return order_of(b.empty(), a.empty());
    return exact;  // those that differ in case or zeros only
}

int rank(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: return 0;
        case Value::Kind::boolean: return 1;
        case Value::Kind::integer:
        case Value::Kind::number: return 2;
        case Value::Kind::string: return 3;
        case Value::Kind::bytes: return 4;
        case Value::Kind::array: return 5;
        case Value::Kind::object: return 6;
    }
    return 7;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Value number_value(const Value& value) {
    if (value.is_number()) return value;
    if (value.is_bool()) return value.as_bool() ? 1 : 0;
    if (!value.is_string()) return {};
    std::string_view text = trimmed(value.as_string());
    if (text.starts_with('+')) text.remove_prefix(1);
    return core::parse_number(text).value_or(Value{});
}

}  // namespace

Value text_value(const Value& value) {
    if (value.is_string() || value.is_null()) return value;
    if (value.is_integer()) return core::number_text(value.as_integer());
    if (value.is_number()) return core::number_text(value.as_double());
    return core::to_json(value);
}

Value sort_key(const Value& value, Comparison comparison) {
    switch (comparison) {
        case Comparison::by_kind: return value;
        case Comparison::natural:
        case Comparison::text: return text_value(value);
        case Comparison::numeric: return number_value(value);
    }
    return value;
}

std::weak_ordering compare_keys(const Value& a, const Value& b, Comparison comparison) {
    if (comparison == Comparison::natural) return compare_natural(a.as_string(), b.as_string());
    const int rank_a = rank(a);
    const int rank_b = rank(b);
    if (rank_a != rank_b) return order_of(rank_a, rank_b);
    if (a.is_number()) return compare_numbers(a, b);
    if (a.is_string()) return order_of(a.as_string(), b.as_string());
    if (a.is_bool()) return order_of(a.as_bool(), b.as_bool());
    if (a.is_bytes()) {
        const auto x = a.as_bytes();
        const auto y = b.as_bytes();
        return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
    }
    return std::weak_ordering::equivalent;
}

}  // namespace millrace::nodes
