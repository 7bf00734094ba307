// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/ecs/fwd.hpp"
#include "millrace/ecs/signature.hpp"

namespace millrace::ecs {

/// One step of a frame.
struct System {
    std::string name;
    int priority = 0;  ///< higher runs first; equal ones in order of addition
    std::function<void(World&, core::Duration delta)> execute;
    /// Skip the system while no entity has all of these, see World::components<A, B>().
    Signature required = {};
    std::function<void(World&)> on_added = {};
    std::function<void(World&)> on_removed = {};
};

/// Told when frames and systems start and end; a Profiler, for instance. A system ends when its
/// commands have been applied. One that is skipped is not told.
class SystemObserver {
public:
    virtual ~SystemObserver() = default;
    virtual void frame_started(const World& world) = 0;
    virtual void frame_finished(const World& world) = 0;
    virtual void started(const World& world, const System& system) = 0;
    virtual void finished(const World& world, const System& system) = 0;
};

/// The systems of one World in priority order. The World must outlive it.
class Schedule {
public:
    explicit Schedule(World& world) noexcept : world_(&world) {}
    /// Removes the remaining systems, last to run first.
    ~Schedule();
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// Adds the system and calls its on_added. Names are unique; not while run() is running.
    void add(System system);
    /// Calls on_removed; false when there is no such system.
    bool remove(std::string_view name);

    /// Runs all systems once; after each one the World's commands are flushed and a new version
    /// begins, so a system can ask what changed since its own last run.
    void run(core::Duration delta);

    /// Observer of the following runs, null for none; it must outlive them.
    void observe(SystemObserver* observer) noexcept { observer_ = observer; }
    [[nodiscard]] std::vector<std::string_view> names() const;
    [[nodiscard]] std::size_t size() const noexcept { return systems_.size(); }

private:
    void run_one(const System& system, core::Duration delta);

    World* world_;
    std::vector<System> systems_;  // in the order they run
    SystemObserver* observer_ = nullptr;
    bool running_ = false;
};

}  // namespace millrace::ecs
