// SPDX-License-Identifier: Apache-2.0
#include "schedules/schedule_planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/format/expression_host.hpp"

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ScheduleKey key{"reports", "daily"};

core::Time at(std::string_view time) {
    return core::Time::parse("2026-03-02T" + std::string{time} + "Z").value();
}

nodes::Schedule schedule(std::string_view data) {
    core::Problems problems;
    return nodes::Schedule::read(core::parse_json(data).value(), format::expression_host(), "",
                                 problems)
        .value();
}

core::ExecutionId id(std::uint64_t number) {
    return {core::Uuid::v7(core::Time{0}, number, 0)};
}

/// A planner with one schedule since half past eight.
class Planned {
public:
    explicit Planned(std::string_view data) : data_{data} {
        planner.put(key, schedule(data_), nullptr, at("08:30:00"));
        write();
    }

    /// What must start, by the time at which it is due; all of it starts.
    std::vector<std::string> started(std::string_view now) {
        std::vector<std::string> due;
        for (;;) {
            const auto firings = planner.take(at(now), 100);
            if (firings.empty()) break;
            for (const Firing& firing : firings) {
                due.push_back(firing.due.text().substr(11, 8));
                planner.started(firing, id(++starts), at(now));
            }
        }
        write();
        return due;
    }

    /// Another process goes on from what was written.
    void restart(std::string_view now) {
        planner = SchedulePlanner{};
        planner.put(key, schedule(data_), &stored, at(now));
    }

    void write() {
        for (const store::ScheduleState& state : planner.take_changed())
            stored = state;
    }

    SchedulePlanner planner;
    store::ScheduleState stored;
    std::uint64_t starts = 0;

private:
    std::string data_;
};

TEST(SchedulePlanner, StartsWhatIsDueAndNothingTwice) {
    Planned world{R"({"interval":"1h"})"};
    EXPECT_EQ(world.planner.next_wake(), at("09:00:00"));
    EXPECT_THAT(world.started("08:59:59"), IsEmpty());
    EXPECT_THAT(world.started("09:00:00"), ElementsAre("09:00:00"));
    EXPECT_THAT(world.started("09:00:00"), IsEmpty());
    EXPECT_EQ(world.planner.next_wake(), at("10:00:00"));
    EXPECT_EQ(world.stored.last_due, at("09:00:00"));
    EXPECT_EQ(world.stored.last_execution, id(1));
    EXPECT_EQ(world.stored.next_due, at("10:00:00"));
}

TEST(SchedulePlanner, MakesUpForWhatWasMissedAsThePolicySays) {
    Planned once{R"({"interval":"1h"})"};
    EXPECT_THAT(once.started("12:20:00"), ElementsAre("12:00:00"));
    EXPECT_EQ(once.stored.missed, 3u);
    Planned all{R"({"interval":"1h","missed":"run_all"})"};
    EXPECT_THAT(all.started("11:20:00"), ElementsAre("09:00:00", "10:00:00", "11:00:00"));
    EXPECT_EQ(all.stored.missed, 0u);
    Planned none{R"({"interval":"1h","missed":"skip"})"};
    EXPECT_THAT(none.started("12:01:01"), IsEmpty());
    EXPECT_EQ(none.stored.missed, 4u);
    EXPECT_THAT(none.started("13:00:59"), ElementsAre("13:00:00"));
}

TEST(SchedulePlanner, MakesUpForABoundedNumber) {
    Planned all{R"({"interval":"1s","missed":"run_all"})"};
    EXPECT_EQ(all.started("09:00:00").size(), SchedulePlanner::made_up_max);
    EXPECT_EQ(all.stored.missed, 800u);
}

TEST(SchedulePlanner, AsksForTheSameStartAgainAfterACrash) {
    Planned world{R"({"interval":"1h"})"};
    ASSERT_EQ(world.planner.take(at("09:00:00"), 9).size(), 1u);
    world.write();
    world.restart("09:05:00");
    EXPECT_THAT(world.started("09:05:00"), ElementsAre("09:00:00"));
    world.restart("09:06:00");
    EXPECT_THAT(world.started("09:59:59"), IsEmpty());
}

