// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace millrace::ecs {

/// Handle of one entity in one World: a slot and the slot's generation. A handle outlives its
/// entity safely: destroying the entity raises the generation, so the old handle is *stale* and
/// World::alive() says no. A default-made handle is null and never alive.
struct Entity {
    std::uint32_t index = 0xFFFF'FFFF;
    std::uint32_t generation = 0;

    /// The handle as one number, for maps and logs; never zero for a handle a World gave out.
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept {
        return (std::uint64_t{generation} << 32U) | index;
    }
    [[nodiscard]] static constexpr Entity from_bits(std::uint64_t bits) noexcept {
        return {static_cast<std::uint32_t>(bits & 0xFFFF'FFFFU),
                static_cast<std::uint32_t>(bits >> 32U)};
    }
    [[nodiscard]] constexpr bool is_null() const noexcept { return generation == 0; }

    friend constexpr auto operator<=>(const Entity&, const Entity&) = default;
};

inline constexpr Entity null_entity{};

}  // namespace millrace::ecs

template <>
struct std::hash<millrace::ecs::Entity> {
    std::size_t operator()(millrace::ecs::Entity entity) const noexcept {
        // Indices are dense, so neighbours must not fall into neighbouring buckets of a small map.
        return static_cast<std::size_t>(entity.bits() * 0x9E37'79B9'7F4A'7C15U);
    }
};
