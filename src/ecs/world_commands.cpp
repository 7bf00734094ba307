// SPDX-License-Identifier: Apache-2.0
// How a World applies recorded commands.
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {
namespace {

// Hooks that answer every command with another one would never end.
constexpr std::size_t flush_rounds_max = 10'000;

/// Moves a command's values into the row that they were recorded for.
void take_values(const detail::Bundle& bundle, std::byte* payload, detail::Archetype& target,
                 detail::RowPlace row, std::span<const std::uint16_t> columns) noexcept {
    for (std::size_t i = 0; i < bundle.count; ++i)
        if (bundle.types[i]->size != 0)
            bundle.types[i]->move_values(target.value(row, target.columns()[columns[i]]),
                                         payload + bundle.payload_offsets[i], 1);
}

}  // namespace

void World::create_from(Entity entity, detail::Bundle& bundle, std::byte* payload) {
    detail::Archetype& target = home(bundle);
    const detail::RowPlace place = target.append(entity, rows_.version);
    take_values(bundle, payload, target, place, bundle.home_columns);
    rows_.entities.place(entity, target, target.size() - 1);
    added(entity, bundle.signature);
}

void World::add_from(Entity entity, const detail::Bundle& bundle, std::byte* payload) {
    detail::Slot& slot = rows_.entities.slot(entity);
    detail::Archetype& from = *slot.archetype;
    const detail::Edge& edge = add_edge(from, bundle);
    const detail::RowPlace place = move_row(entity, slot, edge);
    if (edge.overlaps) prepare_overwrite(bundle, edge, place, from.signature());
    take_values(bundle, payload, *edge.target, place, edge.columns);
    added(entity, edge.changed);
}

void World::apply_one(const Commands::Operation& operation) {
    using Kind = Commands::Kind;
    if (operation.kind == Kind::create) {
        create_from(operation.entity, *operation.bundle, operation.payload);
        return;
    }
    const detail::Slot* const slot = rows_.entities.find(operation.entity);
    if (slot == nullptr) {
        Commands::destroy_payload(operation);
        return;
    }
    switch (operation.kind) {
        case Kind::create: return;
        case Kind::destroy: destroy(operation.entity); return;
        case Kind::add: add_from(operation.entity, *operation.bundle, operation.payload); return;
        case Kind::remove: remove_bundle(operation.entity, *operation.bundle); return;
        case Kind::enable:
        case Kind::disable: {
            const int column = slot->archetype->column_of(operation.bundle->types[0]->id);
            if (column >= 0)
                slot->archetype->set_switched_off(slot->row, static_cast<std::size_t>(column),
                                                  operation.kind == Kind::disable, rows_.version);
            return;
        }
    }
}

void World::apply(Commands& commands) {
    check_structural();
    MR_CHECK(commands.rows_ == &rows_);
    MR_CHECK(&commands != &commands_);
    // By index and by value: a hook that holds this buffer may append to it.
    for (std::size_t i = 0; i < commands.operations_.size(); ++i) {
        const Commands::Operation operation = commands.operations_[i];
        apply_one(operation);
    }
    commands.operations_.clear();
    commands.arena_.reset();
}

void World::flush() {
    check_structural();
    for (std::size_t round = 0; !commands_.empty(); ++round) {
        MR_CHECK(round < flush_rounds_max);
        std::swap(commands_.operations_, applying_.operations_);
        std::swap(commands_.arena_, applying_.arena_);
        apply(applying_);
    }
}

}  // namespace millrace::ecs
