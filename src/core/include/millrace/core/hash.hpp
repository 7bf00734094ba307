// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::core {

/// FNV-1a, 64 bit (draft-eastlake-fnv). The same on all machines and for ever, so it may be stored;
/// for short names. Not for keys that a stranger chooses.
constexpr std::uint64_t fnv1a64(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

/// Fast hash for tables in memory; never stored. Give it a seed that strangers cannot know when
/// they choose the keys.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0) noexcept;

/// Mixes two hashes into one; not commutative.
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b) noexcept;

}  // namespace millrace::core
