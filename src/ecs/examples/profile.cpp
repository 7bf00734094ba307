// SPDX-License-Identifier: Apache-2.0
// Where a frame's time and the World's memory go.
#include <chrono>
#include <cstdio>
#include <span>
#include <vector>

#include "millrace/ecs/profiler.hpp"
#include "millrace/ecs/schedule.hpp"
#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Position {
    float x = 0;
};
struct Speed {
    float x = 1;
};

int main() {
    ecs::World world;
    world.register_transient<Position>("position");  // names for the report
    world.register_transient<Speed>("speed");
    std::vector<ecs::Entity> entities(100'000);
    world.create_many(std::span{entities}, Position{}, Speed{});
    ecs::Schedule schedule{world};
    schedule.add({.name = "motion", .priority = 2, .execute = [](ecs::World& in, core::Duration) {
                      in.query<Position, const Speed>().each(
                          [](Position& at, const Speed& by) { at.x += by.x; });
                  }});
    schedule.add({.name = "drag", .priority = 1, .execute = [](ecs::World& in, core::Duration) {
                      in.query<Speed>().each([](Speed& speed) { speed.x *= 0.99F; });
                  }});

    // [profile]
    ecs::Profiler profiler{[] {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    }};
    schedule.observe(&profiler);
    for (int frame = 0; frame < 100; ++frame)
        schedule.run(core::Duration{16});

    const ecs::ProfileReport report = profiler.report(world);
    std::printf("%s", report.text().c_str());
    // [/profile]
    return report.frame.count == 100 && report.systems.size() == 2 ? 0 : 1;
}
