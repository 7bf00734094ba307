// SPDX-License-Identifier: Apache-2.0
#include "sqlite/live_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/store/testing/temp_folder.hpp"
#include "sqlite/sqlite_store.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::sqlite {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using testing::FrameBuilder;

namespace {

class LiveTableTest : public ::testing::Test {
protected:
    void SetUp() override { open(); }

    void open() {
        store_.reset();
        store_ = *SqliteStore::open({.path = file_, .live_interval = 4});
        const auto owned = store_->take_ownership();
        epoch_ = owned->epoch;
        frame_ = owned->frame;
        ASSERT_TRUE(store_->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    }
    FrameBuilder next_frame() {
        ++frame_;
        return {frame_, static_cast<std::int64_t>(frame_)};
    }
    /// Executions that end one frame after they began.
    void pass(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t n = first; n <= last; ++n) {
            ASSERT_TRUE(store_->commit(next_frame().insert(n).build(), epoch_));
            ASSERT_TRUE(store_->commit(next_frame().finish(n).build(), epoch_));
        }
    }
    std::vector<std::int64_t> unparked() {
        const auto rows = store_->unparked(100, {});
        std::vector<std::int64_t> all;
        for (const engine::ExecutionRow& row : rows.value())
            all.push_back(row.created_at.ms);
        return all;
    }
    std::int64_t count(const char* sql) {
        auto reader = *Connection::open(file_, Access::shared, core::Duration{1'000}, {});
        return reader.integer(sql).value();
    }
    std::int64_t rows() { return count("SELECT count(*) FROM live"); }
    /// How many executions the next owner looks at.
    std::int64_t unmarked() {
        return count(
            "SELECT count(*) FROM executions WHERE execution >= "
            "(SELECT live_from FROM tenants WHERE tenant = 0)");
    }

    testing::TempFolder folder_;
    std::filesystem::path file_ = folder_ / "a.db";
    std::unique_ptr<SqliteStore> store_;
    Epoch epoch_;
    std::uint64_t frame_ = 0;
};

}  // namespace

TEST_F(LiveTableTest, ExecutionsThatEndSoonNeverHaveARow) {
    pass(1, 40);
    EXPECT_EQ(rows(), 0);
    EXPECT_LE(unmarked(), 8);
    EXPECT_THAT(unparked(), ElementsAre());
}

TEST_F(LiveTableTest, OneThatLivesLongHasARowUntilItEnds) {
    ASSERT_TRUE(store_->commit(next_frame().insert(1).build(), epoch_));
    pass(2, 40);
    EXPECT_EQ(rows(), 1);
    EXPECT_LE(unmarked(), 8);
    EXPECT_THAT(unparked(), ElementsAre(1));
    ASSERT_TRUE(store_->commit(next_frame().finish(1).build(), epoch_));
    EXPECT_EQ(rows(), 0);
}

TEST_F(LiveTableTest, OneThatWakesBehindTheMarkHasARowUntilItIsParkedAgain) {
    ASSERT_TRUE(store_->commit(next_frame().insert(1).park(1, 0, "s", 500).build(), epoch_));
    pass(2, 40);
    EXPECT_EQ(rows(), 0);
    ASSERT_TRUE(store_->commit(next_frame().unpark(1).build(), epoch_));
    EXPECT_EQ(rows(), 1);
    EXPECT_THAT(unparked(), ElementsAre(1));
    ASSERT_TRUE(store_->commit(next_frame().park(1, 0, "s", 900).build(), epoch_));
    EXPECT_EQ(rows(), 0);
}

TEST_F(LiveTableTest, OneThatIsInsertedBehindTheMarkIsFound) {
    pass(2, 40);
    ASSERT_TRUE(store_->commit(next_frame().insert(1).build(), epoch_));
    EXPECT_THAT(unparked(), ElementsAre(1));
}

TEST_F(LiveTableTest, OwnersThatComeAndGoDoNotAddUp) {
    for (std::uint64_t n = 1; n <= 20; ++n) {
        open();
        pass(n, n);
    }
    EXPECT_LE(unmarked(), 8);
    EXPECT_THAT(unparked(), ElementsAre());
}

TEST_F(LiveTableTest, AFrameThatWasNotCommittedDoesNotMoveTheMark) {
    for (std::uint64_t n = 1; n <= 40; ++n) {
        ASSERT_TRUE(store_->commit(next_frame().insert(n).build(), epoch_));
        EXPECT_THAT(store_->commit(next_frame().insert(n + 100).insert(n).build(), epoch_),
                    FailsWith(StoreErrc::bad_argument));
    }
    EXPECT_EQ(unparked().size(), 40u);
    EXPECT_LE(unmarked(), 8);
    EXPECT_EQ(rows() + unmarked(), 40);
}

}  // namespace millrace::store::sqlite
