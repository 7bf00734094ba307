// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "millrace/ecs/fwd.hpp"
#include "millrace/ecs/schedule.hpp"
#include "millrace/ecs/stats.hpp"

namespace millrace::ecs {

/// Durations of something that happens again and again, in ticks.
struct Timing {
    std::uint64_t count = 0;
    std::uint64_t total = 0;
    std::uint64_t min = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t max = 0;
    std::uint64_t last = 0;

    void add(std::uint64_t ticks) noexcept;
    /// 0 when nothing was counted.
    [[nodiscard]] std::uint64_t mean() const noexcept { return count == 0 ? 0 : total / count; }
};

struct SystemProfile {
    std::string name;
    Timing time;  ///< of the system and of applying its commands; `count` leaves out skipped frames
    /// How many more entities there were after runs that left more, and fewer after the others.
    std::uint64_t entities_gained = 0;
    std::uint64_t entities_lost = 0;
};

/// What a Profiler saw, and what the World holds now.
struct ProfileReport {
    Timing frame;
    std::size_t entities_max = 0;        ///< at the end of any frame
    std::vector<SystemProfile> systems;  ///< in the order in which they first ran
    WorldStats world;
    std::vector<ArchetypeStats> archetypes;  ///< in order of creation

    /// Tables for people. A tick of `tick_ns` nanoseconds is shown in milliseconds.
    [[nodiscard]] std::string text(double tick_ns = 1) const;
};

/// Times the systems and frames of a Schedule. This library reads no clock: the caller gives one,
/// any count that does not go back, such as nanoseconds of a steady clock. Costs two calls of it
/// per system. Use: `schedule.observe(&profiler)`.
class Profiler : public SystemObserver {
public:
    using TickSource = std::function<std::uint64_t()>;

    explicit Profiler(TickSource now);

    void frame_started(const World& world) override;
    void frame_finished(const World& world) override;
    void started(const World& world, const System& system) override;
    void finished(const World& world, const System& system) override;

    [[nodiscard]] ProfileReport report(const World& world) const;
    /// Forgets what was counted; not while a frame runs.
    void reset();

private:
    [[nodiscard]] SystemProfile& profile(const std::string& name);

    TickSource now_;
    Timing frame_;
    std::size_t entities_max_ = 0;
    std::vector<SystemProfile> systems_;
    std::uint64_t frame_began_ = 0;
    std::uint64_t system_began_ = 0;
    std::size_t entities_before_ = 0;
};

}  // namespace millrace::ecs
