// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {
namespace {

ArchetypeStats stats_of(const detail::Archetype& archetype) {
    ArchetypeStats result;
    for (const detail::Column& column : archetype.columns()) {
        const detail::ComponentType& type = *column.type;
        result.components.push_back(type.name.empty() ? "#" + std::to_string(to_index(type.id))
                                                      : type.name);
    }
    result.entities = archetype.size();
    result.chunks = archetype.chunk_count();
    result.rows_per_chunk = archetype.chunk_capacity();
    result.bytes_used = archetype.size() * archetype.row_bytes();
    result.bytes_reserved = archetype.bytes_reserved();
    return result;
}

}  // namespace

WorldStats World::stats() const noexcept {
    WorldStats result;
    result.entities = size();
    result.archetypes = archetypes_.size();
    result.queries = queries_.size();
    result.bytes_used = size() * sizeof(detail::Slot);
    result.bytes_reserved = rows_.entities.bytes() + chunks_.spare_bytes();
    for (const auto& each : archetypes_) {
        result.chunks += each->chunk_count();
        result.bytes_used += each->size() * each->row_bytes();
        result.bytes_reserved += each->bytes_reserved();
    }
    return result;
}

std::vector<ArchetypeStats> World::archetype_stats() const {
    std::vector<ArchetypeStats> result;
    for (const auto& each : archetypes_)
        result.push_back(stats_of(*each));
    return result;
}

}  // namespace millrace::ecs
