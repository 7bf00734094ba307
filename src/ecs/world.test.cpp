// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::ElementsAre;

TEST(World, AnEntityHasTheComponentsItWasCreatedWith) {
    World world;
    const Entity entity = world.create(Position{1, 2}, Name{"ada"}, Frozen{});
    EXPECT_EQ(world.get<Position>(entity), (Position{1, 2}));
    EXPECT_EQ(world.get<Name>(entity).text, "ada");
    EXPECT_TRUE((world.has<Position, Name, Frozen>(entity)));
    EXPECT_FALSE(world.has<Health>(entity));
}

TEST(World, TheOrderOfComponentsInACallDoesNotMatter) {
    World world;
    const Entity left = world.create(Position{1, 2}, Name{"ada"});
    const Entity right = world.create(Name{"bob"}, Position{3, 4});
    EXPECT_EQ(world.stats().archetypes, 1U);
    EXPECT_EQ(world.get<Name>(left).text, "ada");
    EXPECT_EQ(world.get<Position>(right), (Position{3, 4}));
}

TEST(World, AnEntityWithoutComponentsIsAlive) {
    World world;
    const Entity entity = world.create();
    EXPECT_TRUE(world.alive(entity));
    EXPECT_FALSE(world.has<Position>(entity));
    EXPECT_EQ(world.size(), 1U);
}

TEST(World, CreateManyGivesEachItsOwnCopy) {
    World world;
    std::vector<Entity> entities(5'000);
    world.create_many(entities, Name{"same"}, Health{3}, Frozen{});
    world.get<Name>(entities[1]).text = "other";
    EXPECT_EQ(world.size(), entities.size());
    EXPECT_EQ(world.get<Name>(entities[0]).text, "same");
    EXPECT_EQ(world.get<Name>(entities[4'999]).text, "same");
    EXPECT_EQ(world.get<Health>(entities[4'999]).points, 3U);
}

TEST(World, CreateManyUsesFreedHandlesFirst) {
    World world;
    std::array<Entity, 3> old{};
    world.create_many(std::span{old}, Health{1});
    world.destroy_many(old);
    std::array<Entity, 4> fresh{};
    world.create_many(std::span{fresh}, Health{2});
    EXPECT_EQ(fresh[0].index, old[2].index);
    EXPECT_EQ(fresh[3].index, 3U);
    for (const Entity entity : fresh)
        EXPECT_EQ(world.get<Health>(entity).points, 2U);
}

TEST(World, CreateManyFromAsksTheGeneratorForEachEntity) {
    World world;
    std::array<Entity, 3> entities{};
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Health{static_cast<std::uint32_t>(i * 10)}, Name{std::to_string(i)}};
    });
    EXPECT_EQ(world.get<Health>(entities[2]).points, 20U);
    EXPECT_EQ(world.get<Name>(entities[1]).text, "1");
}

TEST(World, AddKeepsTheOtherComponents) {
    World world;
    const Entity entity = world.create(Name{"a name that is too long for the small buffer"});
    world.add(entity, Position{1, 2}, Frozen{});
    EXPECT_EQ(world.get<Name>(entity).text, "a name that is too long for the small buffer");
    EXPECT_EQ(world.get<Position>(entity), (Position{1, 2}));
    EXPECT_TRUE(world.has<Frozen>(entity));
}

TEST(World, AddReplacesAValueThatIsThere) {
    World world;
    const Entity entity = world.create(Name{"old"}, Health{1});
    world.disable<Name>(entity);
    world.add(entity, Name{"new"}, Position{3, 4});
    world.add(entity, Health{2});
    EXPECT_EQ(world.get<Name>(entity).text, "new");
    EXPECT_EQ(world.get<Health>(entity).points, 2U);
    EXPECT_TRUE(world.enabled<Name>(entity));
}

TEST(World, RemoveKeepsTheOthersAndTellsWhetherSomethingWent) {
    World world;
    const Entity entity = world.create(Name{"ada"}, Health{1}, Frozen{});
    EXPECT_TRUE((world.remove<Frozen, Health, Position>(entity)));
    EXPECT_FALSE(world.remove<Health>(entity));
    EXPECT_EQ(world.get<Name>(entity).text, "ada");
    EXPECT_FALSE(world.has<Health>(entity));
}

TEST(World, BulkAddAndRemoveReachEveryEntity) {
    World world;
    std::array<Entity, 3> entities{};
    world.create_many(std::span{entities}, Health{1});
    world.add_many(std::span<const Entity>{entities}, Position{1, 1}, Frozen{});
    EXPECT_EQ((world.query<const Position, With<Frozen>>().count()), 3U);
    EXPECT_EQ(world.remove_many<Frozen>(entities), 3U);
    EXPECT_EQ(world.query<With<Frozen>>().count(), 0U);
    EXPECT_EQ(world.destroy_many(entities), 3U);
    EXPECT_EQ(world.destroy_many(entities), 0U);
}

TEST(World, NeighboursSurviveWhenARowIsTakenOut) {
    World world;
    std::vector<Entity> entities(3'000);
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Name{std::to_string(i)}, Health{static_cast<std::uint32_t>(i)}};
    });
    for (std::size_t i = 0; i < entities.size(); i += 3)
        world.destroy(entities[i]);
    for (std::size_t i = 1; i < entities.size(); i += 3)
        world.add(entities[i], Frozen{});
    EXPECT_EQ(world.size(), 2'000U);
    for (std::size_t i = 0; i < entities.size(); ++i) {
        ASSERT_EQ(world.alive(entities[i]), i % 3 != 0);
        if (i % 3 != 0) {
            ASSERT_EQ(world.get<Name>(entities[i]).text, std::to_string(i));
            ASSERT_EQ(world.get<Health>(entities[i]).points, i);
        }
    }
}

TEST(World, TryGetIsNullForStaleHandlesAndMissingComponents) {
    World world;
    const Entity entity = world.create(Health{1});
    EXPECT_EQ(world.try_get<Position>(entity), nullptr);
    EXPECT_NE(world.try_get<const Health>(entity), nullptr);
    EXPECT_NE(std::as_const(world).try_get<Health>(entity), nullptr);
    EXPECT_EQ(std::as_const(world).try_get<Name>(entity), nullptr);
    EXPECT_EQ(std::as_const(world).try_get<Position>(entity), nullptr);
    world.destroy(entity);
    EXPECT_EQ(world.try_get<Health>(entity), nullptr);
    EXPECT_FALSE(world.has<Health>(entity));
    EXPECT_FALSE(world.remove<Health>(entity));
}

TEST(World, MoveOnlyComponentsAreFine) {
    World world;
    const Entity entity = world.create(std::make_unique<int>(5));
    world.add(entity, Frozen{});
    EXPECT_EQ(*world.get<std::unique_ptr<int>>(entity), 5);
}

struct alignas(64) Wide {
    double values[16];
};

TEST(World, WideAlignedComponentsGetTheirAlignment) {
    World world;
    std::vector<Entity> entities(200);
    world.create_many(std::span{entities}, Wide{}, Health{1});
    for (const Entity entity : entities)
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&world.get<Wide>(entity)) % 64, 0U);
}

struct Huge {
    std::array<char, 4096> bytes{};
};

TEST(World, AComponentLargerThanAChunkAllowsIsStored) {
    World world;
    std::vector<Entity> entities(100);
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        Huge huge;
        huge.bytes.back() = static_cast<char>(i);
        return std::tuple{huge};
    });
    EXPECT_EQ(world.get<Huge>(entities[77]).bytes.back(), 77);
}

