// SPDX-License-Identifier: Apache-2.0
// World::snapshot(): everything by component name, so that ids of another run do not matter.
#include <algorithm>

#include "millrace/core/binary.hpp"
#include "millrace/core/hash.hpp"
#include "millrace/ecs/world.hpp"
#include "snapshot_format.hpp"

namespace millrace::ecs {
namespace {

using detail::Archetype;
using detail::Column;
using detail::ComponentType;

/// The columns of an archetype that a snapshot keeps.
std::vector<std::size_t> stored_columns(const Archetype& archetype) {
    std::vector<std::size_t> result;
    for (std::size_t column = 0; column < archetype.columns().size(); ++column)
        if (archetype.columns()[column].type->persistence == Persistence::stored)
            result.push_back(column);
    return result;
}

const ComponentType* first_undeclared(const Archetype& archetype) {
    for (const Column& column : archetype.columns())
        if (column.type->persistence == Persistence::undeclared) return column.type;
    return nullptr;
}

/// An archetype without rows is kept for its place in the order, unless it cannot be named.
bool is_kept(const Archetype& archetype) {
    return archetype.size() != 0 || first_undeclared(archetype) == nullptr;
}

void write_components(const detail::Registry& registry, core::BinaryWriter& out) {
    out.varint(registry.size());
    for (std::size_t id = 0; id < registry.size(); ++id) {
        const ComponentType& type = registry.type(static_cast<ComponentId>(id));
        const bool stored = type.persistence == Persistence::stored;
        out.text(stored ? std::string_view{type.name} : std::string_view{});
        out.varint(type.codec_version);
        out.boolean(type.size != 0);
    }
}

void write_slots(const detail::EntityTable& entities, core::BinaryWriter& out) {
    out.varint(entities.slots().size());
    for (const detail::Slot& slot : entities.slots())
        out.varint(slot.generation);
    std::vector<std::uint32_t> free;
    for (std::uint32_t next = entities.first_free(); next != detail::EntityTable::none;
         next = entities.slots()[next].row)
        free.push_back(next);
    out.varint(free.size());
    for (const std::uint32_t index : free)
        out.varint(index);
}

void write_switched_off(const Archetype& archetype, std::size_t column, core::BinaryWriter& out) {
    std::uint64_t off = 0;
    for (std::uint32_t chunk = 0; chunk < archetype.chunk_count(); ++chunk)
        off += archetype.state(chunk, column).switched_off;
    out.varint(off);
    if (off == 0) return;
    for (std::uint32_t row = 0; row < archetype.size(); ++row)
        if (archetype.switched_off(row, column)) out.varint(row);
}

void write_archetype(const Archetype& archetype, core::BinaryWriter& out) {
    const std::vector<std::size_t> columns = stored_columns(archetype);
    out.varint(columns.size());
    for (const std::size_t column : columns)
        out.varint(to_index(archetype.columns()[column].type->id));
    out.varint(archetype.size());
    std::string encoded;
    for (std::uint32_t row = 0; row < archetype.size(); ++row) {
        out.varint(archetype.entity(row).index);
        for (const std::size_t column : columns) {
            const ComponentType& type = *archetype.columns()[column].type;
            if (type.size == 0) continue;
            encoded.clear();
            core::BinaryWriter value{encoded};
            type.encode(archetype.value(row, column), value);
            out.text(encoded);
        }
    }
    for (const std::size_t column : columns)
        write_switched_off(archetype, column, out);
}

}  // namespace

core::Result<std::string> World::snapshot() const {
    check_structural();
    MR_CHECK(rows_.entities.reserved() == 0);
    std::vector<const Archetype*> kept;
    for (const auto& each : archetypes_) {
        if (!is_kept(*each)) continue;
        kept.push_back(each.get());
        if (const ComponentType* const type = first_undeclared(*each))
            return core::fail(Errc::component_undeclared,
                              "component " + std::to_string(to_index(type->id)) + " of " +
                                  std::to_string(each->size()) +
                                  " entities has no name: call register_component or "
                                  "register_transient for its type before the snapshot");
    }
    std::string bytes{snapshot::magic};
    core::BinaryWriter out{bytes};
    out.varint(snapshot::format_version);
    write_components(registry_, out);
    write_slots(rows_.entities, out);
    out.varint(kept.size());
    for (const Archetype* const each : kept)
        write_archetype(*each, out);
    out.fixed64(core::fnv1a64(bytes));
    return bytes;
}

}  // namespace millrace::ecs
