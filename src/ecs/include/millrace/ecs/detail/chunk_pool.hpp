// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace millrace::ecs::detail {

/// Bytes of a chunk, unless a single row of 64 needs more.
inline constexpr std::size_t chunk_bytes = 32 * 1024;

/// Empty chunks kept for the next archetype that grows: 2 MiB.
inline constexpr std::size_t chunks_spare_max = 64;

/// Raw memory for chunks. A frame that destroys and creates as many rows allocates nothing.
class ChunkPool {
public:
    ChunkPool() = default;
    ~ChunkPool();
    ChunkPool(const ChunkPool&) = delete;
    ChunkPool& operator=(const ChunkPool&) = delete;

    [[nodiscard]] std::byte* take(std::size_t bytes);
    void give_back(std::byte* chunk, std::size_t bytes) noexcept;
    [[nodiscard]] std::size_t spare_count() const noexcept { return spare_.size(); }

private:
    std::vector<std::byte*> spare_;
};

}  // namespace millrace::ecs::detail
