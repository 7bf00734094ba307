// SPDX-License-Identifier: Apache-2.0
// Many entities in one call: rows that lie one after the other are moved by a memcpy per column.
#include <cstdio>
#include <span>
#include <tuple>
#include <vector>

#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Particle {
    float x = 0;
    float y = 0;
};
struct Age {
    int frames = 0;
};
struct Glowing {};

int main() {
    ecs::World world;
    // [bulk]
    std::vector<ecs::Entity> sparks(10'000);
    world.create_many(std::span{sparks}, Particle{}, Age{});  // a copy for each

    std::vector<ecs::Entity> drops(10'000);
    world.create_many_from(std::span{drops}, [](std::size_t i) {  // values of their own
        return std::tuple{Particle{static_cast<float>(i), 0}, Age{}};
    });

    const std::span<const ecs::Entity> half = std::span{sparks}.first(5'000);
    world.add_many(half, Glowing{});
    world.remove_many<Glowing>(half.first(1'000));
    world.disable_many<Age>(half);  // 64 rows at a time
    world.destroy_many(drops);
    // [/bulk]

    const std::size_t glowing = world.query<const Particle, ecs::With<Glowing>>().count();
    std::printf("%zu of %zu glow\n", glowing, world.size());
    return glowing == 4'000 && world.query<const Age>().count() == 5'000 ? 0 : 1;
}
