// SPDX-License-Identifier: Apache-2.0
// What the World costs per entity, for whoever puts more into a frame: the figures of one pinned
// core (`taskset -c 1`), on entities of three components of 16, 8 and 24 bytes, in nanoseconds per
// entity. `ratio_to_target` is what a figure has in hand: above 1 it is better than the target,
// which is the best of what other libraries do on such a machine with the same components.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <string>
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

// A World that keeps what it has taken: a bulk move needs the rows twice for a moment, and the
// price of pages from the system is not the library's.
constexpr ecs::WorldOptions keeping{.spare_bytes_max = std::size_t{1} << 30U};

constexpr std::int64_t small = 100'000;
constexpr std::int64_t large = 1'000'000;

// Targets in nanoseconds per entity.
constexpr double update_target = 1.1;
constexpr double create_target = 49;
constexpr double destroy_target = 18;
constexpr double tag_target = 14.5;
constexpr double frame_target = 16;  // 16 ms for a million

void fill(World& world, std::span<Entity> entities) {
    world.create_many(entities, Identity{1, 2, 3}, Load{0, 1}, Progress{0, 0, 0, 0});
}

std::vector<Entity> filled(World& world, const benchmark::State& state) {
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    fill(world, entities);
    return entities;
}

/// `per_entity` prints as nanoseconds; with a target also how many times better than it.
void per_entity(benchmark::State& state, std::size_t entities, double target_ns = 0) {
    using benchmark::Counter;
    const auto count = static_cast<double>(entities);
    state.counters["per_entity"] =
        Counter(count, Counter::kIsIterationInvariantRate | Counter::kInvert);
    if (target_ns != 0) state.counters["target"] = target_ns * 1e-9;
}

// One system that reads one component and writes another, for authors of systems: the cost of a
// row in a frame.
void update_rows(benchmark::State& state, World& world) {
    const std::vector<Entity> entities = filled(world, state);
    const auto query = world.query<Load, const Progress>();
    for (auto _ : state)
        query.each([](Load& load, const Progress& progress) {
            load.value += load.rate * static_cast<float>(progress.spent);
        });
    per_entity(state, entities.size(), update_target);
}
void update_two_components(benchmark::State& state) {
    World world;
    update_rows(state, world);
}
BENCHMARK(update_two_components)->Arg(small)->Arg(large);

/// Regions of 64 MiB that the kernel may back with pages of 2 MiB. What is given back stays.
class LargePages : public std::pmr::memory_resource {
public:
    ~LargePages() override {
        for (std::byte* const region : regions_)
            ::munmap(region, region_bytes);
    }

private:
    static constexpr std::size_t region_bytes = std::size_t{64} << 20U;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        used_ = (used_ + alignment - 1) / alignment * alignment;
        if (regions_.empty() || used_ + bytes > region_bytes) {
            void* const region = ::mmap(nullptr, region_bytes, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (region == MAP_FAILED) throw std::bad_alloc{};
            ::madvise(region, region_bytes, MADV_HUGEPAGE);
            regions_.push_back(static_cast<std::byte*>(region));
            used_ = 0;
        }
        std::byte* const piece = regions_.back() + used_;
        used_ += bytes;
        return piece;
    }
    void do_deallocate(void* /*at*/, std::size_t /*bytes*/, std::size_t /*alignment*/) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::vector<std::byte*> regions_;
    std::size_t used_ = 0;
};

// The same with chunks in large pages, for Worlds whose owner can ask the system for them.
void update_two_components_large_pages(benchmark::State& state) {
    LargePages pages;
    World world{{.memory = &pages}};
    update_rows(state, world);
}
BENCHMARK(update_two_components_large_pages)->Arg(small)->Arg(large);

// The same loop over two plain arrays: what the memory of this machine allows just now.
void update_two_plain_arrays(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    std::vector<Load> loads(count, Load{0, 1});
    const std::vector<Progress> progress(count, Progress{0, 0, 0, 0});
    for (auto _ : state) {
        for (std::size_t i = 0; i < count; ++i)
            loads[i].value += loads[i].rate * static_cast<float>(progress[i].spent);
        benchmark::ClobberMemory();
    }
    per_entity(state, count, update_target);
}
BENCHMARK(update_two_plain_arrays)->Arg(small)->Arg(large);

