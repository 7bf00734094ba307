// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>

namespace millrace::ecs::detail {

/// Chunks grow to this size, unless 64 rows need more. Long columns are what makes a loop over
/// two of them as fast as over plain arrays: with 32 KiB the processor's prefetching begins anew
/// too often. An archetype of few rows touches only the first pages of its columns.
inline constexpr std::size_t chunk_bytes_max = 128 * 1024;
inline constexpr std::size_t chunk_granule = 4 * 1024;

/// Raw memory for chunks, from a memory resource. Keeps some that were given back, so that a frame
/// that destroys and creates as many rows allocates nothing.
class ChunkPool {
public:
    /// `memory` outlives the pool.
    ChunkPool(std::pmr::memory_resource& memory, std::size_t spare_bytes_max) noexcept
        : memory_(&memory), spare_bytes_max_(spare_bytes_max) {}
    ~ChunkPool();
    ChunkPool(const ChunkPool&) = delete;
    ChunkPool& operator=(const ChunkPool&) = delete;

    /// What a chunk takes that needs `bytes`.
    [[nodiscard]] static constexpr std::size_t rounded(std::size_t bytes) noexcept {
        return (bytes + chunk_granule - 1) / chunk_granule * chunk_granule;
    }
    /// `bytes` are rounded.
    [[nodiscard]] std::byte* take(std::size_t bytes);
    void give_back(std::byte* chunk, std::size_t bytes) noexcept;
    [[nodiscard]] std::size_t spare_bytes() const noexcept { return spare_bytes_; }

private:
    /// A spare chunk's first bytes are the way to the next one of its size.
    struct Spare {
        Spare* next = nullptr;
    };

    std::array<Spare*, chunk_bytes_max / chunk_granule + 1> spare_{};  // by size in granules
    std::pmr::memory_resource* memory_;
    std::size_t spare_bytes_ = 0;
    std::size_t spare_bytes_max_;
};

}  // namespace millrace::ecs::detail
