// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/random.hpp"

#include "wide_multiply.hpp"

namespace millrace::core {
namespace {

/// SplitMix64's finaliser (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014, with Stafford's constants).
std::uint64_t split_mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

}  // namespace

// Philox-2x64-10: Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3",
// SC 2011. Its key has 64 bits; the high half goes through a mixer first, so that keys which
// differ in either half by a little give unrelated streams.
std::uint64_t counter_random(std::uint64_t key_high, std::uint64_t key_low, std::uint64_t counter_a,
                             std::uint64_t counter_b) {
    constexpr int rounds = 10;
    constexpr std::uint64_t multiplier = 0xd2b74407b1ce6e93u;
    constexpr std::uint64_t key_step = 0x9e3779b97f4a7c15u;
    std::uint64_t key = split_mix(key_high) ^ key_low;
    std::uint64_t left = counter_a;
    std::uint64_t right = counter_b;
    for (int round = 0; round < rounds; ++round) {
        const WideProduct product = wide_multiply(multiplier, left);
        left = product.high ^ key ^ right;
        right = product.low;
        key += key_step;
    }
    return left;
}

double unit_interval(std::uint64_t bits) {
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace millrace::core
