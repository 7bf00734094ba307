// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "millrace/core/hash.hpp"
#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::HasSubstr;

/// A World with freed handles, switched-off rows and several archetypes.
void populate(World& world) {
    register_all(world);
    std::vector<Entity> entities(300);
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Name{std::to_string(i)}, Health{static_cast<std::uint32_t>(i)}};
    });
    for (std::size_t i = 0; i < entities.size(); i += 7)
        world.destroy(entities[i]);
    for (std::size_t i = 1; i < entities.size(); i += 7)
        world.add(entities[i], Frozen{}, Position{1.5, -0.0}, Cache{3});
    world.disable<Health>(entities[2]);
    world.disable<Frozen>(entities[8]);
}

std::string snapshot_of(const World& world) {
    core::Result<std::string> bytes = world.snapshot();
    EXPECT_TRUE(bytes.has_value());
    return bytes ? *bytes : std::string{};
}

/// The same snapshot with a checksum that fits.
std::string sealed(std::string bytes) {
    bytes.resize(bytes.size() - 8);
    core::BinaryWriter{bytes}.fixed64(core::fnv1a64(bytes));
    return bytes;
}

TEST(Snapshot, ComesBackWithEqualHandlesValuesAndOrder) {
    World world;
    populate(world);
    World copy;
    register_all(copy);
    ASSERT_TRUE(copy.restore(snapshot_of(world)).has_value());

    EXPECT_EQ(copy.size(), world.size());
    EXPECT_EQ(snapshot_of(copy), snapshot_of(world));
    std::vector<Entity> expected;
    world.query<const Name>().each([&](Entity entity, const Name&) { expected.push_back(entity); });
    std::vector<Entity> restored;
    copy.query<const Name>().each([&](Entity entity, const Name& name) {
        restored.push_back(entity);
        EXPECT_EQ(name, world.get<const Name>(entity));
        EXPECT_EQ(copy.enabled<Health>(entity), world.enabled<Health>(entity));
    });
    EXPECT_EQ(restored, expected);
    EXPECT_EQ(copy.create(), world.create());
    EXPECT_EQ(copy.create(), world.create());
}

TEST(Snapshot, LeavesTransientComponentsOut) {
    World world;
    populate(world);
    World copy;
    register_all(copy);
    ASSERT_TRUE(copy.restore(snapshot_of(world)).has_value());
    EXPECT_EQ(world.query<const Cache>().count(), 43U);
    EXPECT_EQ(copy.query<const Cache>().count(), 0U);
    EXPECT_EQ(copy.query<const Position>().count(), 43U);
}

TEST(Snapshot, DoesNotDependOnTheOrderOfRegistration) {
    World world;
    populate(world);
    World copy;
    copy.register_component<Frozen>("frozen");
    copy.register_component<Health>("health", health_codec());
    copy.register_component<Name>("name", name_codec());
    copy.register_component<Position>("position", position_codec());
    ASSERT_TRUE(copy.restore(snapshot_of(world)).has_value());
    EXPECT_EQ(copy.size(), world.size());
    EXPECT_EQ((copy.query<const Position, With<Frozen>>().count()), 42U);
}

TEST(Snapshot, MergesArchetypesThatDifferInTransientComponentsOnly) {
    World world;
    register_all(world);
    const Entity plain = world.create(Health{1});
    const Entity cached = world.create(Health{2}, Cache{});
    world.disable<Health>(cached);
    World copy;
    register_all(copy);
    ASSERT_TRUE(copy.restore(snapshot_of(world)).has_value());
    EXPECT_EQ(copy.get<Health>(plain).points, 1U);
    EXPECT_EQ(copy.get<Health>(cached).points, 2U);
    EXPECT_TRUE(copy.enabled<Health>(plain));
    EXPECT_FALSE(copy.enabled<Health>(cached));
}

TEST(Snapshot, ReachesQueriesThatExistedBefore) {
    World world;
    populate(world);
    World copy;
    register_all(copy);
    const auto query = copy.query<const Name>();
    ASSERT_TRUE(copy.restore(snapshot_of(world)).has_value());
    EXPECT_EQ(query.count(), world.size());
}

