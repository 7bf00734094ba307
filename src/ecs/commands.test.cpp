// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::ElementsAre;

TEST(Commands, NothingHappensBeforeTheFlush) {
    World world;
    const Entity entity = world.create(Health{1});
    const Entity made = world.commands().create(Name{"new"});
    world.commands().destroy(entity);
    EXPECT_TRUE(world.alive(entity));
    EXPECT_FALSE(world.alive(made));
    EXPECT_EQ(world.commands().size(), 2U);
    world.flush();
    EXPECT_FALSE(world.alive(entity));
    EXPECT_EQ(world.get<Name>(made).text, "new");
    EXPECT_TRUE(world.commands().empty());
}

TEST(Commands, AreAppliedInTheOrderRecorded) {
    World world;
    const Entity entity = world.create();
    Commands& commands = world.commands();
    commands.add(entity, Health{1}, Name{"one"});
    commands.disable<Health>(entity);
    commands.add(entity, Name{"two"});
    commands.remove<Name>(entity);
    commands.add(entity, Name{"three"}, Frozen{});
    world.flush();
    EXPECT_EQ(world.get<Name>(entity).text, "three");
    EXPECT_FALSE(world.enabled<Health>(entity));
    EXPECT_TRUE(world.has<Frozen>(entity));
}

TEST(Commands, AHandleMadeByThemWorksInLaterOnes) {
    World world;
    const Entity entity = world.commands().create(Health{1});
    world.commands().add(entity, Name{"x"});
    const Entity gone = world.commands().create();
    world.commands().destroy(gone);
    world.flush();
    EXPECT_EQ(world.get<Name>(entity).text, "x");
    EXPECT_FALSE(world.alive(gone));
}

TEST(Commands, SkipWhatNoLongerApplies) {
    World world;
    const Entity entity = world.create(Health{1});
    world.commands().destroy(entity);
    world.commands().add(entity, Name{"late, and long enough to be on the heap"});
    world.commands().disable<Health>(entity);
    world.commands().destroy(entity);
    const Entity other = world.create();
    world.commands().disable<Health>(other);
    world.commands().enable<Health>(other);
    world.commands().remove<Health>(other);
    world.flush();
    EXPECT_EQ(world.size(), 1U);
}

TEST(Commands, RecordDuringIterationChangesTheWorldAfterwards) {
    World world;
    std::array<Entity, 4> entities{};
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Health{static_cast<std::uint32_t>(i)}};
    });
    world.query<const Health>().each([&](Entity entity, const Health& health) {
        if (health.points % 2 == 0)
            world.commands().destroy(entity);
        else
            world.commands().create(Health{health.points + 100});
    });
    world.flush();
    std::vector<std::uint32_t> points;
    world.query<const Health>().each([&](const Health& h) { points.push_back(h.points); });
    EXPECT_THAT(points, ::testing::UnorderedElementsAre(1, 3, 101, 103));
}

TEST(Commands, DiscardedOnesGiveTheirHandlesBack) {
    World world;
    Entity made;
    {
        Commands commands = world.make_commands();
        made = commands.create(Name{"never, and long enough to be on the heap"});
    }
    EXPECT_FALSE(world.alive(made));
    const Entity next = world.create();
    EXPECT_EQ(next.index, made.index);
    EXPECT_NE(next.generation, made.generation);
}

TEST(Commands, ABufferOfOnesOwnIsAppliedByTheWorld) {
    World world;
    Commands first = world.make_commands();
    const Entity entity = first.create(std::make_unique<int>(4));
    Commands second = std::move(first);
    world.apply(second);
    EXPECT_EQ(*world.get<std::unique_ptr<int>>(entity), 4);
    EXPECT_TRUE(second.empty());
    second.add(entity, Frozen{});
    world.apply(second);
    EXPECT_TRUE(world.has<Frozen>(entity));
}

TEST(Commands, HoldValuesOfAnySize) {
    World world;
    using Huge = std::array<std::uint64_t, 4096>;
    Huge huge{};
    huge.back() = 7;
    const Entity large = world.commands().create(huge);
    std::vector<Entity> small;
    for (std::uint32_t i = 0; i < 10'000; ++i)
        small.push_back(world.commands().create(Health{i}));
    world.flush();
    EXPECT_EQ(world.get<Huge>(large).back(), 7U);
    EXPECT_EQ(world.get<Health>(small[9'999]).points, 9'999U);
}

TEST(Hooks, RunWhenAComponentComesAndBeforeItGoes) {
    World world;
    std::vector<std::string> log;
    world.on_add<Name>(
        [&](World& in, Entity entity) { log.push_back("+" + in.get<const Name>(entity).text); });
    world.on_remove<Name>(
        [&](World& in, Entity entity) { log.push_back("-" + in.get<const Name>(entity).text); });
    const Entity ada = world.create(Name{"ada"}, Health{});
    const Entity bob = world.create(Health{});
    world.add(bob, Name{"bob"});
    world.add(bob, Name{"rob"});
    world.remove<Name>(ada);
    world.destroy(bob);
    world.commands().create(Name{"eve"});
    world.flush();
    EXPECT_THAT(log, ElementsAre("+ada", "+bob", "-ada", "-rob", "+eve"));
}

TEST(Hooks, RunInTheOrderTheyWereAddedAndStopWhenRemoved) {
    World world;
    std::vector<int> log;
    const auto first = world.on_add<Health>([&](World&, Entity) { log.push_back(1); });
    world.on_add<Name>([&](World&, Entity) { log.push_back(2); });
    world.create(Name{}, Health{});
    world.remove_hook(first);
    world.create(Name{}, Health{});
    EXPECT_THAT(log, ElementsAre(1, 2, 2));
}

TEST(Hooks, ChangeTheWorldThroughCommands) {
    World world;
    world.on_add<Health>([](World& in, Entity entity) { in.commands().add(entity, Frozen{}); });
    world.on_remove<Health>([](World& in, Entity) { in.commands().create(Name{"ghost"}); });
    const Entity entity = world.commands().create(Health{});
    world.flush();
    EXPECT_TRUE(world.has<Frozen>(entity));
    world.destroy(entity);
    world.flush();
    EXPECT_EQ(world.query<const Name>().count(), 1U);
}

TEST(HooksDeathTest, CannotChangeTheWorldDirectly) {
    World world;
    world.on_add<Health>([](World& in, Entity entity) { in.destroy(entity); });
    EXPECT_DEATH(world.create(Health{}), "iterating");
}

TEST(CommandsDeathTest, HooksThatAnswerForEverStopTheProgram) {
    World world;
    world.on_add<Health>([](World& in, Entity) { in.commands().create(Health{}); });
    world.commands().create(Health{});
    EXPECT_DEATH(world.flush(), "flush_rounds_max");
}

}  // namespace
}  // namespace millrace::ecs
