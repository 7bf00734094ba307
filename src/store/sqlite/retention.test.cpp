// SPDX-License-Identifier: Apache-2.0
#include "sqlite/retention.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "millrace/store/admin.hpp"
#include "millrace/store/node_library.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/variables.hpp"
#include "sqlite/sqlite_store.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::sqlite {

using testing::execution_id;
using testing::FailsWith;
using testing::FrameBuilder;

namespace {

class SqliteRetentionTest : public ::testing::Test {
protected:
    void open() {
        auto opened = open_store(options_);
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
        epoch_ = store_->take_ownership()->epoch;
        ASSERT_TRUE(store_->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    }
    void run(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t n = first; n <= last; ++n) {
            FrameBuilder frame{n, static_cast<std::int64_t>(n)};
            frame.insert(n).journal(n, 1, 1, std::string(6'000, 'j')).finish(n);
            ASSERT_TRUE(store_->commit(frame.build(), epoch_));
        }
    }
    void remove_all() {
        const auto found = store_->retention().prunable({.keep_newest = 0, .limit = 10'000});
        ASSERT_TRUE(found) << found.error().message();
        ASSERT_EQ(found->next_cursor, std::nullopt);
        const auto pruned = store_->retention().prune(found->ids);
        ASSERT_TRUE(pruned) << pruned.error().message();
        ASSERT_EQ(pruned->executions, found->ids.size());
    }
    /// With the log copied into the database, which also gives it its size.
    std::uintmax_t file_bytes() {
        store_.reset();
        return std::filesystem::file_size(file_);
    }
    std::int64_t auto_vacuum() {
        auto connection = *Connection::open(file_, Access::shared, core::Duration{0}, {});
        return connection.integer("PRAGMA auto_vacuum").value();
    }
    /// As a database was before it could give space back.
    void forbid_giving_back() {
        auto connection = *Connection::open(file_, Access::write, core::Duration{0}, {});
        ASSERT_TRUE(connection.execute("PRAGMA auto_vacuum = NONE; VACUUM"));
    }

    testing::TempFolder folder_;
    OpenOptions options_{.folder = folder_ / "data"};
    std::filesystem::path file_ = options_.folder / "millrace.db";
    std::unique_ptr<Store> store_;
    Epoch epoch_;
};

}  // namespace

TEST_F(SqliteRetentionTest, GivesTheDiskBackInPieces) {
    open();
    run(1, 300);
    remove_all();
    Retention& retention = store_->retention();
    const std::uint64_t free = retention.free_bytes().value();
    EXPECT_GT(free, 300u * 6'000u);
    EXPECT_EQ(retention.give_back(100u << 10).value(), 100u << 10);
    EXPECT_EQ(retention.free_bytes().value(), free - (100u << 10));
    EXPECT_EQ(retention.give_back(1u << 30).value(), free - (100u << 10));
    EXPECT_EQ(retention.give_back(1u << 30).value(), 0u);
    run(301, 301);
    EXPECT_LT(file_bytes(), 400u << 10);
}

TEST_F(SqliteRetentionTest, FreeSpaceIsUsedAgain) {
    open();
    run(1, 200);
    remove_all();
    const std::uint64_t free = store_->retention().free_bytes().value();
    run(201, 300);
    EXPECT_LT(store_->retention().free_bytes().value(), free / 2 + (64u << 10));
}

TEST_F(SqliteRetentionTest, ASmallDatabaseOfAnOlderSchemaLearnsToGiveSpaceBack) {
    open();
    run(1, 3);
    store_.reset();
    ASSERT_TRUE(rollback(options_, 4));
    forbid_giving_back();
    ASSERT_EQ(auto_vacuum(), 0);
    open();
    EXPECT_EQ(store_->status()->executions, 3u);
    store_.reset();
    EXPECT_EQ(auto_vacuum(), 2);
}

TEST_F(SqliteRetentionTest, CompactingGivesAllOfItBackAndTheAbility) {
    open();
    run(1, 200);
    remove_all();
    store_.reset();
    forbid_giving_back();
    open();
    run(201, 300);
    remove_all();
    EXPECT_EQ(store_->retention().give_back(1u << 30).value(), 0u);
    EXPECT_THAT(compact(options_), FailsWith(StoreErrc::locked));
    store_.reset();
    const auto report = compact(options_);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_GT(report->bytes_before, 100u * 6'000u);
    EXPECT_LT(report->bytes_after, 300u << 10);
    EXPECT_EQ(auto_vacuum(), 2);
    open();
    EXPECT_EQ(store_->status()->executions, 0u);
}

TEST_F(SqliteRetentionTest, WhatAnOlderSchemaDidIsForgottenByTheFeed) {
    open();
    run(1, 3);
    store_.reset();
    ASSERT_TRUE(rollback(options_, 4));
    open();
    EXPECT_THAT(store_->feed().rows({}, 10), FailsWith(StoreErrc::not_found));
    const FeedPosition end = store_->feed().end().value();
    EXPECT_EQ(end.frame, 3u);
    run(4, 4);
    const auto rows = store_->feed().rows(end, 10);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().position, (FeedPosition{4, 1}));
}

TEST_F(SqliteRetentionTest, GoingBackRefusesToLoseVariablesAndNodes) {
    open();
    ASSERT_TRUE(store_->variables().put({"depot", "Graz", "", {}}));
    store_.reset();
    EXPECT_THAT(rollback(options_, 4), FailsWith(StoreErrc::bad_argument));
    EXPECT_EQ(rollback(options_, 4, true)->version, 4u);
}

}  // namespace millrace::store::sqlite
