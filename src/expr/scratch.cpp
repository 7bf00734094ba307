// SPDX-License-Identifier: Apache-2.0
#include "scratch.hpp"

namespace millrace::expr {

void* Scratch::take_chunk(std::size_t bytes) {
    // A large piece gets memory of its own, and the rest of the chunk stays in use.
    if (bytes > next_chunk_ / 4) {
        return chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(bytes)).get();
    }
    std::byte* chunk =
        chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(next_chunk_)).get();
    at_ = chunk + bytes;
    left_ = next_chunk_ - bytes;
    next_chunk_ = std::min(next_chunk_ * 2, chunk_max);
    return chunk;
}

}  // namespace millrace::expr
