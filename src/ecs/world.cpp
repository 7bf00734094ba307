// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

World::World() : commands_(rows_, registry_), applying_(rows_, registry_) {}

World::~World() = default;

detail::Archetype& World::archetype(const Signature& signature) {
    const auto known = by_signature_.find(signature);
    if (known != by_signature_.end()) return *known->second;
    std::vector<const detail::ComponentType*> types;
    signature.for_each([&](ComponentId id) { types.push_back(&registry_.type(id)); });
    archetypes_.push_back(std::make_unique<detail::Archetype>(
        static_cast<std::uint32_t>(archetypes_.size()), signature, types, chunks_));
    detail::Archetype& made = *archetypes_.back();
    by_signature_.emplace(signature, &made);
    queries_.archetype_created(made);
    return made;
}

detail::Archetype& World::find_home(detail::Bundle& bundle) {
    detail::Archetype& found = archetype(bundle.signature);
    for (std::size_t i = 0; i < bundle.count; ++i)
        bundle.home_columns[i] = static_cast<std::uint16_t>(found.column_of(bundle.types[i]->id));
    bundle.home = &found;
    return found;
}

detail::Edge World::make_edge(const detail::Archetype& from, detail::Archetype& target) {
    detail::Edge edge;
    edge.target = &target;
    for (std::size_t column = 0; column < from.columns().size(); ++column) {
        const auto at = static_cast<std::uint16_t>(column);
        const int kept = target.column_of(from.columns()[column].type->id);
        if (kept >= 0)
            edge.kept.push_back({at, static_cast<std::uint16_t>(kept)});
        else
            edge.dropped.push_back(at);
    }
    return edge;
}

const detail::Edge& World::add_edge(detail::Archetype& from, const detail::Bundle& bundle) {
    if (const detail::Edge* known = from.add_edge(bundle.id)) return *known;
    detail::Archetype& target = archetype(from.signature().with(bundle.signature));
    return from.set_add_edge(bundle.id, make_edge(from, target));
}

const detail::Edge& World::remove_edge(detail::Archetype& from, const detail::Bundle& bundle) {
    if (const detail::Edge* known = from.remove_edge(bundle.id)) return *known;
    detail::Archetype& target = archetype(from.signature().without(bundle.signature));
    return from.set_remove_edge(bundle.id, make_edge(from, target));
}

std::uint32_t World::move_row(Entity entity, const detail::Edge& edge) {
    const detail::Slot slot = *rows_.entities.find(entity);
    detail::Archetype& from = *slot.archetype;
    detail::Archetype& target = *edge.target;
    if (&from == &target) return slot.row;
    const Version now = rows_.version;
    const std::uint32_t row = target.append(entity, now);
    from.move_values(slot.row, edge, row, now);
    rows_.entities.move(entity, target, row);
    const Entity moved = from.close_gap(slot.row, now);
    if (!moved.is_null()) rows_.entities.set_row(moved, slot.row);
    return row;
}

void World::prepare_overwrite(const Signature& components, detail::Archetype& target,
                              std::uint32_t row, const Signature& before) {
    components.for_each([&](ComponentId id) {
        if (!before.test(id)) return;
        const auto column = static_cast<std::size_t>(target.column_of(id));
        const detail::Column& there = target.columns()[column];
        if (there.relocate != nullptr) there.type->destroy(target.value(row, column), 1);
        target.set_switched_off(row, column, false, rows_.version);
        target.state(target.chunk_of(row), column).written = rows_.version;
    });
}

bool World::remove_bundle(Entity entity, const detail::Bundle& bundle) {
    check_structural();
    const detail::Slot* const slot = rows_.entities.find(entity);
    if (slot == nullptr || !slot->archetype->signature().intersects(bundle.signature)) return false;
    detail::Archetype& from = *slot->archetype;
    const detail::Edge& edge = remove_edge(from, bundle);
    removing(entity, from.signature().without(edge.target->signature()));
    move_row(entity, edge);
    return true;
}

bool World::destroy(Entity entity) {
    check_structural();
    const detail::Slot* const found = rows_.entities.find(entity);
    if (found == nullptr) return false;
    removing(entity, found->archetype->signature());
    // A hook may have reserved handles, which moves the slots.
    const detail::Slot slot = *rows_.entities.find(entity);
    slot.archetype->destroy_values(slot.row);
    const Entity moved = slot.archetype->close_gap(slot.row, rows_.version);
    if (!moved.is_null()) rows_.entities.set_row(moved, slot.row);
    rows_.entities.release(entity);
    return true;
}

std::size_t World::destroy_many(std::span<const Entity> entities) {
    std::size_t destroyed = 0;
    for (const Entity entity : entities)
        destroyed += destroy(entity) ? 1U : 0U;
    return destroyed;
}

bool World::any_with(const Signature& components) {
    for (const detail::Archetype* each : queries_.matches(components, archetypes_).archetypes)
        if (each->size() != 0) return true;
    return false;
}

WorldStats World::stats() const noexcept {
    WorldStats result;
    result.entities = size();
    result.archetypes = archetypes_.size();
    result.bytes = rows_.entities.bytes();
    for (const auto& each : archetypes_) {
        result.chunks += each->chunk_count();
        result.bytes += each->bytes();
    }
    return result;
}

}  // namespace millrace::ecs
