// SPDX-License-Identifier: Apache-2.0
#include "snapshot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/histories.hpp"

namespace millrace::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Snapshot : public ::testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        const Scenario& scenario = scenarios()[GetParam()];
        play(scenario, scenario.plan.plan(), shard);
        ASSERT_GE(shard.shard.live_count(), 1u);
    }
    std::string bytes() const { return shard.shard.snapshot(shard.id()); }

    ShardFixture shard{snapshot_often()};
};

TEST_P(Snapshot, EqualsTheStateRebuiltFromTheJournal) {
    const std::string before = bytes();
    shard.restart(RebuildFrom::journal);
    EXPECT_EQ(bytes(), before);
}

TEST_P(Snapshot, WithItsTailEqualsTheStateRebuiltFromTheJournal) {
    const std::string before = bytes();
    ASSERT_FALSE(shard.stored().snapshot.empty());
    shard.restart(RebuildFrom::snapshot);
    EXPECT_EQ(bytes(), before);
}

TEST_P(Snapshot, ReadsBackAsTheSameBytes) {
    StoredExecution stored{shard.id(), shard.stored().plan, bytes(), {}};
    Shard other{shard.options};
    ASSERT_TRUE(other.restore(stored).has_value());
    EXPECT_EQ(other.snapshot(shard.id()), stored.snapshot);
    EXPECT_EQ(other.next_due(), [&] {
        shard.restart();
        return shard.shard.next_due();
    }());
}

TEST_P(Snapshot, DependsOnNoOrderOfRows) {
    const std::string before = bytes();
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        shard.shard.shuffle_rows(seed);
        EXPECT_EQ(bytes(), before);
    }
}

TEST_P(Snapshot, LeadsToTheSameEndAsTheJournal) {
    std::vector<core::Value> ends;
    for (const RebuildFrom from : {RebuildFrom::journal, RebuildFrom::snapshot}) {
        ShardFixture other{snapshot_often()};
        const Scenario& scenario = scenarios()[GetParam()];
        play(scenario, scenario.plan.plan(), other);
        other.restart(from);
        other.shard.shuffle_rows(7);
        finish(other);
        ends.push_back(other.view().to_value());
    }
    EXPECT_EQ(ends[0], ends[1]);
}

INSTANTIATE_TEST_SUITE_P(OfEachScenario, Snapshot,
                         ::testing::Range(std::size_t{0}, scenarios().size()), [](const auto& row) {
                             std::string name = scenarios()[row.param].name;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

/// Eight effects one after another.
PlanBuilder long_chain() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    std::string last = "start";
    for (int i = 0; i < 8; ++i) {
        const std::string id = "n" + std::to_string(i);
        plan.node(id, "test.effect").connect(last + " -> " + id);
        last = id;
    }
    return plan;
}

TEST(Snapshots, AreWrittenAfterSoManyRecords) {
    ShardLimits limits;
    limits.snapshot_records = 10;
    ShardFixture shard{limits};
    shard.start(long_chain());
    std::vector<std::uint64_t> seqs;
    for (int i = 0; i < 7; ++i) {
        shard.complete("n" + std::to_string(i));
        for (const SnapshotRow& row : shard.frame.snapshots)
            seqs.push_back(row.seq);
    }
    EXPECT_THAT(seqs, ::testing::ElementsAre(11, 23));
}

TEST(Snapshots, AreNotWrittenOfWhatHasEnded) {
    ShardLimits limits;
    limits.snapshot_records = 1;
    ShardFixture shard{limits};
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    shard.start(plan);
    EXPECT_THAT(shard.frame.snapshots, IsEmpty());
}

TEST(Snapshots, OfAnUnknownExecutionAreEmpty) {
    EXPECT_THAT(ShardFixture{}.shard.snapshot({}), IsEmpty());
}

TEST(Snapshots, OfAnUnknownFormatAskForANewerVersion) {
    ShardFixture shard;
    shard.start(long_chain());
    std::string bytes = shard.shard.snapshot(shard.id());
    bytes[0] = 9;
    const auto restored =
        Shard{shard.options}.restore({shard.id(), shard.stored().plan, bytes, {}});
    ASSERT_FALSE(restored.has_value());
    EXPECT_TRUE(restored.error().is(JournalErrc::unknown_schema));
    EXPECT_THAT(restored.error().message(), HasSubstr("snapshot format 9 is unknown"));
}

}  // namespace
}  // namespace millrace::engine
