// SPDX-License-Identifier: Apache-2.0
// The first steps: components, entities, a query, systems in a schedule.
#include <cstdio>

#include "millrace/ecs/schedule.hpp"
#include "millrace/ecs/world.hpp"

using namespace millrace;

// [components]
struct Position {
    float x = 0;
    float y = 0;
};
struct Speed {
    float x = 0;
    float y = 0;
};
struct Asleep {};  // empty: a tag, which marks an entity and takes no memory per row
// [/components]

int main() {
    // [entities]
    ecs::World world;
    const ecs::Entity ball = world.create(Position{0, 0}, Speed{1, 2});
    const ecs::Entity cat = world.create(Position{5, 5}, Speed{3, 0}, Asleep{});

    world.get<Speed>(ball).x = 2;  // a reference, marked as written
    world.add(ball, Asleep{});     // moves the entity to another archetype
    world.remove<Asleep>(ball);    // and back
    const bool sleeps = world.has<Asleep>(cat);
    // [/entities]

    // [schedule]
    ecs::Schedule schedule{world};
    schedule.add(
        {.name = "motion", .priority = 100, .execute = [](ecs::World& in, core::Duration delta) {
             const float seconds = static_cast<float>(delta.ms) / 1000;
             in.query<Position, const Speed, ecs::Without<Asleep>>().each(
                 [&](Position& at, const Speed& by) {
                     at.x += by.x * seconds;
                     at.y += by.y * seconds;
                 });
         }});
    for (int frame = 0; frame < 100; ++frame)
        schedule.run(core::Duration{10});
    // [/schedule]

    // [loop]
    for (const auto [entity, at] : world.query<const Position>())
        std::printf("%u is at %.1f, %.1f\n", entity.index, static_cast<double>(at.x),
                    static_cast<double>(at.y));
    // [/loop]
    const auto& at = world.get<const Position>(ball);
    return sleeps && at.x > 1.9F && at.x < 2.1F ? 0 : 1;
}
