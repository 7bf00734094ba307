// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/schedule.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

Schedule::~Schedule() {
    while (!systems_.empty()) {
        const System last = std::move(systems_.back());
        systems_.pop_back();
        if (last.on_removed) last.on_removed(*world_);
    }
}

void Schedule::add(System system) {
    MR_CHECK(!running_);
    MR_CHECK(system.execute != nullptr);
    for (const System& other : systems_)
        MR_CHECK(other.name != system.name);
    const auto place = std::find_if(systems_.begin(), systems_.end(), [&](const System& other) {
        return other.priority < system.priority;
    });
    const auto added = systems_.insert(place, std::move(system));
    if (added->on_added) {
        running_ = true;  // the list must hold still
        added->on_added(*world_);
        running_ = false;
    }
}

bool Schedule::remove(std::string_view name) {
    MR_CHECK(!running_);
    const auto found = std::find_if(systems_.begin(), systems_.end(),
                                    [&](const System& system) { return system.name == name; });
    if (found == systems_.end()) return false;
    const System removed = std::move(*found);
    systems_.erase(found);
    if (removed.on_removed) removed.on_removed(*world_);
    return true;
}

void Schedule::run_one(const System& system, core::Duration delta) {
    if (!system.required.empty() && !world_->any_with(system.required)) return;
    if (observer_ != nullptr) observer_->started(*world_, system);
    system.execute(*world_, delta);
    world_->flush();
    world_->mark();
    if (observer_ != nullptr) observer_->finished(*world_, system);
}

void Schedule::run(core::Duration delta) {
    MR_CHECK(!running_);
    running_ = true;
    if (observer_ != nullptr) observer_->frame_started(*world_);
    for (const System& system : systems_)
        run_one(system, delta);
    if (observer_ != nullptr) observer_->frame_finished(*world_);
    running_ = false;
}

std::vector<std::string_view> Schedule::names() const {
    std::vector<std::string_view> result;
    for (const System& system : systems_)
        result.push_back(system.name);
    return result;
}

}  // namespace millrace::ecs
