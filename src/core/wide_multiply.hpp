// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace millrace::core {

struct WideProduct {
    std::uint64_t high;
    std::uint64_t low;
};

inline WideProduct wide_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
}

}  // namespace millrace::core
