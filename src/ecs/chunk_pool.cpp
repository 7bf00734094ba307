// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/chunk_pool.hpp"

#include <new>

#include "millrace/ecs/component.hpp"

namespace millrace::ecs::detail {

ChunkPool::~ChunkPool() {
    for (std::byte* const chunk : spare_)
        ::operator delete (chunk, std::align_val_t{component_alignment_max});
}

std::byte* ChunkPool::take(std::size_t bytes) {
    // Room first, so that give_back cannot fail.
    spare_.reserve(chunks_spare_max);
    if (bytes == chunk_bytes && !spare_.empty()) {
        std::byte* const chunk = spare_.back();
        spare_.pop_back();
        return chunk;
    }
    return static_cast<std::byte*>(
        ::operator new (bytes, std::align_val_t{component_alignment_max}));
}

void ChunkPool::give_back(std::byte* chunk, std::size_t bytes) noexcept {
    if (bytes == chunk_bytes && spare_.size() < chunks_spare_max)
        spare_.push_back(chunk);
    else
        ::operator delete (chunk, std::align_val_t{component_alignment_max});
}

}  // namespace millrace::ecs::detail
