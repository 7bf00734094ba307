// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/hash.hpp"

#include <cstddef>
#include <cstring>

#include "wide_multiply.hpp"

namespace millrace::core {
namespace {

// Odd numbers with half of their bits set, from the fraction of pi.
constexpr std::uint64_t salt_a = 0x243f6a8885a308d3u;
constexpr std::uint64_t salt_b = 0x13198a2e03707345u;

std::uint64_t load(const char* from, std::size_t size) noexcept {
    std::uint64_t word = 0;
    if (size > 0) std::memcpy(&word, from, size);  // an empty view may point nowhere
    return word;
}

}  // namespace

// Multiply and fold, as in wyhash (Wang Yi): one wide multiplication mixes all bits of both words.
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b) noexcept {
    const WideProduct product = wide_multiply(a ^ salt_a, b ^ salt_b);
    // A factor of zero would swallow the other one; the sum keeps a trace of both.
    return product.high ^ product.low ^ (a + (b << 1));
}

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept {
    std::uint64_t hash = hash_combine(seed, bytes.size());
    while (bytes.size() > 8) {
        hash = hash_combine(hash, load(bytes.data(), 8));
        bytes.remove_prefix(8);
    }
    return hash_combine(hash, load(bytes.data(), bytes.size()));
}

}  // namespace millrace::core
