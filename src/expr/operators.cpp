// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluator.hpp"
#include "numeric_text.hpp"
#include "power.hpp"
#include "utf16.hpp"

// Arithmetic, order and equality as in ECMAScript, sections 13.7 to 13.11 and 7.2.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

constexpr std::string_view mixed_numbers = "BigInt and number do not mix in arithmetic; use one";

std::partial_ordering compare_exactly(std::int64_t left, double right) {
    if (std::isnan(right)) return std::partial_ordering::unordered;
    if (right >= 0x1p63) return std::partial_ordering::less;
    if (right < -0x1p63) return std::partial_ordering::greater;
    const double whole = std::trunc(right);
    const auto integer = static_cast<std::int64_t>(whole);
    if (left != integer) return left <=> integer;
    return 0.0 <=> right - whole;
}

std::partial_ordering compare_exactly(std::int64_t left, std::string_view right) {
    const std::optional<BigText> integer = string_to_bigint(right);
    if (!integer) return std::partial_ordering::unordered;
    if (integer->beyond != 0) return 0 <=> integer->beyond;
    return left <=> integer->value;
}

std::partial_ordering reversed(std::partial_ordering ordering) {
    return 0 <=> ordering;
}

// Of a primitive that is neither string nor BigInt, or of a string.
double number_of(const Cell& cell) {
    switch (cell.kind) {
        case Kind::number: return cell.number;
        case Kind::boolean: return cell.boolean ? 1 : 0;
        case Kind::null: return 0;
        case Kind::string: return string_to_number(cell.text());
        case Kind::undefined:
        case Kind::bigint:
        case Kind::bytes:
        case Kind::array:
        case Kind::object:
        case Kind::literal_array:
        case Kind::literal_object:
        case Kind::function:
        case Kind::builtin:
        case Kind::failed:
        case Kind::cut: break;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

bool holds(Op op, std::partial_ordering ordering) {
    if (op == Op::less) return ordering < 0;
    if (op == Op::less_equal) return ordering <= 0;
    if (op == Op::greater) return ordering > 0;
    return ordering >= 0;
}

}  // namespace

Cell Evaluator::add(const Cell& left, const Cell& right, const Node& node) {
    const Cell a = to_primitive(left, node);
    if (!a.has_result()) return a;
    const Cell b = to_primitive(right, node);
    if (!b.has_result()) return b;
    if (a.is_string() || b.is_string()) return concatenate(a, b, node);
    return arithmetic(a, b, node);
}

Cell Evaluator::arithmetic(const Cell& left, const Cell& right, const Node& node) {
    const Cell a = to_numeric(left, node);
    if (!a.has_result()) return a;
    const Cell b = to_numeric(right, node);
    if (!b.has_result()) return b;
    if (a.kind != b.kind) return fail_type(node, mixed_numbers);
    if (a.kind == Kind::bigint) return big_arithmetic(a.integer, b.integer, node);
    switch (node.op) {
        case Op::add: return Cell::of(a.number + b.number);
        case Op::subtract: return Cell::of(a.number - b.number);
        case Op::multiply: return Cell::of(a.number * b.number);
        case Op::divide: return Cell::of(a.number / b.number);
        case Op::power: return Cell::of(power(a.number, b.number));
        // NOLINTNEXTLINE(bugprone-branch-clone)
        default: return Cell::of(std::fmod(a.number, b.number));  // remainder, the last one
    }
}

Cell Evaluator::big_arithmetic(std::int64_t left, std::int64_t right, const Node& node) {
    std::int64_t result = 0;
    bool overflow = false;
    if (node.op == Op::power) return big_power(left, right, node);
    if (node.op == Op::add) {
        overflow = __builtin_add_overflow(left, right, &result);
    } else if (node.op == Op::subtract) {
        overflow = __builtin_sub_overflow(left, right, &result);
    } else if (node.op == Op::multiply) {
        overflow = __builtin_mul_overflow(left, right, &result);
    } else if (right == 0) {
        return fail("range_error", core::ErrorClass::expression,
                    "`" + source_of(node) + "`: a BigInt is divided by zero");
    } else if (right == -1) {  // the hardware would trap on the smallest integer
        overflow = node.op == Op::divide && __builtin_sub_overflow(0, left, &result);
    } else {
        result = node.op == Op::divide ? left / right : left % right;
    }
    if (!overflow) return Cell::big(result);
    return fail("bigint_overflow", core::ErrorClass::limit,
                "`" + source_of(node) + "`: the BigInt does not fit into 64 bits");
}

Cell Evaluator::bits(const Cell& left, const Cell& right, const Node& node) {
    const Cell a = to_numeric(left, node);
    if (!a.has_result()) return a;
    const Cell b = to_numeric(right, node);
    if (!b.has_result()) return b;
    if (a.kind != b.kind) return fail_type(node, mixed_numbers);
    if (a.kind == Kind::bigint) return big_bits(a.integer, b.integer, node);
    const std::uint32_t x = to_uint32(a.number);
    const std::uint32_t y = to_uint32(b.number);
    const auto as_signed = [](std::uint32_t bits) {
        return Cell::of(static_cast<double>(static_cast<std::int32_t>(bits)));
    };
    switch (node.op) {
        case Op::bit_and: return as_signed(x & y);
        case Op::bit_or: return as_signed(x | y);
        case Op::bit_xor: return as_signed(x ^ y);
        case Op::shift_left: return as_signed(x << (y & 31));
        case Op::shift_right:
            return Cell::of(static_cast<double>(static_cast<std::int32_t>(x) >> (y & 31)));
        default: return Cell::of(static_cast<double>(x >> (y & 31)));  // shift_right_unsigned
    }
}

Cell Evaluator::big_bits(std::int64_t left, std::int64_t right, const Node& node) {
    if (node.op == Op::bit_and) return Cell::big(left & right);
    if (node.op == Op::bit_or) return Cell::big(left | right);
    if (node.op == Op::bit_xor) return Cell::big(left ^ right);
    if (node.op == Op::shift_right_unsigned) {
        return fail_type(node, "a BigInt has no `>>>`; write `>>`");
    }
    const bool to_left = (node.op == Op::shift_left) == (right >= 0);
    // Beyond 64 places it is all the same.
    const int places =
        right >= 64 || right <= -64 ? 64 : static_cast<int>(right < 0 ? -right : right);
    if (!to_left) return Cell::big(left >> std::min(places, 63));
    if (left == 0) return Cell::big(0);
    if (places < 63) {
        return big_arithmetic(left, std::int64_t{1} << places,
                              {.op = Op::multiply, .begin = node.begin, .end = node.end});
    }
    if (places == 63 && left == -1) return Cell::big(std::numeric_limits<std::int64_t>::min());
    return fail("bigint_overflow", core::ErrorClass::limit,
                "`" + source_of(node) + "`: the BigInt does not fit into 64 bits");
}

Cell Evaluator::big_power(std::int64_t base, std::int64_t exponent, const Node& node) {
    if (exponent < 0) {
        return fail("range_error", core::ErrorClass::expression,
                    "`" + source_of(node) + "`: a BigInt's exponent must not be negative");
    }
    // Beyond two in magnitude, more than 63 factors overflow; the others repeat with period two.
    if (exponent > 64) {
        exponent = base >= -1 && base <= 1 ? 2 + exponent % 2 : 64;
    }
    std::int64_t result = 1;
    const Node multiply{.op = Op::multiply, .begin = node.begin, .end = node.end};
    for (std::int64_t i = 0; i < exponent; ++i) {
        const Cell product = big_arithmetic(result, base, multiply);
        if (!product.has_result()) return product;
        result = product.integer;
    }
    return Cell::big(result);
}

Cell Evaluator::relation(const Cell& left, const Cell& right, const Node& node) {
    const Cell a = to_primitive(left, node);
    if (!a.has_result()) return a;
    const Cell b = to_primitive(right, node);
    if (!b.has_result()) return b;
    if (!charge_comparison(a, b)) return failed();
    return Cell::of(holds(node.op, compare(a, b)));
}

// Two texts are read as far as the shorter goes; one beside a number is read as a number.
bool Evaluator::charge_comparison(const Cell& left, const Cell& right) {
    if (left.is_string() && right.is_string()) return charge_scan(std::min(left.size, right.size));
    return charge_scan((left.is_string() ? left.size : 0) + (right.is_string() ? right.size : 0));
}

// Of two primitives.
std::partial_ordering Evaluator::compare(const Cell& left, const Cell& right) {
    if (left.is_string() && right.is_string()) {
        return compare_utf16(left.text(), right.text()) <=> 0;
    }
    const bool left_big = left.kind == Kind::bigint;
    const bool right_big = right.kind == Kind::bigint;
    if (left_big && right_big) return left.integer <=> right.integer;
    if (left_big) {
        return right.is_string() ? compare_exactly(left.integer, right.text())
                                 : compare_exactly(left.integer, number_of(right));
    }
    if (right_big) return reversed(compare(right, left));
    return number_of(left) <=> number_of(right);
}

Cell Evaluator::equality(const Cell& left, const Cell& right, const Node& node) {
    if (!charge_comparison(left, right)) return failed();
    if (node.op == Op::same) return Cell::of(strictly_equal(left, right));
    if (node.op == Op::not_same) return Cell::of(!strictly_equal(left, right));
    const std::optional<bool> equal = loosely_equal(left, right, node);
    if (!equal) return failed();
    return Cell::of(*equal == (node.op == Op::equal));
}

bool Evaluator::strictly_equal(const Cell& left, const Cell& right) {
    if (left.has_identity() && right.has_identity()) return left.identity == right.identity;
    if (left.kind != right.kind) return false;
    switch (left.kind) {
        case Kind::undefined:
        case Kind::null: return true;
        case Kind::boolean: return left.boolean == right.boolean;
        case Kind::number: return left.number == right.number;
        case Kind::bigint: return left.integer == right.integer;
        case Kind::string: return left.text() == right.text();
        case Kind::bytes:
        case Kind::array:
        case Kind::object:
        case Kind::literal_array:
        case Kind::literal_object:
        case Kind::function:
        case Kind::builtin:
        case Kind::failed:
        case Kind::cut: break;
    }
    return false;
}

bool Evaluator::same_value_zero(const Cell& left, const Cell& right) {
    const bool numbers = left.kind == Kind::number && right.kind == Kind::number;
    if (numbers && std::isnan(left.number) && std::isnan(right.number)) return true;
    return strictly_equal(left, right);
}

std::optional<bool> Evaluator::loosely_equal(Cell left, Cell right, const Node& node) {
    if (left.is_nullish() || right.is_nullish()) return left.is_nullish() && right.is_nullish();
    if (left.has_identity() && right.has_identity()) return strictly_equal(left, right);
    if (left.has_identity()) left = to_primitive(left, node);
    if (right.has_identity()) right = to_primitive(right, node);
    if (!left.has_result() || !right.has_result()) return std::nullopt;
    if (left.kind == right.kind) return strictly_equal(left, right);
    // Primitives of different types compare as numbers, exactly.
    return compare(left, right) == 0;
}

}  // namespace millrace::expr
