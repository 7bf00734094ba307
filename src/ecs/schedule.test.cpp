// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using namespace ecs::testing;
using ::testing::ElementsAre;

struct ScheduleTest : ::testing::Test {
    World world;
    std::vector<std::string> log;
    Schedule schedule{world};

    System logging(std::string name, int priority) {
        System system;
        system.name = name;
        system.priority = priority;
        system.execute = [this, name](World&, core::Duration) { log.push_back(name); };
        return system;
    }
};

TEST_F(ScheduleTest, RunsHigherPrioritiesFirstAndEqualOnesAsAdded) {
    schedule.add(logging("execution", 80));
    schedule.add(logging("slots", 100));
    schedule.add(logging("connections", 90));
    schedule.add(logging("metrics", 80));
    schedule.run({});
    EXPECT_THAT(log, ElementsAre("slots", "connections", "execution", "metrics"));
    EXPECT_THAT(schedule.names(), ElementsAre("slots", "connections", "execution", "metrics"));
}

TEST_F(ScheduleTest, PassesTheDeltaAndFlushesAfterEachSystem) {
    System first = logging("first", 2);
    first.execute = [](World& in, core::Duration delta) {
        in.commands().create(Health{static_cast<std::uint32_t>(delta.ms)});
    };
    System second = logging("second", 1);
    second.execute = [this](World& in, core::Duration) {
        in.query<const Health>().each(
            [&](const Health& health) { log.push_back(std::to_string(health.points)); });
    };
    schedule.add(std::move(second));
    schedule.add(std::move(first));
    schedule.run(core::Duration{16});
    EXPECT_THAT(log, ElementsAre("16"));
}

TEST_F(ScheduleTest, EachSystemWritesAVersionOfItsOwn) {
    const Entity entity = world.create(Health{1});
    Version after_first = 0;
    System first = logging("first", 2);
    first.execute = [&](World& in, core::Duration) { in.get<Health>(entity).points = 2; };
    System second = logging("second", 1);
    second.execute = [&](World& in, core::Duration) { after_first = in.version(); };
    schedule.add(std::move(first));
    schedule.add(std::move(second));
    schedule.run({});
    EXPECT_FALSE(world.changed_since<Health>(entity, after_first));
}

TEST_F(ScheduleTest, SkipsASystemWhoseComponentsNobodyHas) {
    System system = logging("needs both", 1);
    system.required = world.components<Health, Frozen>();
    schedule.add(std::move(system));
    const Entity entity = world.create(Health{});
    schedule.run({});
    EXPECT_THAT(log, ElementsAre());
    world.add(entity, Frozen{});
    schedule.run({});
    EXPECT_THAT(log, ElementsAre("needs both"));
}

TEST_F(ScheduleTest, TellsASystemWhenItComesAndGoes) {
    System system = logging("run", 1);
    system.on_added = [this](World&) { log.push_back("added"); };
    system.on_removed = [this](World&) { log.push_back("removed"); };
    schedule.add(std::move(system));
    schedule.run({});
    EXPECT_TRUE(schedule.remove("run"));
    EXPECT_FALSE(schedule.remove("run"));
    schedule.run({});
    EXPECT_THAT(log, ElementsAre("added", "run", "removed"));
    EXPECT_EQ(schedule.size(), 0U);
}

TEST_F(ScheduleTest, ItsEndRemovesTheSystemsLastToRunFirst) {
    auto ending = std::make_unique<Schedule>(world);
    for (const char* name : {"early", "late"}) {
        System system = logging(name, 0);
        system.on_removed = [this, name](World&) { log.push_back(name); };
        ending->add(std::move(system));
    }
    ending.reset();
    EXPECT_THAT(log, ElementsAre("late", "early"));
}

struct LoggingObserver : SystemObserver {
    explicit LoggingObserver(std::vector<std::string>& log) : log_(log) {}
    void frame_started(const World&) override { log_.push_back("start frame"); }
    void frame_finished(const World&) override { log_.push_back("finish frame"); }
    void started(const World&, const System& system) override {
        log_.push_back("start " + system.name);
    }
    void finished(const World&, const System& system) override {
        log_.push_back("finish " + system.name);
    }
    std::vector<std::string>& log_;  // of the fixture, which outlives it
};

TEST_F(ScheduleTest, TellsAnObserverAroundFramesAndSystems) {
    LoggingObserver observer{log};
    schedule.add(logging("work", 0));
    schedule.observe(&observer);
    schedule.run({});
    schedule.observe(nullptr);
    schedule.run({});
    EXPECT_THAT(log, ElementsAre("start frame", "start work", "work", "finish work", "finish frame",
                                 "work"));
}

using ScheduleDeathTest = ScheduleTest;

TEST_F(ScheduleDeathTest, RefusesEqualNamesAndChangesWhileRunning) {
    schedule.add(logging("same", 0));
    EXPECT_DEATH(schedule.add(logging("same", 1)), "name");
    System recursive = logging("recursive", 1);
    recursive.execute = [this](World&, core::Duration) { schedule.remove("same"); };
    schedule.add(std::move(recursive));
    EXPECT_DEATH(schedule.run({}), "running_");
}

struct Clock {
    explicit Clock(int ticks_) : ticks(ticks_) {}
    int ticks;
};

TEST(Resources, AreOnePerType) {
    World world;
    EXPECT_EQ(world.try_resource<Clock>(), nullptr);
    world.insert_resource<Clock>(1);
    Clock& clock = world.insert_resource<Clock>(2);
    EXPECT_EQ(&world.resource<Clock>(), &clock);
    EXPECT_EQ(world.resource<Clock>().ticks, 2);
    EXPECT_TRUE(world.remove_resource<Clock>());
    EXPECT_FALSE(world.remove_resource<Clock>());
    EXPECT_EQ(world.try_resource<Clock>(), nullptr);
}

template <int N>
struct Ending {
    explicit Ending(std::vector<int>& log_) : log(log_) {}
    ~Ending() { log.push_back(N); }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    std::vector<int>& log;  // of the test, which outlives the World
};

TEST(Resources, EndInReverseOrderOfInsertion) {
    std::vector<int> log;
    {
        World world;
        world.insert_resource<Ending<1>>(log);
        world.insert_resource<Ending<2>>(log);
        world.insert_resource<Ending<3>>(log);
        world.remove_resource<Ending<2>>();
    }
    EXPECT_THAT(log, ElementsAre(2, 3, 1));
}

TEST(ResourcesDeathTest, AMissingResourceStopsTheProgram) {
    World world;
    EXPECT_DEATH(static_cast<void>(world.resource<Clock>()), "found");
}

}  // namespace
}  // namespace millrace::ecs
