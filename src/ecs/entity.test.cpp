// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/entity.hpp"

#include <gtest/gtest.h>

#include "millrace/ecs/signature.hpp"
#include "millrace/ecs/world.hpp"

namespace millrace::ecs {
namespace {

TEST(Entity, ADefaultMadeHandleIsNull) {
    EXPECT_TRUE(Entity{}.is_null());
    EXPECT_EQ(Entity{}, null_entity);
}

TEST(Entity, BitsGiveTheSameHandleBack) {
    const Entity entity{7, 9};
    EXPECT_EQ(Entity::from_bits(entity.bits()), entity);
    EXPECT_EQ(entity.bits(), 0x0000'0009'0000'0007U);
}

TEST(Entity, TheNullHandleIsNeverAlive) {
    World world;
    world.create();
    EXPECT_FALSE(world.alive(null_entity));
}

TEST(Entity, AHandleFromTheFutureIsNotAlive) {
    World world;
    const Entity entity = world.create();
    EXPECT_FALSE(world.alive({entity.index, entity.generation + 1}));
    EXPECT_FALSE(world.alive({entity.index + 1, 1}));
}

TEST(Entity, ADestroyedHandleStaysStaleWhenItsSlotIsUsedAgain) {
    World world;
    const Entity first = world.create();
    world.destroy(first);
    const Entity second = world.create();
    EXPECT_EQ(second.index, first.index);
    EXPECT_NE(second.generation, first.generation);
    EXPECT_FALSE(world.alive(first));
    EXPECT_TRUE(world.alive(second));
}

TEST(Entity, DestroyingTwiceIsRefused) {
    World world;
    const Entity entity = world.create();
    EXPECT_TRUE(world.destroy(entity));
    EXPECT_FALSE(world.destroy(entity));
    EXPECT_EQ(world.size(), 0U);
}

TEST(EntityTable, ASlotWithUsedUpGenerationsIsNotUsedAgain) {
    detail::EntityTable table;
    World world;
    std::vector<detail::Slot> slots(1);
    slots[0].generation = detail::EntityTable::generation_max - 1;
    slots[0].row = detail::EntityTable::none;
    table.assign(slots, 0, 0);
    const Entity last_but_one = table.reserve();
    table.cancel(last_but_one);
    const Entity last = table.reserve();
    EXPECT_EQ(last.generation, detail::EntityTable::generation_max);
    table.cancel(last);
    EXPECT_EQ(table.reserve().index, 1U);
}

TEST(Signature, HoldsWhatWasSet) {
    Signature signature;
    signature.set(ComponentId{3});
    signature.set(ComponentId{200});
    EXPECT_TRUE(signature.test(ComponentId{200}));
    EXPECT_FALSE(signature.test(ComponentId{201}));
    EXPECT_EQ(signature.count(), 2U);
    signature.reset(ComponentId{3});
    signature.reset(ComponentId{200});
    EXPECT_TRUE(signature.empty());
}

TEST(Signature, ContainsAndIntersectsAreAboutSets) {
    Signature small;
    small.set(ComponentId{70});
    Signature large = small;
    large.set(ComponentId{1});
    EXPECT_TRUE(large.contains(small));
    EXPECT_FALSE(small.contains(large));
    EXPECT_TRUE(large.intersects(small));
    EXPECT_FALSE(large.without(small).intersects(small));
    EXPECT_EQ(large.without(small).with(small), large);
}

}  // namespace
}  // namespace millrace::ecs
