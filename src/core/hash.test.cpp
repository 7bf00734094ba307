// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace millrace::core {
namespace {

TEST(Fnv1a64, IsTheStandardFunction) {
    EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325u);
    EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cu);
    EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8u);
}

TEST(HashBytes, TellsEveryByteLengthAndSeedApart) {
    std::set<std::uint64_t> seen;
    std::size_t made = 0;
    for (std::size_t size = 0; size <= 40; ++size) {
        const std::string zeros(size, '\0');
        for (std::uint64_t seed = 0; seed < 4; ++seed, ++made)
            seen.insert(hash_bytes(zeros, seed));
        for (std::size_t i = 0; i < size; ++i, ++made) {
            std::string changed = zeros;
            changed[i] = '\x01';
            seen.insert(hash_bytes(changed));
        }
    }
    EXPECT_EQ(seen.size(), made);
}

TEST(HashCombine, DependsOnTheOrder) {
    EXPECT_NE(hash_combine(1, 2), hash_combine(2, 1));
}

}  // namespace
}  // namespace millrace::core
