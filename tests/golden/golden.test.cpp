// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "golden_file.hpp"
#include "testing/histories.hpp"

namespace millrace::golden {
namespace {

using engine::CommittedExecution;
using engine::RebuildFrom;
using engine::ShardFixture;

std::vector<std::filesystem::path> all_goldens() {
    std::vector<std::filesystem::path> files;
    const std::filesystem::path folder = MILLRACE_SOURCE_DIR "/tests/golden";
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

class GoldenJournal : public ::testing::TestWithParam<std::filesystem::path> {
protected:
    GoldenJournal() : golden{read(GetParam())} {
        plan = engine::plan_of(golden.document);
        const auto stop = golden.rows.begin() + static_cast<std::ptrdiff_t>(golden.stopped_after);
        stopped = {plan,
                   {golden.rows.begin(), stop},
                   golden.snapshot,
                   golden.snapshot_rows,
                   core::ExecutionStatus::running};
        const auto records = engine::read_row(golden.rows.front());
        if (records) created = std::get<engine::ExecutionCreated>(records->front().body);
    }

    /// What people see of the rows.
    core::Value seen(const std::vector<std::string>& rows) const {
        engine::ExecutionView view{golden.id, plan};
        for (const std::string& row : rows) {
            const auto records = engine::read_row(row);
            if (!records) return records.error().message();
            for (const engine::Record& record : *records)
                view.feed(record);
        }
        return summary(view);
    }

    /// Restarts a shard with the stopped execution and lets it come to its end.
    core::Value recovered(RebuildFrom from) const {
        ShardFixture shard;
        shard.adopt(golden.id, stopped, from);
        engine::finish(shard);
        return summary(shard.view());
    }

    Golden golden;
    std::shared_ptr<const engine::Plan> plan;
    CommittedExecution stopped;
    engine::ExecutionCreated created;
};

TEST_P(GoldenJournal, ShowsWhatPeopleSawThen) {
    EXPECT_EQ(seen(stopped.rows), golden.state);
    EXPECT_EQ(seen(golden.rows), golden.end);
}

TEST_P(GoldenJournal, IsRecoveredFromItsRowsAndGoesOnToItsEnd) {
    EXPECT_EQ(recovered(RebuildFrom::journal), golden.end);
}

TEST_P(GoldenJournal, IsRecoveredFromItsSnapshotAndGoesOnToItsEnd) {
    ASSERT_FALSE(golden.snapshot.empty());
    EXPECT_EQ(recovered(RebuildFrom::snapshot), golden.end);
}

TEST_P(GoldenJournal, MakesTheSameStateFromItsSnapshotAsFromItsRows) {
    ShardFixture by_rows;
    by_rows.adopt(golden.id, stopped, RebuildFrom::journal);
    ShardFixture by_snapshot;
    by_snapshot.adopt(golden.id, stopped, RebuildFrom::snapshot);
    EXPECT_EQ(by_rows.shard.snapshot(golden.id), by_snapshot.shard.snapshot(golden.id));
}

// Promised as long as the number that is stored with the execution is the engine's.
TEST_P(GoldenJournal, ReplaysToTheSameRecords) {
    if (created.semantics != engine::engine_semantics) GTEST_SKIP() << "of other semantics";
    CommittedExecution finished = stopped;
    finished.rows = golden.rows;
    EXPECT_EQ(engine::replay(golden.id, finished, ShardFixture{}.options), golden.rows);
}

INSTANTIATE_TEST_SUITE_P(OfEveryRelease, GoldenJournal, ::testing::ValuesIn(all_goldens()),
                         [](const auto& golden) {
                             std::string name = golden.param.parent_path().filename().string() +
                                                "_" + golden.param.stem().string();
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace millrace::golden
