// SPDX-License-Identifier: Apache-2.0
// Hooks that run when an entity gains or loses a component.
#include <algorithm>

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

World::HookId World::insert_hook(ComponentId component, bool add, Hook hook) {
    MR_CHECK(rows_.iterating == 0);
    const auto id = static_cast<HookId>(++last_hook_);
    hooks_.push_back({id, component, add, std::move(hook)});
    return id;
}

void World::remove_hook(HookId id) {
    MR_CHECK(rows_.iterating == 0);
    std::erase_if(hooks_, [&](const HookEntry& entry) { return entry.id == id; });
}

void World::run_hooks(std::span<const Entity> entities, const Signature& components, bool add) {
    const auto is_called = [&](const HookEntry& entry) {
        return entry.add == add && components.test(entry.component);
    };
    if (std::none_of(hooks_.begin(), hooks_.end(), is_called)) return;
    // The rows are in the middle of a change: a structural one inside would take them away.
    const detail::IterationLock lock{rows_};
    for (const Entity entity : entities)
        for (const HookEntry& entry : hooks_)
            if (is_called(entry)) entry.call(*this, entity);
}

}  // namespace millrace::ecs