TEST(Snapshot, NeedsANameForEveryComponentInUse) {
    World world;
    world.create(Health{1});
    const auto bytes = world.snapshot();
    ASSERT_FALSE(bytes.has_value());
    EXPECT_TRUE(bytes.error().is(Errc::component_undeclared));
    EXPECT_THAT(bytes.error().message(), HasSubstr("register_component"));
}

TEST(Snapshot, AnEmptyArchetypeNeedsNoNames) {
    World world;
    world.destroy(world.create(Health{1}));
    EXPECT_TRUE(world.snapshot().has_value());
}

TEST(Restore, RefusesAWorldWithEntities) {
    World world;
    populate(world);
    const auto restored = world.restore(snapshot_of(world));
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(Errc::world_not_empty));
}

TEST(Restore, NamesAComponentThatIsNotRegistered) {
    World world;
    populate(world);
    World copy;
    const auto restored = copy.restore(snapshot_of(world));
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(Errc::component_unknown));
    EXPECT_THAT(restored.error().message(), HasSubstr("\"position\""));
}

TEST(Restore, RefusesAComponentOfANewerCodec) {
    World world;
    register_all(world);
    World copy;
    Codec<Health> old = health_codec();
    old.version = 1;
    copy.register_component<Position>("position", position_codec());
    copy.register_component<Name>("name", name_codec());
    copy.register_component<Health>("health", old);
    const auto restored = copy.restore(snapshot_of(world));
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(Errc::snapshot_version));
}

TEST(Restore, RefusesANewerFormat) {
    World world;
    register_all(world);
    std::string bytes = snapshot_of(world);
    bytes[4] = 2;
    const auto restored = world.restore(sealed(bytes));
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(Errc::snapshot_version));
}

TEST(Restore, CutOffOrChangedBytesChangeNothing) {
    World world;
    populate(world);
    const std::string bytes = snapshot_of(world);
    World copy;
    register_all(copy);
    for (std::size_t length = 0; length < bytes.size(); length += 11)
        ASSERT_TRUE(copy.restore(bytes.substr(0, length)).error().is(Errc::snapshot_corrupt));
    for (std::size_t at = 0; at < bytes.size(); at += 13) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        ASSERT_TRUE(copy.restore(changed).error().is(Errc::snapshot_corrupt));
    }
    EXPECT_EQ(copy.stats().archetypes, 0U);
    EXPECT_TRUE(copy.restore(bytes).has_value());
}

TEST(Restore, DamageUnderAFittingChecksumNeverBreaksTheWorld) {
    World world;
    populate(world);
    const std::string bytes = snapshot_of(world);
    std::size_t refused = 0;
    for (std::size_t at = 4; at + 8 < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        World copy;
        register_all(copy);
        if (copy.restore(sealed(changed)))
            EXPECT_TRUE(copy.snapshot().has_value());
        else
            ++refused;
    }
    EXPECT_GT(refused, bytes.size() / 3);
}

TEST(ShuffleRows, KeepsEverythingButTheOrder) {
    World world;
    populate(world);
    std::vector<Entity> before;
    world.query<With<Name>>().each([&](Entity entity) { before.push_back(entity); });
    world.shuffle_rows(41);
    std::vector<Entity> after;
    world.query<const Name>().each([&](Entity entity, const Name& name) {
        after.push_back(entity);
        ASSERT_EQ(name.text, std::to_string(entity.index));
    });
    EXPECT_NE(after, before);
    EXPECT_THAT(after, ::testing::UnorderedElementsAreArray(before));
    EXPECT_EQ((world.query<With<Name>, Without<Health>>().count()), 1U);
    EXPECT_FALSE(world.enabled<Health>({2, 1}));
}

TEST(ShuffleRows, TheSameSeedGivesTheSameOrder) {
    World left;
    World right;
    populate(left);
    populate(right);
    left.shuffle_rows(7);
    right.shuffle_rows(7);
    EXPECT_EQ(snapshot_of(left), snapshot_of(right));
    right.shuffle_rows(8);
    EXPECT_NE(snapshot_of(left), snapshot_of(right));
}

}  // namespace
}  // namespace millrace::ecs
