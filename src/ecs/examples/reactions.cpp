// SPDX-License-Identifier: Apache-2.0
// Changing the World while it is looked at: commands, hooks and a resource.
#include <cstdio>

#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Job {
    int left = 0;
};
struct Slot {};
struct Statistics {
    int started = 0;
    int ended = 0;
};

int main() {
    ecs::World world;
    // [hooks]
    world.insert_resource<Statistics>();
    world.on_add<Job>([](ecs::World& in, ecs::Entity) { ++in.resource<Statistics>().started; });
    world.on_remove<Job>([](ecs::World& in, ecs::Entity entity) {
        ++in.resource<Statistics>().ended;
        if (in.has<Slot>(entity)) in.commands().create(Slot{});  // its slot becomes free again
    });
    // [/hooks]
    for (int i = 1; i <= 3; ++i)
        world.create(Job{i}, Slot{});

    // [commands]
    while (!world.query<const Job>().empty()) {
        world.query<Job>().each([&](ecs::Entity entity, Job& job) {
            if (--job.left == 0) world.commands().destroy(entity);
        });
        world.flush();  // in the order recorded; a Schedule does it after each system
    }
    // [/commands]

    const auto& statistics = world.resource<Statistics>();
    std::printf("%d started, %d ended\n", statistics.started, statistics.ended);
    return statistics.ended == 3 && world.query<ecs::With<Slot>>().count() == 3 ? 0 : 1;
}
