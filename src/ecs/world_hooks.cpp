// SPDX-License-Identifier: Apache-2.0
// Hooks that run when an entity gains or loses a component.
#include <algorithm>

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

World::HookId World::insert_hook(ComponentId component, bool add, Hook hook) {
    MR_CHECK(rows_.iterating == 0);
    const auto id = static_cast<HookId>(++last_hook_);
    hooks_.push_back({id, component, add, std::move(hook)});
    index_hooks();
    return id;
}

void World::remove_hook(HookId id) {
    MR_CHECK(rows_.iterating == 0);
    std::erase_if(hooks_, [&](const HookEntry& entry) { return entry.id == id; });
    index_hooks();
}

void World::index_hooks() {
    hooked_on_add_ = {};
    hooked_on_remove_ = {};
    for (const HookEntry& entry : hooks_)
        (entry.add ? hooked_on_add_ : hooked_on_remove_).set(entry.component);
}

void World::run_hooks(Entity entity, const Signature& components, bool add) {
    // The row is in the middle of a change: a structural one inside would take it away.
    const detail::IterationLock lock{rows_};
    for (const HookEntry& entry : hooks_)
        if (entry.add == add && components.test(entry.component)) entry.call(*this, entity);
}

}  // namespace millrace::ecs
