// SPDX-License-Identifier: Apache-2.0
// World::restore(): read everything first, then move it in; only the second part changes the World.
#include "millrace/ecs/world.hpp"
#include "snapshot_reader.hpp"

namespace millrace::ecs {

core::Result<> World::restore(std::string_view bytes) {
    check_structural();
    if (size() != 0 || rows_.entities.reserved() != 0)
        return core::fail(Errc::world_not_empty, "the World has " + std::to_string(size()) +
                                                     " entities: restore into a new one");
    SnapshotReader reader{registry_, chunks_};
    if (auto read = reader.read(bytes); !read) return read;
    std::size_t alive = 0;
    for (const auto& staged : reader.archetypes) {
        detail::Archetype& target = archetype(staged->signature());
        target.adopt(*staged, rows_.version);
        for (std::uint32_t row = 0; row < target.size(); ++row) {
            detail::Slot& slot = reader.slots[target.entity(row).index];
            slot.archetype = &target;
            slot.row = row;
        }
        alive += target.size();
    }
    rows_.entities.assign(std::move(reader.slots), reader.first_free, alive);
    return {};
}

}  // namespace millrace::ecs
