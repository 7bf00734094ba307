// SPDX-License-Identifier: Apache-2.0
// What the World costs per entity, for whoever puts more into a frame: the figures of one pinned
// core, to compare with EnTT and flecs on the same components.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "millrace/ecs/schedule.hpp"
#include "millrace/ecs/world.hpp"

namespace {

using namespace millrace;
using ecs::Entity;
using ecs::World;

struct Identity {
    std::uint64_t key;
    std::uint32_t workflow;
    std::uint32_t node;
};
struct Load {
    float value;
    float rate;
};
struct Progress {
    std::uint8_t status;
    std::uint32_t attempts;
    double started;
    double spent;
};
struct Ready {};

constexpr std::int64_t small = 100'000;
constexpr std::int64_t large = 1'000'000;

void fill(World& world, std::span<Entity> entities) {
    world.create_many(entities, Identity{1, 2, 3}, Load{0, 1}, Progress{0, 0, 0, 0});
}

/// Time over entities; `per_entity` prints as nanoseconds.
void per_entity(benchmark::State& state, std::size_t entities) {
    state.counters["per_entity"] = benchmark::Counter(
        static_cast<double>(entities),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// One system that reads one component and writes another, for authors of systems: the cost of a
// row in a frame.
void update_two_components(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    const auto query = world.query<Load, const Progress>();
    for (auto _ : state)
        query.each([](Load& load, const Progress& progress) {
            load.value += load.rate * static_cast<float>(progress.spent);
        });
    per_entity(state, entities.size());
}
BENCHMARK(update_two_components)->Arg(small)->Arg(large);

// The same while one row in ten is switched off, for those who keep status in switch bits.
void update_two_components_tenth_off(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    for (std::size_t i = 0; i < entities.size(); i += 10)
        world.disable<Progress>(entities[i]);
    const auto query = world.query<Load, const Progress>();
    for (auto _ : state)
        query.each([](Load& load, const Progress& progress) {
            load.value += load.rate * static_cast<float>(progress.spent);
        });
    per_entity(state, entities.size());
}
BENCHMARK(update_two_components_tenth_off)->Arg(small)->Arg(large);

// Random access by handle, for systems that follow references from entity to entity.
void get_by_handle(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (const Entity entity : entities)
            sum += world.get<const Identity>(entity).key;
        benchmark::DoNotOptimize(sum);
    }
    per_entity(state, entities.size());
}
BENCHMARK(get_by_handle)->Arg(small)->Arg(large);

// Entities with three components, one call each, into a World that held as many before: what a
// shard pays when executions come and go.
void create_one_by_one(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        for (Entity& entity : entities)
            entity = world.create(Identity{1, 2, 3}, Load{0, 1}, Progress{0, 0, 0, 0});
        state.PauseTiming();
        world.destroy_many(entities);
        state.ResumeTiming();
    }
    per_entity(state, entities.size());
    state.counters["bytes"] = static_cast<double>(world.stats().bytes_reserved);
}
BENCHMARK(create_one_by_one)->Arg(small)->Arg(large);

// The same in one call, for recovery and for the plan that makes an entity per node.
void create_in_bulk(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        fill(world, entities);
        state.PauseTiming();
        world.destroy_many(entities);
        state.ResumeTiming();
    }
    per_entity(state, entities.size());
}
BENCHMARK(create_in_bulk)->Arg(small)->Arg(large);

// Ending entities with three components, for parking and for finished executions.
void destroy_all(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        state.PauseTiming();
        fill(world, entities);
        state.ResumeTiming();
        for (const Entity entity : entities)
            world.destroy(entity);
    }
    per_entity(state, entities.size());
}
BENCHMARK(destroy_all)->Arg(small)->Arg(large);

// A tag that comes and goes, two archetype moves: the price that switch bits avoid.
void add_and_remove_tag(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    for (auto _ : state)
        for (const Entity entity : entities) {
            world.add(entity, Ready{});
            world.remove<Ready>(entity);
        }
    per_entity(state, entities.size());
}
BENCHMARK(add_and_remove_tag)->Arg(small)->Arg(large);

// A component switched off and on, for status that changes in every frame.
void switch_off_and_on(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    for (auto _ : state)
        for (const Entity entity : entities) {
            world.disable<Load>(entity);
            world.enable<Load>(entity);
        }
    per_entity(state, entities.size());
}
BENCHMARK(switch_off_and_on)->Arg(small)->Arg(large);

// A frame of three systems over all entities, for the 16 ms that a frame may take.
void frame_of_three_systems(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    ecs::Schedule schedule{world};
    schedule.add({.name = "slots", .priority = 100, .execute = [](World& in, core::Duration) {
                      in.query<Load>().each([](Load& load) { load.value += load.rate; });
                  }});
    schedule.add({.name = "flow", .priority = 90, .execute = [](World& in, core::Duration delta) {
                      in.query<Progress, const Load>().each([&](Progress& progress, const Load& l) {
                          progress.spent += static_cast<double>(delta.ms) * l.value;
                      });
                  }});
    schedule.add({.name = "run", .priority = 80, .execute = [](World& in, core::Duration) {
                      in.query<Progress, const Identity>().each(
                          [](Progress& progress, const Identity& identity) {
                              progress.attempts += identity.node;
                          });
                  }});
    for (auto _ : state)
        schedule.run(core::Duration{16});
    per_entity(state, entities.size());
}
BENCHMARK(frame_of_three_systems)->Arg(large)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
