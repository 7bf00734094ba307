// SPDX-License-Identifier: Apache-2.0
// A system that looks only at what was written since it ran last.
#include <cstdio>
#include <span>
#include <vector>

#include "millrace/ecs/world.hpp"

using namespace millrace;

struct Health {
    int points = 100;
};
struct Bar {
    int width = 0;
};

// [changed]
class HealthBars {
public:
    std::size_t update(ecs::World& world) {
        std::size_t visited = 0;
        const auto hurt = world.query<const Health, Bar, ecs::Changed<Health>>().since(seen_);
        hurt.each([&](const Health& health, Bar& bar) {
            bar.width = health.points / 2;
            ++visited;
        });
        seen_ = world.mark();  // what is written from here on is news for the next update
        return visited;
    }

private:
    ecs::Version seen_ = 0;  // nothing seen yet: everything is news
};
// [/changed]

int main() {
    ecs::World world;
    std::vector<ecs::Entity> players(100'000);
    world.create_many(std::span{players}, Health{}, Bar{});
    HealthBars bars;
    const std::size_t first = bars.update(world);
    const std::size_t idle = bars.update(world);
    world.get<Health>(players[50'000]).points = 10;
    const std::size_t one_hurt = bars.update(world);  // its whole chunk
    std::printf("%zu, %zu, %zu rows\n", first, idle, one_hurt);
    const bool right = world.get<const Bar>(players[50'000]).width == 5;
    return right && first == players.size() && idle == 0 && one_hurt < 5'000 ? 0 : 1;
}
