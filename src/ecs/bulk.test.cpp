// SPDX-License-Identifier: Apache-2.0
// Verbs over many entities at once, across chunks and archetypes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::ElementsAre;

/// Entities that fill several chunks, each with its number as health and name.
struct BulkTest : ::testing::Test {
    World world;
    std::vector<Entity> entities = std::vector<Entity>(5'000);

    BulkTest() {
        world.create_many_from(std::span{entities}, [](std::size_t i) {
            return std::tuple{Health{static_cast<std::uint32_t>(i)}, Name{std::to_string(i)}};
        });
    }
    [[nodiscard]] std::span<const Entity> some(std::size_t first, std::size_t count) const {
        return std::span<const Entity>{entities}.subspan(first, count);
    }
    /// Do all that live still have their number?
    void expect_values() {
        for (std::size_t i = 0; i < entities.size(); ++i) {
            if (!world.alive(entities[i])) continue;
            ASSERT_EQ(world.get<const Health>(entities[i]).points, i);
            ASSERT_EQ(world.get<const Name>(entities[i]).text, std::to_string(i));
        }
    }
};

TEST_F(BulkTest, AddMovesARunOutOfTheMiddle) {
    world.add_many(some(100, 3'000), Position{1, 2}, Frozen{});
    EXPECT_EQ((world.query<const Position, With<Frozen>>().count()), 3'000U);
    EXPECT_EQ(world.get<const Position>(entities[3'099]), (Position{1, 2}));
    EXPECT_FALSE(world.has<Position>(entities[3'100]));
    expect_values();
}

TEST_F(BulkTest, RemoveBringsThemBackTogether) {
    world.add_many(some(0, 5'000), Frozen{});
    EXPECT_EQ(world.remove_many<Frozen>(some(2'500, 2'500)), 2'500U);
    EXPECT_EQ(world.remove_many<Frozen>(some(0, 5'000)), 2'500U);
    EXPECT_EQ(world.remove_many<Frozen>(some(0, 5'000)), 0U);
    EXPECT_EQ(world.query<Without<Frozen>>().count(), 5'000U);
    expect_values();
}

TEST_F(BulkTest, DestroyTakesOutARunThatIsShorterOrLongerThanTheRest) {
    EXPECT_EQ(world.destroy_many(some(10, 200)), 200U);
    expect_values();
    EXPECT_EQ(world.destroy_many(some(0, 4'000)), 3'800U);
    expect_values();
    EXPECT_EQ(world.size(), 1'000U);
}

TEST_F(BulkTest, AnyOrderOfHandlesWorks) {
    std::vector<Entity> mixed;
    for (std::size_t i = 0; i < entities.size(); i += 2)
        mixed.push_back(entities[i]);
    std::reverse(mixed.begin(), mixed.end());
    world.add_many(std::span<const Entity>{mixed}, Frozen{});
    EXPECT_EQ(world.query<With<Frozen>>().count(), mixed.size());
    mixed.push_back(mixed.front());
    EXPECT_EQ(world.destroy_many(mixed), mixed.size() - 1);
    expect_values();
}

TEST_F(BulkTest, AddReplacesValuesThatAreThere) {
    world.add_many(some(0, 10), Position{1, 1});
    world.disable<Position>(entities[3]);
    world.add_many(some(0, 20), Position{2, 2});
    EXPECT_EQ(world.get<const Position>(entities[3]), (Position{2, 2}));
    EXPECT_TRUE(world.enabled<Position>(entities[3]));
    EXPECT_EQ(world.get<const Position>(entities[19]), (Position{2, 2}));
    expect_values();
}

TEST_F(BulkTest, ComponentsThatOwnMemoryAreCopiedForEach) {
    world.remove_many<Name>(some(0, 100));
    world.add_many(some(0, 100), Name{"a name that is too long for the small buffer"});
    world.get<Name>(entities[1]).text = "other";
    EXPECT_EQ(world.get<const Name>(entities[0]).text,
              "a name that is too long for the small buffer");
}

TEST_F(BulkTest, SwitchBitsMoveWithTheirRows) {
    for (std::size_t i = 0; i < entities.size(); i += 3)
        world.disable<Health>(entities[i]);
    world.add_many(some(1'000, 2'000), Frozen{});
    world.destroy_many(some(0, 500));
    world.remove_many<Frozen>(some(2'000, 500));
    for (std::size_t i = 500; i < entities.size(); ++i)
        ASSERT_EQ(world.enabled<Health>(entities[i]), i % 3 != 0) << i;
    std::vector<Entity> fresh(500);
    world.create_many(std::span{fresh}, Health{1}, Name{"x"});
    EXPECT_TRUE(std::all_of(fresh.begin(), fresh.end(),
                            [&](Entity entity) { return world.enabled<Health>(entity); }));
}

TEST_F(BulkTest, SwitchesARunAcrossWordsAndChunks) {
    world.disable_many<Health>(some(37, 4'000));
    EXPECT_EQ(world.query<const Health>().count(), 1'000U);
    EXPECT_TRUE(world.enabled<Health>(entities[36]));
    EXPECT_FALSE(world.enabled<Health>(entities[37]));
    world.disable_many<Health>(some(0, 100));
    world.enable_many<Health>(some(90, 4'910));
    EXPECT_EQ(world.query<const Health>().count(), 4'910U);
}

TEST_F(BulkTest, SwitchingSkipsStaleHandlesAndMissingComponents) {
    world.destroy(entities[5]);
    world.remove<Health>(entities[6]);
    world.disable_many<Health>(some(0, 10));
    EXPECT_FALSE(world.enabled<Health>(entities[9]));
    EXPECT_EQ(world.query<const Health>().count(), 5'000U - 10U);
}

TEST_F(BulkTest, HooksRunForEachOfThem) {
    std::size_t came = 0;
    std::size_t went = 0;
    world.on_add<Frozen>(
        [&](World& in, Entity entity) { came += in.has<Frozen, Name>(entity) ? 1U : 0U; });
    world.on_remove<Frozen>([&](World& in, Entity entity) {
        went += in.has<Frozen>(entity) ? 1U : 0U;
        in.commands().create(Health{0}, Name{"0"});
    });
    world.add_many(some(0, 100), Frozen{});
    world.remove_many<Frozen>(some(0, 40));
    world.destroy_many(some(0, 100));
    EXPECT_EQ(came, 100U);
    EXPECT_EQ(went, 100U);
    world.flush();
    EXPECT_EQ(world.size(), 5'000U);
}

TEST_F(BulkTest, GivesTheSameHandlesAndRowsEachTime) {
    const auto story = [&](World& in) {
        std::vector<Entity> made(300);
        in.create_many(std::span{made}, Health{1});
        in.add_many(std::span<const Entity>{made}.first(120), Frozen{});
        in.destroy_many(std::span<const Entity>{made}.subspan(60, 120));
        in.create_many(std::span{made}.first(50), Health{2});
        std::vector<Entity> order;
        in.query<const Health>().each(
            [&](Entity entity, const Health&) { order.push_back(entity); });
        return order;
    };
    World first;
    World second;
    EXPECT_EQ(story(first), story(second));
}

TEST(BulkDeathTest, AddManyNeedsLivingEntitiesAndNoIteration) {
    World world;
    const std::vector<Entity> entities{world.create(Health{1})};
    const std::span<const Entity> all{entities};
    EXPECT_DEATH(world.query<const Health>().each([&](const Health&) { world.destroy_many(all); }),
                 "iterating");
    EXPECT_DEATH(
        world.query<const Health>().each([&](const Health&) { world.remove_many<Health>(all); }),
        "iterating");
    EXPECT_DEATH(
        world.query<const Health>().each([&](const Health&) { world.add_many(all, Frozen{}); }),
        "iterating");
    world.destroy_many(all);
    EXPECT_DEATH(world.add_many(all, Frozen{}), "count");
}

/// Owns memory, yet its bytes may be copied elsewhere when the source is forgotten.
struct Handle {
    std::unique_ptr<int> number;
};

}  // namespace
}  // namespace millrace::ecs

template <>
inline constexpr bool millrace::ecs::trivially_relocatable<millrace::ecs::Handle> = true;

namespace millrace::ecs {
namespace {

TEST(TriviallyRelocatable, ATypeThatSaysSoMovesAsBytesAndEndsOnce) {
    World world;
    std::vector<Entity> entities(200);
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Handle{std::make_unique<int>(static_cast<int>(i))}};
    });
    world.add(entities[3], Health{1});
    world.add_many(std::span<const Entity>{entities}.subspan(50, 100), Health{2});
    world.destroy_many(std::span<const Entity>{entities}.first(3));
    world.remove<Handle>(entities[199]);
    EXPECT_EQ(*world.get<const Handle>(entities[3]).number, 3);
    EXPECT_EQ(*world.get<const Handle>(entities[149]).number, 149);
    EXPECT_EQ(*world.get<const Handle>(entities[198]).number, 198);
}

struct Counting : std::pmr::memory_resource {
    std::size_t bytes = 0;
    std::size_t calls = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        bytes += size;
        ++calls;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
        bytes -= size;
        std::pmr::new_delete_resource()->deallocate(at, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

TEST(WorldOptions, ChunksComeFromTheMemoryGivenAndSparesStayWithinTheLimit) {
    Counting memory;
    {
        World world{{.memory = &memory, .spare_bytes_max = std::size_t{1} << 30U}};
        std::vector<Entity> entities(50'000);
        world.create_many(std::span{entities}, Position{});
        const std::size_t calls = memory.calls;
        EXPECT_GE(memory.bytes, entities.size() * sizeof(Position));
        world.destroy_many(entities);
        world.create_many(std::span{entities}, Position{});
        EXPECT_EQ(memory.calls, calls);
    }
    EXPECT_EQ(memory.bytes, 0U);
    World frugal{{.memory = &memory, .spare_bytes_max = 0}};
    std::vector<Entity> entities(50'000);
    frugal.create_many(std::span{entities}, Position{});
    frugal.destroy_many(entities);
    EXPECT_LT(memory.bytes, 200'000U);
}

TEST(WorldStats, CountWhatTheWorldHolds) {
    World world;
    world.register_component<Frozen>("frozen");
    std::vector<Entity> entities(5'000);
    world.create_many(std::span{entities}, Health{1}, Frozen{});
    world.create(Position{});
    static_cast<void>(world.query<Health>());
    static_cast<void>(world.query<const Health, Without<Frozen>>());
    const WorldStats stats = world.stats();
    EXPECT_EQ(stats.entities, 5'001U);
    EXPECT_EQ(stats.archetypes, 2U);
    EXPECT_EQ(stats.queries, 1U);
    const std::vector<ArchetypeStats> archetypes = world.archetype_stats();
    EXPECT_THAT(archetypes[0].components, ElementsAre("frozen", "#1"));
    EXPECT_EQ(archetypes[0].entities, 5'000U);
    EXPECT_EQ(archetypes[0].chunks, 3U);
    EXPECT_EQ(archetypes[0].rows_per_chunk, 2'048U);
    EXPECT_EQ(archetypes[0].bytes_used, 5'000 * (sizeof(Entity) + sizeof(Health)));
    EXPECT_EQ(stats.bytes_used, archetypes[0].bytes_used + archetypes[1].bytes_used + 5'001U * 16U);
    EXPECT_GE(stats.bytes_reserved, archetypes[0].bytes_reserved + archetypes[1].bytes_reserved);
    EXPECT_GT(archetypes[0].bytes_reserved, archetypes[0].bytes_used);
}

}  // namespace
}  // namespace millrace::ecs
