// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

namespace millrace::expr {

/// Where an index that counts from the end when it is negative points to, within [0, size].
/// `position` is an integer or infinite.
inline std::size_t relative_position(double position, std::size_t size) {
    const auto end = static_cast<double>(size);
    return static_cast<std::size_t>(std::clamp(position < 0 ? position + end : position, 0.0, end));
}

}  // namespace millrace::expr
