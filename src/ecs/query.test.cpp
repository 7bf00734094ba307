// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class... Terms>
std::vector<Entity> entities_of(World& world) {
    std::vector<Entity> result;
    for (const auto& row : world.query<Terms...>())
        result.push_back(std::get<0>(row));
    return result;
}

TEST(Query, FindsAllArchetypesThatHaveTheTerms) {
    World world;
    const Entity both = world.create(Position{}, Health{});
    world.create(Health{});
    const Entity all = world.create(Position{}, Health{}, Name{});
    EXPECT_THAT((entities_of<const Position, const Health>(world)), ElementsAre(both, all));
}

TEST(Query, SeesArchetypesThatAppearAfterItWasMade) {
    World world;
    const auto query = world.query<const Health>();
    EXPECT_TRUE(query.empty());
    world.create(Health{1}, Name{"late"});
    EXPECT_EQ(query.count(), 1U);
    EXPECT_FALSE(query.empty());
}

TEST(Query, GoesByArchetypeThenRow) {
    World world;
    const Entity first = world.create(Health{});
    const Entity second = world.create(Health{}, Name{});
    const Entity third = world.create(Health{});
    EXPECT_THAT(entities_of<const Health>(world), ElementsAre(first, third, second));
}

TEST(Query, EachGivesReferencesThatWrite) {
    World world;
    const Entity entity = world.create(Position{1, 2}, Health{3});
    world.query<const Health, Position>().each(
        [](const Health& health, Position& position) { position.x += health.points; });
    world.query<Health>().each([&](Entity which, Health& health) {
        EXPECT_EQ(which, entity);
        health.points = 9;
    });
    EXPECT_EQ(world.get<Position>(entity), (Position{4, 2}));
    EXPECT_EQ(world.get<Health>(entity).points, 9U);
}

TEST(Query, ARangeForLoopWrites) {
    World world;
    const Entity entity = world.create(Position{1, 2}, Health{3});
    for (auto [which, health, position] : world.query<const Health, Position>()) {
        EXPECT_EQ(which, entity);
        position.y += health.points;
    }
    EXPECT_EQ(world.get<Position>(entity), (Position{1, 5}));
}

TEST(Query, WithAndWithoutFilterByTags) {
    World world;
    const Entity plain = world.create(Health{1});
    const Entity frozen = world.create(Health{2}, Frozen{});
    EXPECT_THAT((entities_of<const Health, With<Frozen>>(world)), ElementsAre(frozen));
    EXPECT_THAT((entities_of<const Health, Without<Frozen>>(world)), ElementsAre(plain));
    EXPECT_THAT((entities_of<With<Health>>(world)), ElementsAre(plain, frozen));
}

TEST(Query, OptionalIsNullWhereTheComponentIsMissing) {
    World world;
    world.create(Health{1});
    const Entity named = world.create(Health{2}, Name{"ada"});
    const Entity hidden = world.create(Health{3}, Name{"bob"});
    world.disable<Name>(hidden);
    std::vector<std::string> names;
    const auto query = world.query<const Health, Optional<Name>>();
    query.each([&](const Health&, Name* name) { names.push_back(name ? name->text : "-"); });
    EXPECT_THAT(names, ElementsAre("-", "ada", "-"));
    EXPECT_TRUE(query.contains(named));
    EXPECT_TRUE(query.contains(hidden));
}

TEST(Query, ASwitchedOffComponentCountsAsNotThere) {
    World world;
    std::vector<Entity> entities(300);
    world.create_many(std::span{entities}, Health{1}, Frozen{});
    world.disable<Health>(entities[70]);
    world.disable<Frozen>(entities[71]);
    const auto health = world.query<const Health>();
    EXPECT_EQ(health.count(), 299U);
    EXPECT_FALSE(health.contains(entities[70]));
    EXPECT_TRUE(health.contains(entities[71]));
    EXPECT_EQ((world.query<const Health, With<Frozen>>().count()), 298U);
    EXPECT_THAT((entities_of<const Health, Without<Frozen>>(world)), ElementsAre(entities[71]));
    EXPECT_THAT((entities_of<With<Frozen>, Without<Health>>(world)), ElementsAre(entities[70]));
    world.enable<Health>(entities[70]);
    EXPECT_EQ(health.count(), 300U);
}

TEST(Query, AllRowsOffLeavesNothingToVisit) {
    World world;
    std::vector<Entity> entities(100);
    world.create_many(std::span{entities}, Health{1});
    for (const Entity entity : entities)
        world.disable<Health>(entity);
    EXPECT_TRUE(world.query<const Health>().empty());
    EXPECT_EQ(world.query<Without<Health>>().count(), 100U);
}

TEST(Query, ARowMayBeSwitchedOffWhileItIsVisited) {
    World world;
    std::vector<Entity> entities(200);
    world.create_many(std::span{entities}, Health{1});
    std::size_t visited = 0;
    world.query<const Health>().each([&](Entity entity, const Health&) {
        ++visited;
        world.disable<Health>(entity);
    });
    EXPECT_EQ(visited, 200U);
    EXPECT_TRUE(world.query<const Health>().empty());
}