TEST(World, EmptiedChunksAreUsedAgain) {
    World world;
    std::vector<Entity> entities(10'000);
    world.create_many(std::span{entities}, Position{});
    const std::size_t chunks = world.stats().chunks;
    world.destroy_many(entities);
    EXPECT_EQ(world.stats().chunks, 0U);
    world.create_many(std::span{entities}, Position{});
    EXPECT_EQ(world.stats().chunks, chunks);
    EXPECT_EQ(world.stats().entities, entities.size());
    EXPECT_GT(world.stats().bytes_reserved, entities.size() * sizeof(Position));
}

TEST(World, TwoWorldsNumberTheirComponentsOnTheirOwn) {
    World first;
    World second;
    first.create(Position{});
    first.create(Name{});
    const Entity name = second.create(Name{"ada"});
    const Entity position = second.create(Position{1, 2});
    EXPECT_EQ(second.get<Name>(name).text, "ada");
    EXPECT_EQ(second.get<Position>(position), (Position{1, 2}));
}

TEST(WorldDeathTest, MisuseStopsTheProgram) {
    World world;
    const Entity entity = world.create(Health{1});
    EXPECT_DEATH(static_cast<void>(world.get<Position>(entity)), "found");
    EXPECT_DEATH(world.disable<Position>(entity), "column");
    world.destroy(entity);
    EXPECT_DEATH(world.add(entity, Health{2}), "slot");
    EXPECT_DEATH(static_cast<void>(world.get<Health>(entity)), "found");
}

TEST(WorldDeathTest, TwoComponentsCannotShareAName) {
    World world;
    world.register_component<Frozen>("frozen");
    EXPECT_DEATH(world.register_transient<Health>("frozen"), "owner");
}

TEST(ChangeCounters, SeeWritesThroughReferencesQueriesAndSwitches) {
    World world;
    const Entity entity = world.create(Health{1}, Position{});
    Version mark = world.mark();
    EXPECT_FALSE(world.changed_since<Health>(entity, mark));
    static_cast<void>(world.get<const Health>(entity));
    world.query<const Health>().each([](const Health&) {});
    static_cast<void>(world.query<Health>().count());
    EXPECT_FALSE(world.changed_since<Health>(entity, mark));

    world.get<Health>(entity).points = 2;
    EXPECT_TRUE(world.changed_since<Health>(entity, mark));
    EXPECT_FALSE(world.changed_since<Position>(entity, mark));

    mark = world.mark();
    world.query<Health>().each([](Health& health) { ++health.points; });
    EXPECT_TRUE(world.changed_since<Health>(entity, mark));

    mark = world.mark();
    world.disable<Health>(entity);
    EXPECT_TRUE(world.changed_since<Health>(entity, mark));
    EXPECT_FALSE(world.changed_since<Frozen>(entity, mark));
    EXPECT_FALSE(world.changed_since<Name>(null_entity, mark));
}

TEST(ChangeCounters, AQueryVisitsOnlyChunksThatChanged) {
    World world;
    std::vector<Entity> entities(10'000);
    world.create_many(std::span{entities}, Health{1});
    const Version mark = world.mark();
    const auto query = world.query<const Health>();
    EXPECT_FALSE(query.changed_since(mark));
    world.get<Health>(entities[5'000]).points = 2;
    EXPECT_TRUE(query.changed_since(mark));
    std::size_t visited = 0;
    bool found = false;
    query.each_changed_since(mark, [&](Entity entity, const Health&) {
        ++visited;
        found = found || entity == entities[5'000];
    });
    EXPECT_TRUE(found);
    EXPECT_LT(visited, entities.size() / 2);
}

}  // namespace
}  // namespace millrace::ecs
