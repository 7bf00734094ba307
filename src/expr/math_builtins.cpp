// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "builtins.hpp"
#include "numeric_text.hpp"
#include "power.hpp"

// What of Math gives the same bits on every machine: the C library's logarithms and angles do not.
namespace millrace::expr {

namespace {

// Each gives -0 for -0 and NaN for NaN.
double magnitude(double x) {
    return std::fabs(x);
}
double rounded_up(double x) {
    return std::ceil(x);
}
double rounded_down(double x) {
    return std::floor(x);
}
double without_fraction(double x) {
    return std::trunc(x);
}
double square_root(double x) {
    return std::sqrt(x);
}
/// Halves go up.
double rounded(double x) {
    const double up = std::ceil(x);
    return up - 0.5 > x ? up - 1 : up;
}
double sign_of(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
double in_single_precision(double x) {
    return static_cast<double>(static_cast<float>(x));
}
double leading_zeros(double x) {
    return std::countl_zero(to_uint32(x));
}

template <double (*function)(double)>
Cell unary(Call& call) {
    const auto number = call.number(0);
    return number ? Cell::of(function(*number)) : Evaluator::failed();
}

Cell multiply_in_32_bits(Call& call) {
    const auto left = call.number(0);
    if (!left) return Evaluator::failed();
    const auto right = call.number(1);
    if (!right) return Evaluator::failed();
    const std::uint32_t product = to_uint32(*left) * to_uint32(*right);
    return Cell::of(static_cast<double>(static_cast<std::int32_t>(product)));
}

Cell to_the_power(Call& call) {
    const auto base = call.number(0);
    if (!base) return Evaluator::failed();
    const auto exponent = call.number(1);
    if (!exponent) return Evaluator::failed();
    return Cell::of(power(*base, *exponent));
}

/// -0 is less than 0, and a NaN wins.
bool is_beyond(double candidate, double best, bool greatest) {
    if (std::isnan(best)) return false;
    if (std::isnan(candidate)) return true;
    if (candidate == best) return candidate == 0 && std::signbit(candidate) != greatest;
    return greatest ? candidate > best : candidate < best;
}

Cell extreme(Call& call, bool greatest) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (!call.evaluator.charge(call.arguments.size() / 8)) return Evaluator::failed();
    double best = greatest ? -infinity : infinity;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const auto number = call.number(i);
        if (!number) return Evaluator::failed();
        if (is_beyond(*number, best, greatest)) best = *number;
    }
    return Cell::of(best);
}

Cell greatest(Call& call) {
    return extreme(call, true);
}
Cell least(Call& call) {
    return extreme(call, false);
}

constexpr auto table = std::to_array<Builtin>({
    {"Math", "abs", &unary<magnitude>, "x"},
    {"Math", "ceil", &unary<rounded_up>, "x"},
    {"Math", "clz32", &unary<leading_zeros>, "x"},
    {"Math", "floor", &unary<rounded_down>, "x"},
    {"Math", "fround", &unary<in_single_precision>, "x"},
    {"Math", "imul", &multiply_in_32_bits, "a, b"},
    {"Math", "max", &greatest, "...numbers"},
    {"Math", "min", &least, "...numbers"},
    {"Math", "pow", &to_the_power, "base, exponent"},
    {"Math", "round", &unary<rounded>, "x"},
    {"Math", "sign", &unary<sign_of>, "x"},
    {"Math", "sqrt", &unary<square_root>, "x"},
    {"Math", "trunc", &unary<without_fraction>, "x"},
});

constexpr auto constants = std::to_array<BuiltinConstant>({
    {"Math", "E", std::numbers::e},
    {"Math", "LN10", std::numbers::ln10},
    {"Math", "LN2", std::numbers::ln2},
    {"Math", "LOG10E", std::numbers::log10e},
    {"Math", "LOG2E", std::numbers::log2e},
    {"Math", "PI", std::numbers::pi},
    {"Math", "SQRT1_2", 0.7071067811865476},
    {"Math", "SQRT2", std::numbers::sqrt2},
});

}  // namespace

std::span<const Builtin> math_builtins() {
    return table;
}
std::span<const BuiltinConstant> math_constants() {
    return constants;
}

}  // namespace millrace::expr
