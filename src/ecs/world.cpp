// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

World::World(const WorldOptions& options)
    : chunks_(options.memory != nullptr ? *options.memory : *std::pmr::new_delete_resource(),
              options.spare_bytes_max),
      commands_(rows_, registry_),
      applying_(rows_, registry_) {}

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

const detail::Edge& World::make_add_edge(detail::Archetype& from, const detail::Bundle& bundle) {
    detail::Archetype& target = archetype(from.signature().with(bundle.signature));
    detail::Edge edge = detail::edge_between(from, target);
    edge.changed = bundle.signature.without(from.signature());
    edge.overlaps = from.signature().intersects(bundle.signature);
    for (std::size_t i = 0; i < bundle.count; ++i)
        edge.columns[i] = static_cast<std::uint16_t>(target.column_of(bundle.types[i]->id));
    return from.set_add_edge(bundle.id, std::move(edge));
}

const detail::Edge& World::make_remove_edge(detail::Archetype& from, const detail::Bundle& bundle) {
    detail::Archetype& target = archetype(from.signature().without(bundle.signature));
    detail::Edge edge = detail::edge_between(from, target);
    edge.changed = from.signature().without(target.signature());
    return from.set_remove_edge(bundle.id, std::move(edge));
}

detail::RowPlace World::move_row(Entity entity, detail::Slot& slot, const detail::Edge& edge) {
    // Field by field: a wider load of a slot that was just written would wait for the store.
    detail::Archetype& from = *slot.archetype;
    const std::uint32_t left = slot.row;
    const detail::RowPlace gap = from.place_of(left);
    detail::Archetype& target = *edge.target;
    if (&from == &target) return gap;
    const Version now = rows_.version;
    const detail::RowPlace place = target.append(entity, now);
    from.move_row(gap, edge, place, now);
    slot.archetype = &target;
    slot.row = target.size() - 1;
    const Entity moved = from.close_gap(left, gap, now);
    if (!moved.is_null()) rows_.entities.slot(moved).row = left;
    return place;
}

void World::prepare_overwrite(const detail::Bundle& bundle, const detail::Edge& edge,
                              detail::RowPlace row, const Signature& before) {
    detail::Archetype& target = *edge.target;
    for (std::size_t i = 0; i < bundle.count; ++i) {
        if (!before.test(bundle.types[i]->id)) continue;
        const std::size_t column = edge.columns[i];
        bundle.types[i]->end_values(target.value(row, target.columns()[column]), 1);
        target.set_switched_off(row, column, false, rows_.version);
        target.state(row, column).written = rows_.version;
    }
}

bool World::remove_bundle(Entity entity, const detail::Bundle& bundle) {
    check_structural();
    detail::Slot* slot = rows_.entities.find(entity);
    if (slot == nullptr) return false;
    const detail::Edge& edge = remove_edge(*slot->archetype, bundle);
    if (edge.target == slot->archetype) return false;
    removing(entity, edge.changed);
    // A hook may have reserved handles, which moves the slots.
    move_row(entity, rows_.entities.slot(entity), edge);
    return true;
}

bool World::destroy(Entity entity) {
    check_structural();
    const detail::Slot* const found = rows_.entities.find(entity);
    if (found == nullptr) return false;
    detail::Archetype& archetype = *found->archetype;
    const std::uint32_t row = found->row;
    removing(entity, archetype.signature());
    archetype.end_values(row);
    const Entity moved = archetype.close_gap(row, archetype.place_of(row), rows_.version);
    if (!moved.is_null()) rows_.entities.slot(moved).row = row;
    rows_.entities.release(entity);
    return true;
}

bool World::any_with(const Signature& components) {
    for (const detail::Archetype* each : queries_.matches(components, archetypes_).archetypes)
        if (each->size() != 0) return true;
    return false;
}

}  // namespace millrace::ecs
