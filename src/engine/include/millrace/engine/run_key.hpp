// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "millrace/core/ids.hpp"

namespace millrace::engine {

/// A node run within its execution: (scope instance, node, generation). Scope 0 is the top level;
/// further instances, one per iteration or body of a container, count up as they open. The
/// generation rises when the whole workflow is retried.
struct RunKey {
    std::uint32_t scope = 0;
    core::NodeIndex node;
    std::uint32_t generation = 0;

    auto operator<=>(const RunKey&) const = default;
};

}  // namespace millrace::engine
