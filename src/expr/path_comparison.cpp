// SPDX-License-Identifier: Apache-2.0
#include "path_comparison.hpp"

#include <algorithm>
#include <compare>
#include <utility>
#include <vector>

namespace millrace::expr {

namespace {

using core::Value;

/// As mathematics orders them: no double is rounded to an integer, nor the other way round.
std::partial_ordering order(std::int64_t integer, double number) {
    constexpr double beyond = 9223372036854775808.0;  // 2^63
    if (number != number) return std::partial_ordering::unordered;
    if (number >= beyond) return std::partial_ordering::less;
    if (number < -beyond) return std::partial_ordering::greater;
    const auto whole = static_cast<std::int64_t>(number);
    if (integer != whole) return integer <=> whole;
    return 0.0 <=> number - static_cast<double>(whole);
}

std::partial_ordering order(const Value& left, const Value& right) {
    if (left.is_integer() && right.is_integer()) return left.as_integer() <=> right.as_integer();
    if (left.is_integer()) return order(left.as_integer(), right.as_double());
    if (right.is_integer()) return 0 <=> order(right.as_integer(), left.as_double());
    return left.as_double() <=> right.as_double();
}

using Pair = std::pair<const Value*, const Value*>;

/// Are the two equal but for their parts, which `parts` then has?
bool equal_outside(const Value& left, const Value& right, std::vector<Pair>& parts) {
    if (left.is_number() && right.is_number()) return order(left, right) == 0;
    if (left.kind() != right.kind()) return false;
    if (!left.is_array() && !left.is_object()) return left == right;
    if (left.size() != right.size()) return false;
    if (left.is_array()) {
        for (std::size_t i = 0; i < left.size(); ++i)
            parts.emplace_back(&left.as_array()[i], &right.as_array()[i]);
        return true;
    }
    for (const core::Member& member : left.as_object()) {
        const Value* const other = right.find(member.key);
        if (other == nullptr) return false;
        parts.emplace_back(&member.value, other);
    }
    return true;
}

}  // namespace

std::uint64_t comparison_cost(const Value* left, const Value* right) {
    if (left == nullptr || right == nullptr) return 1;
    return 1 + std::min(left->weight(), right->weight()) / 64 +
           std::min(left->element_count(), right->element_count());
}

bool path_equal(const Value* left, const Value* right) {
    if (left == nullptr || right == nullptr) return left == right;
    std::vector<Pair> parts{{left, right}};
    while (!parts.empty()) {
        const auto [one, other] = parts.back();
        parts.pop_back();
        if (!equal_outside(*one, *other, parts)) return false;
    }
    return true;
}

bool path_less(const Value* left, const Value* right) {
    if (left == nullptr || right == nullptr) return false;
    if (left->is_number() && right->is_number()) return order(*left, *right) < 0;
    // UTF-8 keeps the order of Unicode's scalar values.
    return left->is_string() && right->is_string() && left->as_string() < right->as_string();
}

}  // namespace millrace::expr
