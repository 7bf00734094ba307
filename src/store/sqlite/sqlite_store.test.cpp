// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/variables.hpp"
#include "testing/child.hpp"
#include "testing/fault_vfs.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::sqlite {

using testing::execution_id;
using testing::FailsWith;
using testing::FrameBuilder;
using ::testing::HasSubstr;

namespace {

/// A database file and the store on it.
class SqliteStoreTest : public ::testing::Test {
protected:
    core::Result<std::unique_ptr<SqliteStore>> open() {
        return SqliteStore::open({.path = file_,
                                  .busy_timeout = core::Duration{20},
                                  .log_pages_max = log_pages_max_,
                                  .vfs = disk_.name()});
    }
    void start() {
        auto opened = open();
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
        epoch_ = store_->take_ownership()->epoch;
        ASSERT_TRUE(store_->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    }
    core::Result<> commit(std::uint64_t n) {
        return store_->commit(FrameBuilder{n, static_cast<std::int64_t>(n)}
                                  .insert(n)
                                  .journal(n, 1, 1, std::string(6'000, 'j'))
                                  .build(),
                              epoch_);
    }
    void fill_and_close(std::uint64_t executions) {
        start();
        for (std::uint64_t n = 1; n <= executions; ++n)
            ASSERT_TRUE(commit(n));
        store_.reset();
    }
    std::uintmax_t log_bytes() { return std::filesystem::file_size(file_.string() + "-wal"); }
    void overwrite(std::uintmax_t at, std::size_t size) {
        std::fstream out{file_, std::ios::in | std::ios::out | std::ios::binary};
        out.seekp(static_cast<std::streamoff>(at));
        out << std::string(size, '\x5a');
    }

    testing::TempFolder folder_;
    testing::FaultVfs disk_;
    std::filesystem::path file_ = folder_ / "a.db";
    std::uint64_t log_pages_max_ = Writer::log_pages_max_default;
    std::unique_ptr<SqliteStore> store_;
    Epoch epoch_;
};

using FullDisk = SqliteStoreTest;
using Damage = SqliteStoreTest;
using Log = SqliteStoreTest;

}  // namespace

TEST_F(FullDisk, RefusesAFrameWholeAndGoesOnOnceThereIsSpace) {
    start();
    ASSERT_TRUE(commit(1));
    disk_.fail_at(testing::DiskFault::full, 1, true);
    const auto refused = commit(2);
    ASSERT_THAT(refused, FailsWith(StoreErrc::full));
    EXPECT_THAT(refused.error().message(), HasSubstr(file_.string()));
    EXPECT_THAT(refused.error().message(), HasSubstr("make room"));
    EXPECT_THAT(commit(2), FailsWith(StoreErrc::full));
    EXPECT_THAT(store_->execution(execution_id(2)), FailsWith(StoreErrc::not_found));
    EXPECT_TRUE(store_->execution(execution_id(1)));
    disk_.heal();
    EXPECT_TRUE(commit(2));
    EXPECT_EQ(store_->reopen(epoch_)->frame, 2u);
}

TEST_F(FullDisk, ARealLimitOfTheSystemLosesNothingThatWasAcknowledged) {
    const testing::Child child{[&] {
        ::signal(SIGXFSZ, SIG_IGN);
        auto store = *SqliteStore::open({.path = file_});
        epoch_ = store->take_ownership()->epoch;
        if (!store->save_version(testing::workflow, testing::workflow_hash, "{}", {}))
            return std::string{"not saved"};
        store_ = std::move(store);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const rlim_t before = std::exchange(limit.rlim_cur, 400'000);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::uint64_t kept = 0;
        while (kept < 1'000 && commit(kept + 1))
            ++kept;
        limit.rlim_cur = before;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto owned = store_->reopen(epoch_);
        if (!owned) return owned.error().message();
        if (kept == 0 || kept == 1'000 || owned->frame != kept) return std::string{"lost"};
        const auto next = commit(kept + 1);
        return next ? std::string{"went on"} : next.error().message();
    }};
    EXPECT_EQ(child.said(), "went on");
}

TEST_F(SqliteStoreTest, APageLooksThroughABoundedNumberInAnotherStatus) {
    start();
    constexpr std::uint64_t count = 20'500;
    engine::Frame frame = FrameBuilder{1, 1}.build();
    for (std::uint64_t n = 1; n <= count; ++n) {
        engine::ExecutionRow row;
        row.id = execution_id(n);
        row.workflow_id = testing::workflow;
        row.workflow_hash = testing::workflow_hash;
        row.created_at = core::Time{5};
        row.completed_at = core::Time{6};
        row.status = n <= 2 ? core::ExecutionStatus::canceled : core::ExecutionStatus::completed;
        frame.inserted.push_back(std::move(row));
    }
    ASSERT_TRUE(store_->commit(frame, epoch_));
    ExecutionFilter filter;
    filter.workflow_id = testing::workflow;
    filter.status = core::ExecutionStatus::canceled;
    EXPECT_EQ(store_->executions(filter, 1, "")->items.size(), 1u)
        << "without a time it finds them";
    filter.created_after = core::Time{1};
    const auto first = store_->executions(filter, 1, "");
    ASSERT_TRUE(first && first->next_cursor);
    EXPECT_TRUE(first->items.empty());
    const auto second = store_->executions(filter, 1, *first->next_cursor);
    ASSERT_TRUE(second && second->next_cursor);
    EXPECT_EQ(second->items.at(0).id, execution_id(2));
    const auto last = store_->executions(filter, 5, *second->next_cursor);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->items.size(), 1u);
    EXPECT_FALSE(last->next_cursor);
}

TEST_F(SqliteStoreTest, AFailedSyncMakesTheOutcomeUnknownAndTheCommitIsNeverRepeated) {
    start();
    disk_.fail_at(testing::DiskFault::sync, 1);
    EXPECT_THAT(commit(1), FailsWith(StoreErrc::outcome_unknown));
    EXPECT_THAT(commit(1), FailsWith(StoreErrc::io));
    disk_.heal();
    const auto owned = store_->reopen(epoch_);
    ASSERT_TRUE(owned) << owned.error().message();
    EXPECT_EQ(store_->execution(execution_id(1)).has_value(), owned->frame == 1);
    EXPECT_TRUE(commit(owned->frame + 1));
}

TEST_F(SqliteStoreTest, AnUnknownOutcomeIsBelievedOnlyOnceTheLogIsOnTheDisk) {
    start();
    // A reader keeps the log alive when the writer goes.
    ASSERT_TRUE(store_->status());
    disk_.fail_at(testing::DiskFault::sync, 1, true);
    ASSERT_THAT(commit(1), FailsWith(StoreErrc::outcome_unknown));
    EXPECT_THAT(store_->reopen(epoch_), FailsWith(StoreErrc::outcome_unknown));
    EXPECT_THAT(store_->reopen(epoch_), FailsWith(StoreErrc::outcome_unknown));
    EXPECT_THAT(commit(1), FailsWith(StoreErrc::io));
    disk_.heal();
    const auto owned = store_->reopen(epoch_);
    ASSERT_TRUE(owned) << owned.error().message();
    EXPECT_EQ(log_bytes(), 0u) << "all that counts is in the database";
    EXPECT_EQ(store_->execution(execution_id(1)).has_value(), owned->frame == 1);
    EXPECT_TRUE(commit(owned->frame + 1));
}

TEST_F(SqliteStoreTest, ARowBeyondTheLimitIsNamedWithItsSize) {
    auto connection = *Connection::open(file_, Access::write, core::Duration{0}, {});
    ASSERT_TRUE(connection.execute("CREATE TABLE rows (bytes BLOB NOT NULL, number INTEGER)"));
    sqlite3_limit(connection.raw(), SQLITE_LIMIT_LENGTH, 1'000);
    auto insert = *connection.prepare("INSERT INTO rows VALUES (?1, ?2)");
    const std::string large(2'000, 'x');
    ASSERT_FALSE(insert.bind_blob(1, large).bind(2, 1).run());
    const core::Error error = connection.error(insert, "write a row");
    EXPECT_TRUE(error.is(StoreErrc::bad_argument)) << error.message();
    EXPECT_THAT(error.message(), HasSubstr("2000 bytes is larger than the limit of 1000 bytes"));
    EXPECT_TRUE(insert.bind_blob(1, "small").bind(2, 1).run()) << "the next row is not concerned";
}

TEST_F(SqliteStoreTest, AnotherProgramInAWriteTransactionIsNamedAsTheReason) {
    start();
    auto other = *Connection::open(file_, Access::write, core::Duration{0}, {});
    ASSERT_TRUE(other.execute("BEGIN IMMEDIATE"));
    const auto refused = commit(1);
    ASSERT_THAT(refused, FailsWith(StoreErrc::locked));
    EXPECT_THAT(refused.error().message(), HasSubstr("another program is using the database"));
    ASSERT_TRUE(other.execute("ROLLBACK"));
    EXPECT_TRUE(commit(1));
}

TEST_F(SqliteStoreTest, AReaderIsEndedAtItsTimeLimit) {
    fill_and_close(1);
    ReadPool pool{{.path = file_, .time_limit = core::Duration{20}}};
    const auto endless = pool.read([](Connection& connection) {
        return connection.integer(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT count(*) FROM n");
    });
    EXPECT_THAT(endless, FailsWith(StoreErrc::timed_out));
    EXPECT_TRUE(pool.read([](Connection& connection) { return connection.integer("SELECT 1"); }));
}

TEST_F(Log, StaysBoundedAndIsReusedNotTruncated) {
    log_pages_max_ = 64;
    start();
    std::uintmax_t largest = 0;
    for (std::uint64_t n = 1; n <= 400; ++n) {
        ASSERT_TRUE(commit(n));
        ASSERT_TRUE(store_->checkpoint());
        EXPECT_GE(log_bytes(), largest);
        largest = std::max(largest, log_bytes());
    }
    EXPECT_LT(largest, 100 * 4'200u);
}

TEST_F(Log, StaysBoundedWithoutFrames) {
    log_pages_max_ = 16;
    start();
    for (int n = 0; n < 200; ++n) {
        const std::string name = "v" + std::to_string(n % 10);
        ASSERT_TRUE(store_->variables().put({name, std::string(3'000, 'x'), {}, {}}));
    }
    EXPECT_LT(log_bytes(), 80 * 4'200u);
}

TEST_F(Log, ShrinksAfterASlowReaderHasMadeItLarge) {
    log_pages_max_ = 16;
    start();
    ASSERT_TRUE(commit(1));
    {
        auto reader = *Connection::open(file_, Access::shared, core::Duration{0}, {});
        ASSERT_TRUE(reader.execute("BEGIN; SELECT count(*) FROM executions"));
        for (std::uint64_t n = 2; n <= 100; ++n) {
            ASSERT_TRUE(commit(n));
            ASSERT_TRUE(store_->checkpoint());
        }
        EXPECT_GT(log_bytes(), 100 * 4'200u);
    }
    ASSERT_TRUE(store_->checkpoint());
    ASSERT_TRUE(commit(101));
    EXPECT_LE(log_bytes(), 16 * 4 * 4'096u);
}

TEST_F(Damage, OverwrittenPagesAreReportedWithAdvice) {
    fill_and_close(200);
    overwrite(4'096, std::filesystem::file_size(file_) - 4'096);
    const auto store = open();
    ASSERT_THAT(store, FailsWith(StoreErrc::corrupt));
    EXPECT_THAT(store.error().message(), HasSubstr(file_.string()));
    EXPECT_THAT(store.error().message(), HasSubstr("restore a backup"));
    EXPECT_THAT(store.error().message(), HasSubstr(".recover"));
}

TEST_F(Damage, AnOverwrittenJournalPageHurtsOnlyWhoReadsIt) {
    fill_and_close(200);
    // The newest pages belong to the last executions.
    overwrite(std::filesystem::file_size(file_) - 40 * 4'096, 40 * 4'096);
    start();
    std::size_t corrupt = 0;
    for (std::uint64_t n = 1; n <= 200; ++n) {
        const auto rows = store_->journal(execution_id(n), 0);
        if (rows) continue;
        EXPECT_THAT(rows, FailsWith(StoreErrc::corrupt));
        ++corrupt;
    }
    EXPECT_GT(corrupt, 0u);
    EXPECT_LT(corrupt, 100u);
}

TEST_F(Damage, ATruncatedFileIsCorrupt) {
    fill_and_close(200);
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
    EXPECT_THAT(open(), FailsWith(StoreErrc::corrupt));
}

TEST_F(Damage, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    std::ofstream{file_} << std::string(10'000, 'x');
    EXPECT_THAT(open(), FailsWith(StoreErrc::corrupt));
    EXPECT_EQ(std::filesystem::file_size(file_), 10'000u);
}

TEST_F(Damage, AnEmptyFileIsAnInterruptedCreationForAnOwnerOnly) {
    std::ofstream{file_}.flush();
    EXPECT_THAT(SqliteStore::open({.path = file_, .mode = OpenMode::read_only}),
                FailsWith(StoreErrc::corrupt));
    start();
    EXPECT_TRUE(commit(1));
}

TEST_F(Damage, AnEmptiedFileWithALogIsCorruptAndItsLogIsKept) {
    start();
    ASSERT_TRUE(commit(1));
    std::filesystem::copy_file(file_.string() + "-wal", folder_ / "b.db-wal");
    file_ = folder_ / "b.db";
    std::ofstream{file_}.flush();
    EXPECT_THAT(open(), FailsWith(StoreErrc::corrupt));
    EXPECT_GT(log_bytes(), 0u);
}

TEST_F(Damage, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
    {
        auto other = *Connection::open(file_, Access::write, core::Duration{0}, {});
        ASSERT_TRUE(other.execute("CREATE TABLE photos (name TEXT)"));
    }
    const auto before = std::filesystem::last_write_time(file_);
    const auto refused = open();
    ASSERT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(refused.error().message(), HasSubstr("another program"));
    EXPECT_EQ(std::filesystem::last_write_time(file_), before);
}

}  // namespace millrace::store::sqlite