TEST(SchedulePlanner, LeavesOutWhatWouldOverlap) {
    Planned world{R"({"interval":"1h","overlap":"skip"})"};
    EXPECT_THAT(world.started("09:00:00"), ElementsAre("09:00:00"));
    EXPECT_THAT(world.started("10:00:00"), IsEmpty());
    EXPECT_EQ(world.stored.skipped, 1u);
    EXPECT_THAT(world.planner.doubtful(at("11:00:00")), ElementsAre(std::pair{key, id(1)}));
    world.planner.ended(key, id(1), at("11:00:00"));
    EXPECT_THAT(world.started("11:00:00"), ElementsAre("11:00:00"));
}

TEST(SchedulePlanner, LetsOneWaitForTheOther) {
    Planned world{R"({"interval":"1h","overlap":"queue"})"};
    EXPECT_THAT(world.started("09:00:00"), ElementsAre("09:00:00"));
    EXPECT_THAT(world.started("10:00:00"), IsEmpty());
    EXPECT_THAT(world.started("11:00:00"), IsEmpty());
    EXPECT_THAT(world.stored.waiting, ElementsAre(at("10:00:00"), at("11:00:00")));
    world.restart("11:30:00");
    EXPECT_THAT(world.started("11:30:00"), IsEmpty()) << "nobody knows that it has ended";
    world.planner.ended(key, id(1), at("11:31:00"));
    EXPECT_THAT(world.started("11:31:00"), ElementsAre("10:00:00"));
    world.planner.ended(key, id(2), at("11:32:00"));
    EXPECT_THAT(world.started("11:32:00"), ElementsAre("11:00:00"));
}

TEST(SchedulePlanner, LetsABoundedNumberWait) {
    Planned world{R"({"interval":"1s","overlap":"queue"})"};
    EXPECT_THAT(world.started("08:30:01"), ElementsAre("08:30:01"));
    core::Time now = at("08:30:01");
    for (int k = 0; k < 120; ++k) {
        now = now + core::Duration{1'000};
        EXPECT_THAT(world.planner.take(now, 9), IsEmpty());
    }
    world.write();
    EXPECT_EQ(world.stored.waiting.size(), SchedulePlanner::waiting_max);
    EXPECT_EQ(world.stored.skipped, 20u);
}

TEST(SchedulePlanner, LetsNoMoreWaitThanWereLeftOfAnotherPolicy) {
    Planned world{R"({"interval":"1s","missed":"run_all"})"};
    ASSERT_EQ(world.planner.take(at("08:45:00"), 1).size(), 1u);
    EXPECT_EQ(world.planner.find(key)->waiting, 900u);
    world.planner.put(key, schedule(R"({"interval":"1s","missed":"run_all","overlap":"queue"})"),
                      nullptr, at("08:45:00"));
    // The first one is still starting.
    const Firing first{key, at("08:30:01"), 1};
    world.planner.started(first, id(1), at("08:45:01"));
    EXPECT_THAT(world.planner.take(at("08:46:00"), 9), IsEmpty());
    EXPECT_EQ(world.planner.find(key)->waiting, 899u);
    EXPECT_EQ(world.planner.find(key)->state.skipped, 1u);
}

TEST(SchedulePlanner, TriesAgainWhatCouldNotStart) {
    Planned world{R"({"interval":"1h"})"};
    const auto firings = world.planner.take(at("09:00:00"), 9);
    ASSERT_EQ(firings.size(), 1u);
    world.planner.failed(firings[0], at("09:00:00"));
    EXPECT_EQ(world.planner.next_wake(), at("09:00:01"));
    const auto again = world.planner.take(at("09:00:01"), 9);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].due, at("09:00:00"));
    world.planner.refused(again[0], "no such version", at("09:00:01"));
    EXPECT_EQ(world.planner.find(key)->last_error, "no such version");
    EXPECT_EQ(world.planner.find(key)->state.skipped, 1u);
    EXPECT_EQ(world.planner.next_wake(), at("10:00:00"));
}

