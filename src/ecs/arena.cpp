// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/arena.hpp"

namespace millrace::ecs::detail {

Arena::Block Arena::make_block(std::size_t bytes) {
    return Block{
        static_cast<std::byte*>(::operator new (bytes, std::align_val_t{component_alignment_max}))};
}

std::byte* Arena::allocate(std::size_t bytes) {
    // Whole cache lines keep every piece aligned for any component.
    const std::size_t needed =
        (bytes + component_alignment_max - 1) / component_alignment_max * component_alignment_max;
    if (needed > arena_block_bytes) return oversized_.emplace_back(make_block(needed)).get();
    if (current_ < blocks_.size() && used_ + needed > arena_block_bytes) {
        ++current_;
        used_ = 0;
    }
    if (current_ == blocks_.size()) blocks_.push_back(make_block(arena_block_bytes));
    std::byte* const piece = blocks_[current_].get() + used_;
    used_ += needed;
    return piece;
}

void Arena::reset() noexcept {
    oversized_.clear();
    if (blocks_.size() > arena_blocks_kept) blocks_.resize(arena_blocks_kept);
    current_ = 0;
    used_ = 0;
}

}  // namespace millrace::ecs::detail
