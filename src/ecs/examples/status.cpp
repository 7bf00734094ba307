// SPDX-License-Identifier: Apache-2.0
// Status that changes often: a switch bit instead of a tag that comes and goes.
#include <cstdio>
#include <span>
#include <vector>

#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Order {
    int amount = 0;
};
struct Waiting {};

int main() {
    ecs::World world;
    std::vector<ecs::Entity> orders(1'000);
    world.create_many(std::span{orders}, Order{5}, Waiting{});

    // [switch]
    world.disable<Waiting>(orders[7]);  // a bit in the chunk: no row moves, references stay good
    const std::size_t waiting = world.query<const Order, ecs::With<Waiting>>().count();    // 999
    const std::size_t others = world.query<const Order, ecs::Without<Waiting>>().count();  // 1

    const bool there = world.has<Waiting>(orders[7]);   // true: only queries take it as gone
    const bool on = world.enabled<Waiting>(orders[7]);  // false
    world.enable<Waiting>(orders[7]);
    // [/switch]

    std::printf("%zu wait, %zu do not\n", waiting, others);
    return waiting == 999 && others == 1 && there && !on ? 0 : 1;
}