TEST(SchedulePlanner, BeginsAnewWithOtherTimesButNotWithOtherPolicies) {
    Planned world{R"({"interval":"1h"})"};
    world.planner.put(key, schedule(R"({"interval":"1h","overlap":"skip"})"), nullptr,
                      at("09:10:00"));
    EXPECT_EQ(world.planner.next_wake(), at("09:00:00")) << "it is still due";
    world.planner.put(key, schedule(R"({"interval":"30m"})"), nullptr, at("09:10:00"));
    EXPECT_EQ(world.planner.next_wake(), at("09:30:00"));
    EXPECT_THAT(world.started("09:10:00"), IsEmpty());
    world.planner.remove(key);
    EXPECT_EQ(world.planner.next_wake(), std::nullopt);
    EXPECT_EQ(world.planner.size(), 0u);
}

TEST(SchedulePlanner, AnswersOfAnEarlierLifeDoNotCount) {
    Planned world{R"({"interval":"1h"})"};
    const auto firings = world.planner.take(at("09:00:00"), 9);
    world.planner.remove(key);
    world.planner.put(key, schedule(R"({"interval":"1h"})"), nullptr, at("09:00:01"));
    world.planner.started(firings.at(0), id(1), at("09:00:02"));
    EXPECT_EQ(world.planner.find(key)->state.started, 0u);
}

TEST(SchedulePlanner, StartsNothingWhileItIsPaused) {
    Planned world{R"({"interval":"1h"})"};
    ASSERT_TRUE(world.planner.set_paused(key, true, at("08:40:00")));
    world.write();
    world.restart("09:10:00");
    EXPECT_EQ(world.planner.next_wake(), std::nullopt);
    EXPECT_THAT(world.started("09:10:00"), IsEmpty());
    ASSERT_TRUE(world.planner.set_paused(key, false, at("09:20:00")));
    EXPECT_THAT(world.started("09:20:00"), IsEmpty());
    EXPECT_THAT(world.started("10:00:00"), ElementsAre("10:00:00"));
    EXPECT_FALSE(world.planner.set_paused({"reports", "other"}, true, at("10:00:00")));
}

TEST(SchedulePlanner, AClockThatGoesBackStartsNothingTwice) {
    Planned world{R"({"interval":"1h"})"};
    EXPECT_THAT(world.started("12:00:00"), ElementsAre("12:00:00"));
    EXPECT_THAT(world.started("09:30:00"), IsEmpty());
    EXPECT_THAT(world.started("12:30:00"), IsEmpty());
    EXPECT_THAT(world.started("13:00:00"), ElementsAre("13:00:00"));
}

TEST(SchedulePlanner, AClockThatWasWrongByDaysDoesNotSilenceASchedule) {
    Planned world{R"({"interval":"1h"})"};
    const core::Time wrong = at("09:00:00") + core::Duration{400LL * 86'400'000};
    const auto firings = world.planner.take(wrong, 9);
    ASSERT_EQ(firings.size(), 1u);
    world.planner.started(firings[0], id(1), wrong);
    EXPECT_THAT(world.started("09:10:00"), IsEmpty());
    EXPECT_THAT(world.started("10:00:00"), ElementsAre("10:00:00"));
}

TEST(SchedulePlanner, JitterDelaysAlwaysByTheSame) {
    Planned world{R"({"interval":"1h","jitter":"10m"})"};
    const core::Time wake = world.planner.next_wake().value();
    EXPECT_GE(wake, at("09:00:00"));
    EXPECT_LT(wake, at("09:10:00"));
    EXPECT_THAT(world.started("09:10:00"), ElementsAre("09:00:00"));
    EXPECT_EQ(world.planner.next_wake(), wake + core::Duration{3'600'000});
}

TEST(SchedulePlanner, ThousandsOfSchedulesCostOnlyWhatIsDue) {
    SchedulePlanner planner;
    for (int k = 0; k < 5'000; ++k) {
        planner.put({"w" + std::to_string(k), "s"},
                    schedule(k % 1'000 == 0 ? R"({"interval":"1m"})" : R"({"interval":"1d"})"),
                    nullptr, at("08:30:30"));
    }
    EXPECT_EQ(planner.take(at("08:31:00"), 100).size(), 5u);
    EXPECT_THAT(planner.take(at("08:31:00"), 100), IsEmpty());
}

}  // namespace
}  // namespace millrace::server
