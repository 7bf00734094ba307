// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace millrace::core {

/// Counter-based random bits: a pure function of key and counter, so a replay draws the same
/// numbers in any order. Philox-2x64-10 over the two counters with a key mixed from its two
/// halves. Not for secrets. The same on all machines and for ever: journals depend on it.
std::uint64_t counter_random(std::uint64_t key_high, std::uint64_t key_low, std::uint64_t counter_a,
                             std::uint64_t counter_b);

/// Maps random bits evenly to [0, 1), in steps of 2^-53.
double unit_interval(std::uint64_t bits);

}  // namespace millrace::core
