// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/chunk_pool.hpp"

#include <new>
#include <utility>

#include "millrace/ecs/component.hpp"

namespace millrace::ecs::detail {

ChunkPool::~ChunkPool() {
    for (std::size_t size = 0; size < spare_.size(); ++size)
        for (Spare* each = spare_[size]; each != nullptr;)
            memory_->deallocate(std::exchange(each, each->next), size * chunk_granule,
                                component_alignment_max);
}

std::byte* ChunkPool::take(std::size_t bytes) {
    if (bytes <= chunk_bytes_max)
        if (Spare*& first = spare_[bytes / chunk_granule]; first != nullptr) {
            spare_bytes_ -= bytes;
            return reinterpret_cast<std::byte*>(std::exchange(first, first->next));
        }
    return static_cast<std::byte*>(memory_->allocate(bytes, component_alignment_max));
}

void ChunkPool::give_back(std::byte* chunk, std::size_t bytes) noexcept {
    if (bytes > chunk_bytes_max || spare_bytes_ + bytes > spare_bytes_max_) {
        memory_->deallocate(chunk, bytes, component_alignment_max);
        return;
    }
    Spare*& first = spare_[bytes / chunk_granule];
    first = ::new (static_cast<void*>(chunk)) Spare{first};
    spare_bytes_ += bytes;
}

}  // namespace millrace::ecs::detail
