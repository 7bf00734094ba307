// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::expr {

/// ECMAScript's Number::exponentiate. The same bits on every machine, and the double nearest to
/// the exact power in all but about one of 2^30 cases: computed with some 90 bits from additions,
/// multiplications and divisions alone, which IEEE 754 defines exactly, unlike the C library's
/// pow.
double power(double base, double exponent);

}  // namespace millrace::expr
