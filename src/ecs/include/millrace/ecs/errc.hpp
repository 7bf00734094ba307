// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::ecs {

/// Why a snapshot could not be written or read.
enum class Errc : std::uint8_t {
    component_undeclared,  ///< a component in use was never registered by name
    component_unknown,     ///< the snapshot names a component that this World did not register
    snapshot_corrupt,      ///< the bytes are damaged or cut off
    snapshot_version,      ///< written by a newer program
    world_not_empty,       ///< a snapshot comes back into a World without entities only
};

/// Stable snake_case name.
[[nodiscard]] std::string_view code_text(Errc code);

}  // namespace millrace::ecs
