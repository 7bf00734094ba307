// SPDX-License-Identifier: Apache-2.0
#include "power.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

// Double-double arithmetic after T. J. Dekker, "A floating-point technique for extending the
// available precision" (1971), and Y. Hida, X. S. Li, D. H. Bailey, "Library for double-double
// and quad-double arithmetic" (2001). Relies on -ffp-contract=off.
namespace millrace::expr {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The unevaluated sum of two doubles, high + low, with |low| at most half an ulp of high.
struct Double2 {
    double high = 0;
    double low = 0;
};

Double2 quick_sum(double a, double b) {  // |a| >= |b|
    const double sum = a + b;
    return {sum, b - (sum - a)};
}

Double2 exact_sum(double a, double b) {
    const double sum = a + b;
    const double part = sum - a;
    return {sum, (a - (sum - part)) + (b - part)};
}

Double2 exact_product(double a, double b) {
    // Veltkamp's split into halves of 26 bits; callers keep the operands far from overflow.
    constexpr double splitter = 134217729.0;  // 2^27 + 1
    const double a_scaled = splitter * a;
    const double a_high = a_scaled - (a_scaled - a);
    const double a_low = a - a_high;
    const double b_scaled = splitter * b;
    const double b_high = b_scaled - (b_scaled - b);
    const double b_low = b - b_high;
    const double product = a * b;
    const double error =
        ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return {product, error};
}

Double2 operator+(Double2 a, Double2 b) {
    Double2 high = exact_sum(a.high, b.high);
    const Double2 low = exact_sum(a.low, b.low);
    high = quick_sum(high.high, high.low + low.high);
    return quick_sum(high.high, high.low + low.low);
}

Double2 operator*(Double2 a, Double2 b) {
    Double2 product = exact_product(a.high, b.high);
    product.low += a.high * b.low + a.low * b.high;
    return quick_sum(product.high, product.low);
}

Double2 operator/(Double2 a, Double2 b) {
    const double first = a.high / b.high;
    Double2 rest = a + b * Double2{-first};
    const double second = rest.high / b.high;
    rest = rest + b * Double2{-second};
    const double third = rest.high / b.high;
    return quick_sum(first, second) + Double2{third};
}

/// fraction * 2^exponent, so that no step of a long computation over- or underflows.
struct Scaled {
    Double2 fraction;
    std::int64_t exponent = 0;
};

Scaled normalized(Scaled x) {
    int shift = 0;
    x.fraction.high = std::frexp(x.fraction.high, &shift);
    x.fraction.low = std::ldexp(x.fraction.low, -shift);
    return {x.fraction, x.exponent + shift};
}

Scaled operator*(const Scaled& a, const Scaled& b) {
    return normalized({a.fraction * b.fraction, a.exponent + b.exponent});
}

/// Rounds once, also into the subnormal range, where `high` alone would have been rounded before.
double to_double(const Scaled& x) {
    const Scaled n = normalized(x);
    if (n.exponent > 1024) return infinity;
    if (n.exponent > -1021) return std::ldexp(n.fraction.high, static_cast<int>(n.exponent));
    if (n.exponent < -1075) return 0;
    // 62 bits and a sticky one hold the fraction; the last bit kept stands for 2^-1074.
    auto bits = static_cast<std::int64_t>(std::ldexp(n.fraction.high, 61));
    const double low = std::ldexp(n.fraction.low, 61);
    const double low_floor = std::floor(low);
    bits += static_cast<std::int64_t>(low_floor);
    const bool sticky = low != low_floor;
    const auto drop = static_cast<int>(61 - (n.exponent + 1074));
    const std::int64_t kept = bits >> drop;
    const std::int64_t dropped = bits - (kept << drop);
    const std::int64_t half = std::int64_t{1} << (drop - 1);
    const bool up = dropped > half || (dropped == half && (sticky || (kept & 1) != 0));
    return std::ldexp(static_cast<double>(kept + static_cast<std::int64_t>(up)), -1074);
}

/// By squaring: the relative error grows with `exponent` and stays below 2^-85 up to 2^16.
double integer_power(double base, std::uint32_t exponent, bool reciprocal) {
    Scaled square = normalized({{base}, 0});
    Scaled result{{1.0}, 0};
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = result * square;
        square = square * square;
    }
    if (reciprocal) {
        result = {Double2{1.0} / result.fraction, -result.exponent};
    }
    return to_double(result);
}

constexpr Double2 ln2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

/// Natural logarithm of a positive finite number: 2 artanh((m - 1) / (m + 1)) + e ln 2.
Double2 logarithm(double x) {
    int exponent = 0;
    double m = std::frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        --exponent;
    }
    const Double2 s = Double2{m - 1} / exact_sum(m, 1);
    const Double2 square = s * s;
    // |s| < 0.1716, so that the first term left out is below 2^-115 of the sum.
    Double2 sum{};
    for (int k = 45; k >= 1; k -= 2) {
        sum = sum * square + Double2{1.0} / Double2{static_cast<double>(k)};
    }
    return s * sum * Double2{2} + ln2 * Double2{static_cast<double>(exponent)};
}

Scaled exponential(Double2 x) {
    const double k = std::floor(x.high / ln2.high + 0.5);
    Double2 r = x + ln2 * Double2{-k};
    constexpr int halvings = 8;
    r = {std::ldexp(r.high, -halvings), std::ldexp(r.low, -halvings)};
    // |r| < 0.0014: twelve terms of the series reach 2^-120.
    Double2 sum{1.0};
    for (int n = 12; n >= 1; --n) {
        sum = sum * r / Double2{static_cast<double>(n)} + Double2{1.0};
    }
    for (int i = 0; i < halvings; ++i) {
        sum = sum * sum;
    }
    return {sum, static_cast<std::int64_t>(k)};
}

double positive_power(double base, double exponent) {
    constexpr double squaring_max = 65536;
    const double magnitude = std::fabs(exponent);
    if (magnitude <= squaring_max && std::trunc(exponent) == exponent) {
        return integer_power(base, static_cast<std::uint32_t>(magnitude), exponent < 0);
    }
    const Double2 log = logarithm(base);
    const double estimate = log.high * exponent;
    if (estimate > 800) return infinity;
    if (estimate < -800) return 0;
    // Huge exponents meet tiny logarithms: scaled, neither overflows in the split.
    int shift = 0;
    const double scaled = std::frexp(exponent, &shift);
    const Double2 t = log * Double2{scaled};
    return to_double(exponential({std::ldexp(t.high, shift), std::ldexp(t.low, shift)}));
}

bool is_odd_integer(double x) {
    return std::fabs(std::fmod(x, 2)) == 1;
}

}  // namespace

double power(double base, double exponent) {
    if (std::isnan(exponent)) return exponent;
    if (exponent == 0) return 1;
    if (std::isnan(base)) return base;
    const double magnitude = std::fabs(base);
    if (std::isinf(exponent)) {
        if (magnitude == 1) return std::numeric_limits<double>::quiet_NaN();
        return (magnitude > 1) == (exponent > 0) ? infinity : 0;
    }
    const bool negative = std::signbit(base) && is_odd_integer(exponent);
    double result = 0;
    if (std::isinf(base) || base == 0) {
        result = std::isinf(base) == (exponent > 0) ? infinity : 0;
    } else if (base < 0 && std::trunc(exponent) != exponent) {
        return std::numeric_limits<double>::quiet_NaN();
    } else {
        result = positive_power(magnitude, exponent);
    }
    return negative ? -result : result;
}

}  // namespace millrace::expr
