// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace::expr {

/// Memory of one evaluation or one program: pieces that live as long as it does and never move,
/// given out by advancing a place. Small ones come from the object itself, so that an evaluation
/// that makes little allocates nothing.
class Scratch {
public:
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    /// Uninitialized.
    template <class T>
    T* take(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment);
        return static_cast<T*>(take_bytes(count * sizeof(T)));
    }
    std::string_view copy(std::string_view text) {
        char* to = take<char>(text.size());
        std::ranges::copy(text, to);
        return {to, text.size()};
    }

private:
    static constexpr std::size_t alignment = 8;
    static constexpr std::size_t inline_bytes = 512;
    static constexpr std::size_t chunk_min = 2048;
    static constexpr std::size_t chunk_max = std::size_t{256} << 10;

    void* take_bytes(std::size_t bytes) {
        bytes = (bytes + alignment - 1) & ~(alignment - 1);
        if (bytes > left_) return take_chunk(bytes);
        std::byte* piece = at_;
        at_ += bytes;
        left_ -= bytes;
        return piece;
    }
    void* take_chunk(std::size_t bytes);

    alignas(alignment) std::array<std::byte, inline_bytes> inline_;  // uninitialized on purpose
    std::byte* at_ = inline_.data();
    std::size_t left_ = inline_bytes;
    std::size_t next_chunk_ = chunk_min;
    std::vector<std::unique_ptr<std::byte[]>> chunks_;
};

}  // namespace millrace::expr
