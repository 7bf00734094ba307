// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/histories.hpp"

// Restoring from what was committed, replaying it, and what damaged bytes lead to.
namespace millrace::engine {
namespace {

using core::ExecutionStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanBuilder calling() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return plan;
}

/// start -> a -> b -> c, all effects.
PlanBuilder long_enough() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.node("c", "test.effect").connect("start -> a -> b -> c");
    return plan;
}

TEST(Restore, DecidesNothing) {
    ShardFixture shard;
    shard.start(calling());
    shard.restart();
    EXPECT_FALSE(shard.shard.has_backlog());
    EXPECT_FALSE(shard.advance().has_records());
    EXPECT_THAT(shard.effects(), IsEmpty());
}

TEST(Restore, GoesOnWithWhatALastFrameLeftUndone) {
    ShardLimits limits;
    limits.execution_transitions_max = 4;
    ShardFixture shard{limits};
    shard.start(calling());
    ASSERT_THAT(shard.effects(), ElementsAre("call#1"));
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.pass").node("b", "test.pass");
    plan.connect("start -> a -> b");
    shard.start(plan, json("6"));
    ASSERT_EQ(shard.status(), ExecutionStatus::running);
    shard.restart();
    EXPECT_TRUE(shard.shard.has_backlog());
    shard.drain();
    EXPECT_EQ(shard.view().outputs(), json(R"({"b": 6})"));
}

TEST(Restore, TakesAResultThatArrivesLater) {
    ShardFixture shard;
    shard.start(calling());
    const Effect effect = shard.effect("call");
    shard.restart();
    shard.tell(shard.completion(effect, json("1")));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Restore, OfALiveExecutionIsRefused) {
    ShardFixture shard;
    shard.start(calling());
    const auto restored =
        shard.shard.restore(shard.stored().stored(shard.id(), RebuildFrom::journal));
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(CommandErrc::already_exists));
}

TEST(Restore, OfAFinishedExecutionLeavesNothingLive) {
    ShardFixture shard;
    shard.start(calling());
    shard.complete("call");
    Shard other{shard.options};
    EXPECT_TRUE(other.restore(shard.stored().stored(shard.id(), RebuildFrom::journal)).has_value());
    EXPECT_EQ(other.live_count(), 0u);
}

TEST(Restore, WithoutAnyRecordIsCorrupt) {
    ShardFixture shard;
    shard.start(calling());
    const auto restored = Shard{shard.options}.restore({shard.id(), shard.stored().plan, {}, {}});
    ASSERT_FALSE(restored.has_value());
    EXPECT_EQ(restored.error().code(), "journal_corrupt");
    EXPECT_THAT(restored.error().message(), HasSubstr("restore execution " + shard.id().text()));
}

TEST(Restore, WithAMissingRowIsCorrupt) {
    ShardFixture shard;
    shard.start(long_enough());
    shard.complete("a");
    shard.complete("b");
    StoredExecution stored = shard.stored().stored(shard.id(), RebuildFrom::journal);
    stored.rows.erase(stored.rows.begin() + 1);
    const auto restored = Shard{shard.options}.restore(stored);
    ASSERT_FALSE(restored.has_value());
    EXPECT_EQ(restored.error().code(), "journal_corrupt");
    EXPECT_THAT(restored.error().message(), HasSubstr("its sequence number is not the next one"));
}

TEST(Restore, SkipsRowsThatTheSnapshotContains) {
    ShardFixture shard{snapshot_often()};
    shard.start(long_enough());
    shard.complete("a");
    StoredExecution stored = shard.stored().stored(shard.id(), RebuildFrom::snapshot);
    stored.rows = shard.stored().rows;
    Shard other{shard.options};
    ASSERT_TRUE(other.restore(stored).has_value());
    EXPECT_EQ(other.snapshot(shard.id()), shard.shard.snapshot(shard.id()));
}

class Replay : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Replay, OfTheInputsGivesTheSameRows) {
    ShardFixture shard;
    const Scenario& scenario = scenarios()[GetParam()];
    play(scenario, scenario.plan.plan(), shard);
    finish(shard);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

/// Restores and, when the bytes are accepted, goes on with them: whatever they say, an error is
/// the worst that may come of it.
void survive(const ShardOptions& options, const StoredExecution& stored) {
    Shard shard{options};
    const core::Result<> restored = shard.restore(stored);
    if (!restored) {
        EXPECT_FALSE(restored.error().message().empty());
        EXPECT_EQ(shard.live_count(), 0u);
        return;
    }
    const auto next = shard.next_due();
    std::deque<Input> inbox{RecoverExecution{stored.id}, CancelExecution{1, stored.id, "end"},
                            CancelExecution{2, stored.id, "end"}};
    shard.advance(next.value_or(core::Time{1}), inbox);
    shard.advance({}, inbox);
}

class Damage : public ::testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        const Scenario& scenario = scenarios()[GetParam()];
        play(scenario, scenario.plan.plan(), shard);
    }

    /// Calls `check` with `bytes` once for each change of one byte.
    template <class Check>
    static void flip_each(std::string bytes, Check check) {
        for (char& byte : bytes) {
            for (const int mask : {0x01, 0x02, 0x80, 0xFF}) {
                byte = static_cast<char>(byte ^ mask);
                check(bytes);
                byte = static_cast<char>(byte ^ mask);
            }
        }
    }

    ShardFixture shard;
};

TEST_P(Damage, OfAnyByteOfARowIsAnErrorOrHarmless) {
    StoredExecution stored = shard.stored().stored(shard.id(), RebuildFrom::journal);
    for (std::string& row : stored.rows) {
        const std::string good = row;
        flip_each(good, [&](const std::string& bad) {
            row = bad;
            survive(shard.options, stored);
        });
        row = good;
    }
}

TEST_P(Damage, OfAnyByteOfASnapshotIsAnErrorOrHarmless) {
    const std::string good = shard.shard.snapshot(shard.id());
    flip_each(good, [&](const std::string& bad) {
        survive(shard.options, {shard.id(), shard.stored().plan, bad, {}});
    });
}

TEST_P(Damage, ThatCutsASnapshotOffIsAnError) {
    const std::string good = shard.shard.snapshot(shard.id());
    for (std::size_t size = 1; size < good.size(); ++size) {
        const StoredExecution stored{shard.id(), shard.stored().plan, good.substr(0, size), {}};
        EXPECT_FALSE(Shard{shard.options}.restore(stored).has_value()) << size;
    }
}

TEST_P(Damage, ThatSwapsTheWorkflowIsAnErrorOrHarmless) {
    for (const Scenario& other : scenarios()) {
        StoredExecution stored = shard.stored().stored(shard.id(), RebuildFrom::journal);
        stored.plan = other.plan.plan();
        survive(shard.options, stored);
        survive(shard.options, {shard.id(), stored.plan, shard.shard.snapshot(shard.id()), {}});
    }
}

std::string scenario_name(const ::testing::TestParamInfo<std::size_t>& info) {
    std::string name = scenarios()[info.param].name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(OfEachScenario, Replay,
                         ::testing::Range(std::size_t{0}, scenarios().size()), scenario_name);
INSTANTIATE_TEST_SUITE_P(OfEachScenario, Damage,
                         ::testing::Range(std::size_t{0}, scenarios().size()), scenario_name);

}  // namespace
}  // namespace millrace::engine
