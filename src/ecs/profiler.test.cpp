// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/profiler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::HasSubstr;

/// A clock that only systems move.
struct ProfilerTest : ::testing::Test {
    std::uint64_t ticks = 100;
    World world;
    Schedule schedule{world};
    Profiler profiler{[this] { return ticks; }};

    void add(std::string name, std::uint64_t takes, std::size_t makes = 0) {
        schedule.add({.name = std::move(name),
                      .priority = -static_cast<int>(schedule.size()),
                      .execute = [this, takes, makes](World& in, core::Duration) {
                          ticks += takes;
                          for (std::size_t i = 0; i < makes; ++i)
                              in.commands().create(Health{1});
                      }});
    }
};

TEST_F(ProfilerTest, CountsEachSystemAndTheFrame) {
    add("slow", 40);
    add("quick", 2);
    schedule.observe(&profiler);
    schedule.run({});
    schedule.run({});
    const ProfileReport report = profiler.report(world);
    EXPECT_EQ(report.frame.count, 2U);
    EXPECT_EQ(report.frame.total, 84U);
    ASSERT_EQ(report.systems.size(), 2U);
    EXPECT_EQ(report.systems[0].name, "slow");
    EXPECT_EQ(report.systems[0].time.total, 80U);
    EXPECT_EQ(report.systems[1].time.mean(), 2U);
}

TEST_F(ProfilerTest, KeepsTheExtremes) {
    std::uint64_t next = 5;
    schedule.add({.name = "uneven", .execute = [&](World&, core::Duration) { ticks += next; }});
    schedule.observe(&profiler);
    for (const std::uint64_t each : {30U, 10U, 20U}) {
        next = each;
        schedule.run({});
    }
    const Timing time = profiler.report(world).systems.front().time;
    EXPECT_EQ(time.min, 10U);
    EXPECT_EQ(time.max, 30U);
    EXPECT_EQ(time.last, 20U);
    EXPECT_EQ(Timing{}.mean(), 0U);
}

TEST_F(ProfilerTest, TellsWhichSystemMakesEntities) {
    add("maker", 1, 7);
    schedule.add({.name = "ender", .priority = -9, .execute = [](World& in, core::Duration) {
                      in.query<const Health>().each(
                          [&](Entity entity, const Health&) { in.commands().destroy(entity); });
                  }});
    schedule.observe(&profiler);
    schedule.run({});
    world.create(Position{});
    schedule.run({});
    const ProfileReport report = profiler.report(world);
    EXPECT_EQ(report.systems[0].entities_gained, 14U);
    EXPECT_EQ(report.systems[1].entities_lost, 14U);
    EXPECT_EQ(report.entities_max, 1U);
    EXPECT_EQ(report.world.entities, 1U);
    EXPECT_EQ(report.archetypes.size(), 2U);
}

TEST_F(ProfilerTest, LeavesOutSkippedSystemsAndForgetsOnReset) {
    schedule.add({.name = "needs health",
                  .execute = [](World&, core::Duration) {},
                  .required = world.components<Health>()});
    schedule.observe(&profiler);
    schedule.run({});
    EXPECT_TRUE(profiler.report(world).systems.empty());
    profiler.reset();
    EXPECT_EQ(profiler.report(world).frame.count, 0U);
}

TEST_F(ProfilerTest, TheTextIsATableInMilliseconds) {
    register_all(world);
    add("motion", 1'500'000);
    schedule.observe(&profiler);
    schedule.run({});
    world.create(Health{1}, Frozen{});
    world.create();
    const std::string text = profiler.report(world).text();
    EXPECT_THAT(text, HasSubstr("ms        runs  total   mean    min    max   last\n"
                                "frame        1  1.500  1.500  1.500  1.500  1.500\n"
                                "  motion     1  1.500  1.500  1.500  1.500  1.500\n"));
    EXPECT_THAT(text, HasSubstr("  health frozen           1       1"));
    EXPECT_THAT(text, HasSubstr("  (no components)         1       1"));
    EXPECT_THAT(ProfileReport{}.text(), HasSubstr("frame     0  0.000"));
}

TEST(ProfilerDeathTest, NeedsAClock) {
    EXPECT_DEATH(Profiler{nullptr}, "now_");
}

}  // namespace
}  // namespace millrace::ecs
