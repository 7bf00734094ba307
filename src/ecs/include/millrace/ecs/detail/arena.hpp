// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "millrace/ecs/component.hpp"

namespace millrace::ecs::detail {

inline constexpr std::size_t arena_block_bytes = 16 * 1024;

/// Blocks that stay for the next round: 256 KiB.
inline constexpr std::size_t arena_blocks_kept = 16;

/// Memory that is handed out piece by piece and taken back all at once. Pieces never move, so they
/// can hold values of any component type.
class Arena {
public:
    /// Aligned for any component.
    [[nodiscard]] std::byte* allocate(std::size_t bytes);
    /// Takes everything back and keeps some blocks.
    void reset() noexcept;

private:
    struct Free {
        void operator()(std::byte* block) const noexcept {
            ::operator delete (block, std::align_val_t{component_alignment_max});
        }
    };
    using Block = std::unique_ptr<std::byte, Free>;
    [[nodiscard]] static Block make_block(std::size_t bytes);

    std::vector<Block> blocks_;     // of arena_block_bytes each
    std::vector<Block> oversized_;  // one for each value that fits no block
    std::size_t current_ = 0;       // block being filled
    std::size_t used_ = 0;          // bytes of it
};

}  // namespace millrace::ecs::detail
