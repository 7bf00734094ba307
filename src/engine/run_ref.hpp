// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "millrace/core/ids.hpp"

namespace millrace::engine {

/// A node run within the present generation of its execution.
struct RunRef {
    std::uint32_t scope = 0;  ///< instance
    core::NodeIndex node;

    auto operator<=>(const RunRef&) const = default;
};

/// A connection within its execution.
struct LinkRef {
    std::uint32_t scope = 0;  ///< instance
    core::ConnectionIndex connection;

    auto operator<=>(const LinkRef&) const = default;
};

}  // namespace millrace::engine
