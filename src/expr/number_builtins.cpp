// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>

#include "builtins.hpp"
#include "millrace/core/number_text.hpp"
#include "numeric_text.hpp"

// Methods of numbers, BigInts and booleans, and what lies in Number.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

constexpr double safe_integer_max = 9007199254740991;
constexpr double digits_max = 100;

Cell produced(const Call& call, const std::string& text) {
    return call.evaluator.text_cell(text);
}

Cell plain_text(const Call& call) {
    return produced(call, core::number_text(call.receiver.number));
}

Cell to_fixed(Call& call) {
    const auto digits = call.integer(0);
    if (!digits) return Evaluator::failed();
    if (*digits < 0 || *digits > digits_max)
        return call.fail_range("the number of digits is not between 0 and 100");
    if (!std::isfinite(call.receiver.number)) return plain_text(call);
    return produced(call, fixed_text(call.receiver.number, static_cast<unsigned>(*digits)));
}

Cell to_exponential(Call& call) {
    const auto digits = call.integer(0);
    if (!digits) return Evaluator::failed();
    if (!std::isfinite(call.receiver.number)) return plain_text(call);
    if (*digits < 0 || *digits > digits_max)
        return call.fail_range("the number of digits is not between 0 and 100");
    std::optional<unsigned> wanted;
    if (call.argument(0).kind != Kind::undefined) wanted = static_cast<unsigned>(*digits);
    return produced(call, exponential_text(call.receiver.number, wanted));
}

Cell to_precision(Call& call) {
    if (call.argument(0).kind == Kind::undefined) return plain_text(call);
    const auto precision = call.integer(0);
    if (!precision) return Evaluator::failed();
    if (!std::isfinite(call.receiver.number)) return plain_text(call);
    if (*precision < 1 || *precision > digits_max)
        return call.fail_range("the number of digits is not between 1 and 100");
    return produced(call, precision_text(call.receiver.number, static_cast<unsigned>(*precision)));
}

/// Nothing after a failure.
std::optional<unsigned> radix_of(const Call& call) {
    const auto radix = call.integer(0, 10);
    if (!radix) return std::nullopt;
    if (*radix < 2 || *radix > 36) {
        call.fail_range("the radix is not between 2 and 36");
        return std::nullopt;
    }
    return static_cast<unsigned>(*radix);
}

Cell number_to_string(Call& call) {
    const auto radix = radix_of(call);
    if (!radix) return Evaluator::failed();
    return produced(call, radix_text(call.receiver.number, *radix));
}

Cell bigint_to_string(Call& call) {
    const auto radix = radix_of(call);
    if (!radix) return Evaluator::failed();
    return produced(call, radix_text(call.receiver.integer, *radix));
}

Cell boolean_to_string(Call& call) {
    return Cell::of(std::string_view{call.receiver.boolean ? "true" : "false"});
}

Cell itself(Call& call) {
    return call.receiver;
}

bool is_integral(const Cell& cell) {
    return cell.kind == Kind::number && std::isfinite(cell.number) &&
           std::trunc(cell.number) == cell.number;
}

Cell is_integer(Call& call) {
    return Cell::of(is_integral(call.argument(0)));
}
Cell is_safe_integer(Call& call) {
    const Cell cell = call.argument(0);
    return Cell::of(is_integral(cell) && std::fabs(cell.number) <= safe_integer_max);
}
Cell is_finite(Call& call) {
    const Cell cell = call.argument(0);
    return Cell::of(cell.kind == Kind::number && std::isfinite(cell.number));
}
Cell is_nan(Call& call) {
    const Cell cell = call.argument(0);
    return Cell::of(cell.kind == Kind::number && std::isnan(cell.number));
}

Cell is_finite_converted(Call& call) {
    const auto number = call.number(0);
    return number ? Cell::of(std::isfinite(*number)) : Evaluator::failed();
}
Cell is_nan_converted(Call& call) {
    const auto number = call.number(0);
    return number ? Cell::of(std::isnan(*number)) : Evaluator::failed();
}

Cell parse_float_of(Call& call) {
    const auto text = call.text(0);
    if (!text || !call.evaluator.charge_scan(text->size())) return Evaluator::failed();
    return Cell::of(parse_float(*text));
}

Cell parse_int_of(Call& call) {
    const auto text = call.text(0);
    if (!text || !call.evaluator.charge_scan(text->size())) return Evaluator::failed();
    const auto number = call.number(1);
    if (!number) return Evaluator::failed();
    const std::int32_t radix = to_int32(*number);
    if (radix != 0 && (radix < 2 || radix > 36))
        return Cell::of(std::numeric_limits<double>::quiet_NaN());
    return Cell::of(parse_integer(*text, static_cast<unsigned>(radix)));
}

constexpr auto table = std::to_array<Builtin>({
    {"", "isFinite", &is_finite_converted, "value"},
    {"", "isNaN", &is_nan_converted, "value"},
    {"", "parseFloat", &parse_float_of, "text"},
    {"", "parseInt", &parse_int_of, "text, radix?"},
    {"Number", "isFinite", &is_finite, "value"},
    {"Number", "isInteger", &is_integer, "value"},
    {"Number", "isNaN", &is_nan, "value"},
    {"Number", "isSafeInteger", &is_safe_integer, "value"},
    {"Number", "parseFloat", &parse_float_of, "text"},
    {"Number", "parseInt", &parse_int_of, "text, radix?"},
    {"bigint", "toString", &bigint_to_string, "radix?"},
    {"bigint", "valueOf", &itself, ""},
    {"boolean", "toString", &boolean_to_string, ""},
    {"boolean", "valueOf", &itself, ""},
    {"number", "toExponential", &to_exponential, "digits?"},
    {"number", "toFixed", &to_fixed, "digits?"},
    {"number", "toPrecision", &to_precision, "digits?"},
    {"number", "toString", &number_to_string, "radix?"},
    {"number", "valueOf", &itself, ""},
});

constexpr auto constants = std::to_array<BuiltinConstant>({
    {"Number", "EPSILON", std::numeric_limits<double>::epsilon()},
    {"Number", "MAX_SAFE_INTEGER", safe_integer_max},
    {"Number", "MAX_VALUE", std::numeric_limits<double>::max()},
    {"Number", "MIN_SAFE_INTEGER", -safe_integer_max},
    {"Number", "MIN_VALUE", std::numeric_limits<double>::denorm_min()},
    {"Number", "NEGATIVE_INFINITY", -std::numeric_limits<double>::infinity()},
    {"Number", "NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Number", "POSITIVE_INFINITY", std::numeric_limits<double>::infinity()},
});

}  // namespace

std::span<const Builtin> number_builtins() {
    return table;
}
std::span<const BuiltinConstant> number_constants() {
    return constants;
}

}  // namespace millrace::expr
