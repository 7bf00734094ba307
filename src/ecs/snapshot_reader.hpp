// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/binary.hpp"
#include "millrace/core/result.hpp"
#include "millrace/ecs/detail/archetype.hpp"
#include "millrace/ecs/detail/arena.hpp"
#include "millrace/ecs/detail/entity_table.hpp"
#include "millrace/ecs/detail/registry.hpp"

namespace millrace::ecs {

/// Reads a snapshot into archetypes that no World knows yet, so that damaged bytes change nothing.
class SnapshotReader {
public:
    /// Both outlive the reader and what it read.
    SnapshotReader(const detail::Registry& registry, detail::ChunkPool& chunks)
        : registry_(registry), chunks_(chunks), in_{{}} {}

    [[nodiscard]] core::Result<> read(std::string_view bytes);

    /// In the order of the World that was written; no two of the same signature.
    std::vector<std::unique_ptr<detail::Archetype>> archetypes;
    /// Free and used-up slots are final; the others are given their archetypes by the World.
    std::vector<detail::Slot> slots;
    std::uint32_t first_free = detail::EntityTable::none;

private:
    /// A component that the snapshot names, as this World knows it; null type: it was not stored.
    struct Known {
        const detail::ComponentType* type = nullptr;
        std::uint32_t version = 0;
    };
    class PendingRow;
    enum class Use : std::uint8_t { unused, free, placed };

    [[nodiscard]] core::Result<> check_frame(std::string_view bytes);
    [[nodiscard]] core::Result<> read_components();
    [[nodiscard]] core::Result<> read_component();
    [[nodiscard]] core::Result<> read_slots();
    [[nodiscard]] core::Result<> read_archetype();
    [[nodiscard]] core::Result<> read_row(detail::Archetype& target,
                                          const std::vector<Known>& columns, PendingRow& pending);
    [[nodiscard]] core::Result<> read_switched_off(detail::Archetype& target, const Known& column,
                                                   std::uint32_t first_row, std::size_t rows);
    [[nodiscard]] detail::Archetype& staged(const Signature& signature);
    [[nodiscard]] core::Result<> check_slots() const;

    const detail::Registry& registry_;
    detail::ChunkPool& chunks_;
    core::BinaryReader in_;
    std::vector<Known> known_;  // by the id of the World that was written
    std::vector<Use> uses_;     // by slot
};

}  // namespace millrace::ecs
