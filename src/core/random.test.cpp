// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/random.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace millrace::core {
namespace {

// Journals depend on these numbers; they may never change.
TEST(CounterRandom, DrawsTheSameNumbersForEver) {
    EXPECT_EQ(counter_random(1, 2, 3, 4), 6437251406946959827u);
    EXPECT_EQ(counter_random(0, 0, 0, 0), 2131742163564524974u);
}

// The known answers of Random123 for philox2x64-10. The low half of the key undoes what the mixer
// makes of a high half of zero.
TEST(CounterRandom, IsPhilox) {
    constexpr std::uint64_t mixed_zero = 0xe220a8397b1dcdaf;
    constexpr std::uint64_t ones = ~std::uint64_t{0};
    EXPECT_EQ(counter_random(0, mixed_zero, 0, 0), 0xca00a0459843d731u);
    EXPECT_EQ(counter_random(0, mixed_zero ^ ones, ones, ones), 0x65b021d60cd8310fu);
}

TEST(CounterRandom, FlipsAboutHalfOfTheBitsWhenAnyInputBitFlips) {
    for (int input = 0; input < 4; ++input) {
        double flips = 0;
        for (int bit = 0; bit < 64; ++bit) {
            std::uint64_t in[4] = {11, 12, 13, 14};
            const std::uint64_t before = counter_random(in[0], in[1], in[2], in[3]);
            in[input] ^= std::uint64_t{1} << bit;
            flips += std::popcount(before ^ counter_random(in[0], in[1], in[2], in[3]));
        }
        EXPECT_NEAR(flips / 64, 32, 3) << "input " << input;
    }
}

TEST(CounterRandom, IsEvenlySpread) {
    constexpr int draws = 16'000;
    int buckets[16] = {};
    double sum = 0;
    for (std::uint64_t i = 0; i < draws; ++i) {
        const double drawn = unit_interval(counter_random(7, 8, i, 0));
        sum += drawn;
        ++buckets[static_cast<int>(drawn * 16)];
    }
    EXPECT_NEAR(sum / draws, 0.5, 0.01);
    for (const int count : buckets)
        EXPECT_NEAR(count, draws / 16, 150);
}

TEST(UnitInterval, NeverReachesOne) {
    EXPECT_EQ(unit_interval(0), 0.0);
    EXPECT_EQ(unit_interval(~std::uint64_t{0}), 1.0 - 0x1p-53);
}

}  // namespace
}  // namespace millrace::core
