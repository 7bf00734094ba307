// SPDX-License-Identifier: Apache-2.0
// Verbs over many entities: rows that lie one after the other are moved or taken out together.
#include <algorithm>

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

World::Run World::leading_run(std::span<const Entity> entities) const noexcept {
    const detail::Slot* const slot = rows_.entities.find(entities.front());
    if (slot == nullptr) return {};
    const detail::Archetype& archetype = *slot->archetype;
    std::size_t length = 0;
    for (std::uint32_t row = slot->row; row < archetype.size() && length < entities.size();) {
        // A handle that stands in a row is alive and there: no need to look at its slot.
        const std::uint32_t chunk = archetype.chunk_of(row);
        const std::size_t here = std::min<std::size_t>(
            entities.size() - length, archetype.chunk_rows(chunk) - archetype.row_in_chunk(row));
        const Entity* const rows = archetype.entities(chunk) + archetype.row_in_chunk(row);
        const auto same = static_cast<std::size_t>(
            std::mismatch(rows, rows + here, entities.data() + length).first - rows);
        length += same;
        row += static_cast<std::uint32_t>(same);
        if (same != here) break;
    }
    return {slot->archetype, slot->row, entities.first(length)};
}

void World::close_run(const Run& run) noexcept {
    const std::uint32_t moved = run.archetype->close_gap_many(run.row, run.count(), rows_.version);
    for (std::uint32_t row = run.row; row < run.row + moved; ++row)
        rows_.entities.set_row(run.archetype->entity(row), row);
}

std::uint32_t World::move_run(const Run& run, const detail::Edge& edge) {
    detail::Archetype& from = *run.archetype;
    detail::Archetype& target = *edge.target;
    const std::uint32_t first = target.size();
    const bool to_the_end = run.row + run.count() == from.size();
    std::uint32_t row = run.row;
    for (std::span<const Entity> rest = run.entities; !rest.empty();) {
        const std::uint32_t skipped = from.row_in_chunk(row);
        const auto some =
            rest.first(std::min<std::size_t>(rest.size(), from.chunk_capacity() - skipped));
        const auto count = static_cast<std::uint32_t>(some.size());
        std::uint32_t there = target.append_many(some, rows_.version);
        from.move_rows(row, count, edge, there, rows_.version);
        for (const Entity entity : some) {
            detail::Slot& slot = rows_.entities.slot(entity);
            slot.archetype = &target;
            slot.row = there++;
        }
        // The chunk that becomes free is the one the target fills next, while it is in the cache.
        if (to_the_end && skipped == 0) from.leave_chunk(from.chunk_of(row));
        row += count;
        rest = rest.subspan(some.size());
    }
    close_run(run);
    return first;
}

std::size_t World::remove_many_bundle(std::span<const Entity> entities,
                                      const detail::Bundle& bundle) {
    check_structural();
    std::size_t changed = 0;
    while (!entities.empty()) {
        const Run run = leading_run(entities);
        entities = entities.subspan(std::max<std::size_t>(run.count(), 1));
        if (run.count() == 0) continue;
        const detail::Edge& edge = remove_edge(*run.archetype, bundle);
        if (edge.target == run.archetype) continue;
        run_hooks(run.entities, edge.changed, false);
        if (run.count() == 1)
            move_row(run.entities.front(), rows_.entities.slot(run.entities.front()), edge);
        else
            move_run(run, edge);
        changed += run.count();
    }
    return changed;
}

void World::switch_many(std::span<const Entity> entities, ComponentId component,
                        bool off) noexcept {
    while (!entities.empty()) {
        const Run run = leading_run(entities);
        entities = entities.subspan(std::max<std::size_t>(run.count(), 1));
        const int column = run.count() == 0 ? -1 : run.archetype->column_of(component);
        if (column >= 0)
            run.archetype->switch_rows(run.row, run.count(), static_cast<std::size_t>(column), off,
                                       rows_.version);
    }
}

std::size_t World::destroy_many(std::span<const Entity> entities) {
    check_structural();
    std::size_t destroyed = 0;
    while (!entities.empty()) {
        const Run run = leading_run(entities);
        entities = entities.subspan(std::max<std::size_t>(run.count(), 1));
        if (run.count() == 1) {
            destroy(run.entities.front());
        } else if (run.count() != 0) {
            run_hooks(run.entities, run.archetype->signature(), false);
            run.archetype->end_values(run.row, run.count());
            close_run(run);
            for (const Entity entity : run.entities)
                rows_.entities.release(entity);
        }
        destroyed += run.count();
    }
    return destroyed;
}

}  // namespace millrace::ecs