// The same while one row in ten is switched off, for those who keep status in switch bits.
void update_two_components_tenth_off(benchmark::State& state) {
    World world;
    const std::vector<Entity> entities = filled(world, state);
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
    const std::vector<Entity> entities = filled(world, state);
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (const Entity entity : entities)
            sum += world.get<const Identity>(entity).key;
        benchmark::DoNotOptimize(sum);
    }
    per_entity(state, entities.size());
}
BENCHMARK(get_by_handle)->Arg(small)->Arg(large);

/// Of a World right after its entities were made.
void report_creation(benchmark::State& state, std::size_t entities, const ecs::WorldStats& full) {
    per_entity(state, entities, create_target);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entities));
    state.counters["bytes_used"] = static_cast<double>(full.bytes_used);
    state.counters["bytes_reserved"] = static_cast<double>(full.bytes_reserved);
}

// Entities with three components, one call each, into a World that held as many before: what a
// shard pays when executions come and go. With the memory that they take.
void create_one_by_one(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    ecs::WorldStats full;
    for (auto _ : state) {
        for (Entity& entity : entities)
            entity = world.create(Identity{1, 2, 3}, Load{0, 1}, Progress{0, 0, 0, 0});
        state.PauseTiming();
        full = world.stats();
        world.destroy_many(entities);
        state.ResumeTiming();
    }
    report_creation(state, entities.size(), full);
}
BENCHMARK(create_one_by_one)->Arg(small)->Arg(large);

// The same in one call, for recovery and for the plan that makes an entity per node.
void create_in_bulk(benchmark::State& state) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    ecs::WorldStats full;
    for (auto _ : state) {
        fill(world, entities);
        state.PauseTiming();
        full = world.stats();
        world.destroy_many(entities);
        state.ResumeTiming();
    }
    report_creation(state, entities.size(), full);
}
BENCHMARK(create_in_bulk)->Arg(small)->Arg(large);

template <class Destroy>
void destroy_with(benchmark::State& state, Destroy destroy) {
    World world;
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        state.PauseTiming();
        fill(world, entities);
        state.ResumeTiming();
        destroy(world, entities);
    }
    per_entity(state, entities.size(), destroy_target);
}

// Ending entities with three components, for parking and for finished executions.
void destroy_one_by_one(benchmark::State& state) {
    destroy_with(state, [](World& world, std::span<const Entity> entities) {
        for (const Entity entity : entities)
            world.destroy(entity);
    });
}
BENCHMARK(destroy_one_by_one)->Arg(small)->Arg(large);

// The same in one call.
void destroy_in_bulk(benchmark::State& state) {
    destroy_with(state, [](World& world, std::span<const Entity> entities) {
        world.destroy_many(entities);
    });
}
BENCHMARK(destroy_in_bulk)->Arg(small)->Arg(large);

/// Times `change` over all entities of a World.
template <class Change>
void change_all(benchmark::State& state, Change change) {
    World world{keeping};
    const std::vector<Entity> entities = filled(world, state);
    for (auto _ : state)
        change(world, std::span<const Entity>{entities});
    per_entity(state, entities.size(), tag_target);
}

// A tag that comes and goes, two archetype moves: the price that switch bits avoid.
void add_and_remove_tag(benchmark::State& state) {
    change_all(state, [](World& world, std::span<const Entity> entities) {
        for (const Entity entity : entities) {
            world.add(entity, Ready{});
            world.remove<Ready>(entity);
        }
    });
}
BENCHMARK(add_and_remove_tag)->Arg(small)->Arg(large);

// The same for all at once.
void add_and_remove_tag_in_bulk(benchmark::State& state) {
    change_all(state, [](World& world, std::span<const Entity> entities) {
        world.add_many(entities, Ready{});
        world.remove_many<Ready>(entities);
    });
}
BENCHMARK(add_and_remove_tag_in_bulk)->Arg(small)->Arg(large);

// A component with data for all at once, and away again.
void add_and_remove_component_in_bulk(benchmark::State& state) {
    World world{keeping};
    std::vector<Entity> entities(static_cast<std::size_t>(state.range(0)));
    world.create_many(std::span{entities}, Identity{1, 2, 3}, Load{0, 1});
    for (auto _ : state) {
        world.add_many(std::span<const Entity>{entities}, Progress{0, 0, 0, 0});
        world.remove_many<Progress>(entities);
    }
    per_entity(state, entities.size());
}
BENCHMARK(add_and_remove_component_in_bulk)->Arg(small)->Arg(large);

