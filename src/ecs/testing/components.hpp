// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/binary.hpp"
#include "millrace/ecs/world.hpp"

namespace millrace::ecs::testing {

struct Position {
    double x = 0;
    double y = 0;
    friend bool operator==(const Position&, const Position&) = default;
};

/// Owns memory, so rows that hold it cannot be moved as bytes.
struct Name {
    std::string text;
    friend bool operator==(const Name&, const Name&) = default;
};

struct Health {
    std::uint32_t points = 0;
    friend bool operator==(const Health&, const Health&) = default;
};

struct Frozen {};

/// Derived from the others, so not worth storing.
struct Cache {
    int value = 0;
};

inline Codec<Position> position_codec() {
    return {.version = 1,
            .encode =
                [](const Position& from, core::BinaryWriter& out) {
                    out.real(from.x);
                    out.real(from.y);
                },
            .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Position> {
                const double x = in.real();
                return Position{x, in.real()};
            }};
}

inline Codec<Name> name_codec() {
    return {.version = 1,
            .encode = [](const Name& from, core::BinaryWriter& out) { out.text(from.text); },
            .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Name> {
                return Name{std::string{in.text()}};
            }};
}

inline Codec<Health> health_codec() {
    return {.version = 2,
            .encode = [](const Health& from, core::BinaryWriter& out) { out.varint(from.points); },
            .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Health> {
                const std::uint64_t points = in.varint();
                if (points > 0xFFFF'FFFF) return std::nullopt;
                return Health{static_cast<std::uint32_t>(points)};
            }};
}

inline void register_all(World& world) {
    world.register_component<Position>("position", position_codec());
    world.register_component<Name>("name", name_codec());
    world.register_component<Health>("health", health_codec());
    world.register_component<Frozen>("frozen");
    world.register_transient<Cache>("cache");
}

}  // namespace millrace::ecs::testing