TEST(Query, EachChunkGivesContiguousRunsOfMatchingRows) {
    World world;
    std::vector<Entity> entities(10);
    world.create_many(std::span{entities}, Health{1}, Name{"x"});
    world.disable<Health>(entities[3]);
    world.disable<Name>(entities[8]);
    std::vector<std::size_t> runs;
    std::vector<std::size_t> names;
    world.query<Health, Optional<const Name>>().each_chunk(
        [&](std::span<const Entity> which, std::span<Health> health, std::span<const Name> name) {
            EXPECT_EQ(which.size(), health.size());
            runs.push_back(health.size());
            names.push_back(name.size());
        });
    EXPECT_THAT(runs, ElementsAre(3, 4, 1, 1));
    EXPECT_THAT(names, ElementsAre(3, 4, 0, 1));
}

TEST(Query, EachChunkGivesWholeChunksWhenNothingIsOff) {
    World world;
    std::vector<Entity> entities(5'000);
    world.create_many(std::span{entities}, Health{2});
    std::size_t calls = 0;
    std::uint64_t sum = 0;
    world.query<const Health>().each_chunk([&](std::span<const Health> health) {
        ++calls;
        for (const Health& each : health)
            sum += each.points;
    });
    EXPECT_EQ(sum, 10'000U);
    EXPECT_EQ(calls, world.stats().chunks);
}

TEST(Query, ContainsIsFalseForStaleHandlesAndOtherArchetypes) {
    World world;
    const Entity entity = world.create(Health{});
    const auto query = world.query<const Health, const Name>();
    EXPECT_FALSE(query.contains(entity));
    world.add(entity, Name{});
    EXPECT_TRUE(query.contains(entity));
    world.destroy(entity);
    EXPECT_FALSE(query.contains(entity));
}

TEST(Query, LeavingALoopEarlyReleasesTheWorld) {
    World world;
    const Entity entity = world.create(Health{});
    for (const auto& row : world.query<const Health>())
        if (std::get<0>(row) == entity) break;
    EXPECT_TRUE(world.destroy(entity));
}

TEST(Query, ChangedSkipsChunksThatNobodyWrote) {
    World world;
    std::vector<Entity> entities(10'000);
    world.create_many(std::span{entities}, Health{1}, Position{});
    const auto query = world.query<const Position, Changed<Health>>();
    EXPECT_EQ(query.count(), 10'000U);
    const Version mark = world.mark();
    EXPECT_TRUE(query.since(mark).empty());
    world.get<Position>(entities[5'000]).x = 1;
    EXPECT_TRUE(query.since(mark).empty());
    world.get<Health>(entities[5'000]).points = 2;
    EXPECT_TRUE(query.since(mark).contains(entities[5'000]));
    EXPECT_FALSE(query.since(mark).contains(entities[0]));
    EXPECT_LT(query.since(mark).count(), 5'000U);
    EXPECT_FALSE(query.since(mark).changed_since(world.mark()));
    EXPECT_EQ(query.count(), 10'000U);
}

TEST(Query, ChangedSeesRowsThatComeMoveAndSwitch) {
    World world;
    const Entity first = world.create(Health{1});
    const Entity last = world.create(Health{2});
    const auto query = world.query<const Health, Changed<Health>>();
    Version mark = world.mark();
    world.destroy(first);  // the last row moves into the hole
    EXPECT_TRUE(query.since(mark).contains(last));
    mark = world.mark();
    world.disable<Health>(last);
    EXPECT_FALSE(query.since(mark).contains(last));
    world.enable<Health>(last);
    EXPECT_TRUE(query.since(mark).contains(last));
    mark = world.mark();
    world.add(last, Frozen{});
    EXPECT_TRUE(query.since(mark).contains(last));
}

TEST(Query, ASystemThatMarksAfterItsWorkDoesNotSeeItsOwnWrites) {
    World world;
    world.create(Health{1});
    const auto query = world.query<Health, Changed<Health>>();
    Version seen = 0;
    std::size_t visits = 0;
    const auto system = [&] {
        for (auto [entity, health] : query.since(seen)) {
            ++health.points;
            ++visits;
        }
        seen = world.mark();
    };
    system();
    system();
    EXPECT_EQ(visits, 1U);
    world.create(Health{5});
    system();
    EXPECT_EQ(visits, 3U);
}

TEST(Query, QueriesOfEqualRequirementsShareTheirArchetypes) {
    World world;
    world.create(Health{1}, Position{});
    static_cast<void>(world.query<const Health, Position>());
    static_cast<void>(world.query<Position, With<Health>>());
    static_cast<void>(world.query<const Position, const Health, Without<Frozen>>());
    EXPECT_EQ(world.stats().queries, 1U);
    const auto late = world.query<const Health>();
    world.create(Health{1}, Name{"new archetype"});
    EXPECT_EQ(late.count(), 2U);
    EXPECT_EQ(world.stats().queries, 2U);
}

TEST(QueryDeathTest, AStructuralChangeDuringIterationStopsTheProgram) {
    World world;
    const Entity entity = world.create(Health{});
    const auto query = world.query<const Health>();
    EXPECT_DEATH(query.each([&](const Health&) { world.create(Health{}); }), "iterating");
    EXPECT_DEATH(query.each([&](const Health&) { world.destroy(entity); }), "iterating");
    EXPECT_DEATH(query.each([&](const Health&) { world.add(entity, Name{}); }), "iterating");
    EXPECT_DEATH(query.each_chunk([&](std::span<const Health>) { world.remove<Health>(entity); }),
                 "iterating");
    EXPECT_DEATH(
        {
            for (const auto& row : query)
                world.destroy(std::get<0>(row));
        },
        "iterating");
}

}  // namespace
}  // namespace millrace::ecs