// A component switched off and on, for status that changes in every frame.
void switch_off_and_on(benchmark::State& state) {
    change_all(state, [](World& world, std::span<const Entity> entities) {
        for (const Entity entity : entities) {
            world.disable<Load>(entity);
            world.enable<Load>(entity);
        }
    });
}
BENCHMARK(switch_off_and_on)->Arg(small)->Arg(large);

// The same for all at once, 64 rows at a time.
void switch_off_and_on_in_bulk(benchmark::State& state) {
    change_all(state, [](World& world, std::span<const Entity> entities) {
        world.disable_many<Load>(entities);
        world.enable_many<Load>(entities);
    });
}
BENCHMARK(switch_off_and_on_in_bulk)->Arg(small)->Arg(large);

// Asking for a query that was asked before: what a system pays that does not keep its query.
void query_cache_hit(benchmark::State& state) {
    World world;
    world.create(Identity{1, 2, 3}, Load{0, 1}, Progress{0, 0, 0, 0});
    for (auto _ : state)
        benchmark::DoNotOptimize(world.query<Load, const Progress, ecs::Without<Ready>>());
}
BENCHMARK(query_cache_hit);

void register_all(World& world) {
    world.register_component<Identity>(
        "identity",
        {.encode =
             [](const Identity& from, core::BinaryWriter& out) {
                 out.varint(from.key);
                 out.varint(from.workflow);
                 out.varint(from.node);
             },
         .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Identity> {
             const std::uint64_t key = in.varint();
             const auto workflow = static_cast<std::uint32_t>(in.varint());
             return Identity{key, workflow, static_cast<std::uint32_t>(in.varint())};
         }});
    world.register_component<Load>(
        "load", {.encode =
                     [](const Load& from, core::BinaryWriter& out) {
                         out.real(static_cast<double>(from.value));
                         out.real(static_cast<double>(from.rate));
                     },
                 .decode = [](core::BinaryReader& in, std::uint32_t) -> std::optional<Load> {
                     const auto value = static_cast<float>(in.real());
                     return Load{value, static_cast<float>(in.real())};
                 }});
    world.register_transient<Progress>("progress");
}

// A World of entities with two stored components into bytes and back, for parking.
void snapshot_all(benchmark::State& state) {
    World world;
    register_all(world);
    const std::vector<Entity> entities = filled(world, state);
    std::size_t bytes = 0;
    for (auto _ : state)
        bytes = world.snapshot()->size();
    per_entity(state, entities.size());
    state.counters["bytes_per_entity"] =
        static_cast<double>(bytes) / static_cast<double>(entities.size());
}
BENCHMARK(snapshot_all)->Arg(small)->Arg(large)->Unit(benchmark::kMillisecond);

void restore_all(benchmark::State& state) {
    World world;
    register_all(world);
    const std::vector<Entity> entities = filled(world, state);
    const std::string bytes = *world.snapshot();
    for (auto _ : state) {
        World copy;
        register_all(copy);
        if (!copy.restore(bytes)) state.SkipWithError("the snapshot does not come back");
        benchmark::DoNotOptimize(copy.size());
    }
    per_entity(state, entities.size());
}
BENCHMARK(restore_all)->Arg(small)->Arg(large)->Unit(benchmark::kMillisecond);

// A frame of three systems over all entities, for the 16 ms that a frame may take.
void frame_of_three_systems(benchmark::State& state) {
    World world;
    const std::vector<Entity> entities = filled(world, state);
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
    per_entity(state, entities.size(), frame_target);
}
BENCHMARK(frame_of_three_systems)->Arg(small)->Arg(large)->Unit(benchmark::kMillisecond);

/// Adds how many times a figure is better than its target.
class WithRatios : public benchmark::ConsoleReporter {
public:
    WithRatios() : ConsoleReporter(OO_None) {}
    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> shown = runs;
        for (Run& run : shown) {
            const auto target = run.counters.find("target");
            if (target == run.counters.end()) continue;
            const double ratio = target->second.value / run.counters["per_entity"].value;
            run.counters.erase(target);
            // The spread of a constant and of a quotient says nothing.
            if (run.aggregate_name != "stddev" && run.aggregate_name != "cv")
                run.counters["ratio_to_target"] = ratio;
        }
        ConsoleReporter::ReportRuns(shown);
    }
};

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    WithRatios reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
}
