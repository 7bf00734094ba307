// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace::ecs::snapshot {

// magic, version, components by name, slots, free list, archetypes with rows, checksum. Stored:
// a change needs a new version, and the reader keeps reading the old ones.
inline constexpr std::string_view magic = "MRWS";
inline constexpr std::uint64_t format_version = 1;
inline constexpr std::size_t checksum_bytes = 8;

}  // namespace millrace::ecs::snapshot
