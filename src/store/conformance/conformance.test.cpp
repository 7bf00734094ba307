// SPDX-License-Identifier: Apache-2.0
#include "conformance/conformance.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using testing::FrameBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

std::vector<std::uint64_t> numbers(const ExecutionPage& page) {
    std::vector<std::uint64_t> all;
    for (const engine::ExecutionRow& row : page.items)
        all.push_back(static_cast<std::uint64_t>(row.created_at.ms));
    return all;
}

}  // namespace

TEST_P(Conformance, EachOwnerGetsAHigherEpochAndTheCommittedPosition) {
    commit(next_frame().insert(1).journal(1, 1, 2, "a"));
    const auto next = store_->take_ownership();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->epoch.value, epoch_.value + 1);
    EXPECT_EQ(next->frame, 1u);
    EXPECT_EQ(next->last_frame, core::Time{1'000});
}

TEST_P(Conformance, ACommittedFrameIsThereAfterReopening) {
    commit(next_frame().insert(1).journal(1, 1, 2, "first"));
    const auto owned = store_->reopen(epoch_);
    ASSERT_TRUE(owned) << owned.error().message();
    EXPECT_EQ(owned->epoch, epoch_);
    EXPECT_EQ(owned->frame, 1u);
    EXPECT_THAT(store_->journal(execution_id(1), 0).value(), ElementsAre("first"));
}

TEST_P(Conformance, ACommittedFrameOutlivesTheObjectOfADurableStore) {
    commit(next_frame().insert(1).journal(1, 1, 2, "first"));
    store_.reset();
    store_ = backend_->open();
    if (!backend_->is_durable()) {
        // That of the memory store ends with its object: nothing may be left over.
        EXPECT_FALSE(store_->execution(execution_id(1)).has_value());
        return;
    }
    EXPECT_THAT(store_->journal(execution_id(1), 0).value(), ElementsAre("first"));
}

TEST_P(Conformance, JournalRowsComeBackInOrderWithTheirBytes) {
    const std::string with_zeros("a\0b\xff", 4);
    commit(next_frame().insert(1).insert(2).journal(1, 1, 3, with_zeros).journal(2, 1, 1, "x"));
    commit(next_frame().journal(1, 4, 1, ""));
    commit(next_frame().journal(2, 2, 9, "y").journal(1, 5, 2, "last"));
    EXPECT_THAT(store_->journal(execution_id(1), 0).value(), ElementsAre(with_zeros, "", "last"));
    EXPECT_THAT(store_->journal(execution_id(2), 0).value(), ElementsAre("x", "y"));
}

TEST_P(Conformance, JournalLeavesOutRowsThatEndAtOrBeforeASequenceNumber) {
    commit(next_frame().insert(1).journal(1, 1, 3, "to 3"));
    commit(next_frame().journal(1, 4, 2, "to 5"));
    EXPECT_THAT(store_->journal(execution_id(1), 2).value(), ElementsAre("to 3", "to 5"));
    EXPECT_THAT(store_->journal(execution_id(1), 3).value(), ElementsAre("to 5"));
    EXPECT_THAT(store_->journal(execution_id(1), 5).value(), IsEmpty());
}

TEST_P(Conformance, HistoryIsTheNewestSnapshotAndTheRowsAfterIt) {
    commit(next_frame().insert(1).journal(1, 1, 3, "to 3"));
    commit(next_frame().journal(1, 4, 2, "to 5").snapshot(1, 3, "old"));
    commit(next_frame().journal(1, 6, 1, "to 6").snapshot(1, 5, "new"));
    const auto history = store_->history(execution_id(1));
    ASSERT_TRUE(history) << history.error().message();
    EXPECT_EQ(history->snapshot, "new");
    EXPECT_THAT(history->rows, ElementsAre("to 6"));
}

TEST_P(Conformance, HistoryWithoutASnapshotIsTheWholeJournal) {
    commit(next_frame().insert(1).journal(1, 1, 3, "a"));
    commit(next_frame().journal(1, 4, 1, "b"));
    const auto history = store_->history(execution_id(1));
    EXPECT_EQ(history->snapshot, "");
    EXPECT_THAT(history->rows, ElementsAre("a", "b"));
}

TEST_P(Conformance, FinishingDeletesTheSnapshotAndSetsTheStatusOnce) {
    commit(next_frame().insert(1).journal(1, 1, 3, "a").snapshot(1, 3, "state"));
    commit(next_frame().journal(1, 4, 1, "b").finish(1));
    EXPECT_EQ(store_->history(execution_id(1))->snapshot, "");
    const auto row = store_->execution(execution_id(1));
    EXPECT_EQ(row->status, core::ExecutionStatus::completed);
    EXPECT_EQ(row->completed_at, core::Time{2'000});
    EXPECT_THAT(store_->commit(next_frame().finish(1).build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
}

TEST_P(Conformance, OneFrameMayInsertAndFinishAnExecution) {
    commit(next_frame().insert(1).journal(1, 1, 3, "all").finish(1));
    EXPECT_EQ(store_->execution(execution_id(1))->status, core::ExecutionStatus::completed);
}

TEST_P(Conformance, AnExecutionComesBackAsItWasInserted) {
    commit(next_frame().insert(7));
    const auto row = store_->execution(execution_id(7));
    ASSERT_TRUE(row) << row.error().message();
    EXPECT_EQ(row->id, execution_id(7));
    EXPECT_EQ(row->workflow_id, testing::workflow);
    EXPECT_EQ(row->workflow_version, 1u);
    EXPECT_EQ(row->workflow_hash, testing::workflow_hash);
    EXPECT_EQ(row->status, core::ExecutionStatus::running);
    EXPECT_EQ(row->created_at, core::Time{7});
    EXPECT_EQ(row->completed_at, std::nullopt);
}

TEST_P(Conformance, AStaleOwnerIsRefusedAndKeepsNothing) {
    ASSERT_TRUE(store_->take_ownership());
    EXPECT_THAT(store_->commit(next_frame().insert(1).build(), epoch_),
                FailsWith(StoreErrc::stale_epoch));
    EXPECT_THAT(store_->execution(execution_id(1)), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->reopen(epoch_), FailsWith(StoreErrc::stale_epoch));
}

TEST_P(Conformance, AFrameThatIsNotNewIsRefusedAndKeepsNothing) {
    commit(FrameBuilder{5, 10}.insert(1).journal(1, 1, 1, "a"));
    EXPECT_THAT(store_->commit(FrameBuilder{5, 11}.journal(1, 2, 1, "b").build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->journal(execution_id(1), 0).value(), ElementsAre("a"));
}

TEST_P(Conformance, ARowThatExistsIsRefusedWithItsWholeFrame) {
    commit(next_frame().insert(1).journal(1, 1, 1, "a"));
    EXPECT_THAT(store_->commit(next_frame().insert(2).insert(1).build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->commit(next_frame().insert(2).journal(1, 1, 1, "b").build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->execution(execution_id(2)), FailsWith(StoreErrc::not_found));
    EXPECT_EQ(store_->reopen(epoch_)->frame, 1u);
    commit(next_frame().insert(2).journal(1, 2, 1, "c"));
}

TEST_P(Conformance, AFrameWithoutRowsIsNotWritten) {
    commit(FrameBuilder{9, 10});
    EXPECT_EQ(store_->reopen(epoch_)->frame, 0u);
}

TEST_P(Conformance, AMissingJournalRowIsCorruption) {
    commit(next_frame().insert(1).journal(1, 1, 2, "to 2").journal(1, 4, 1, "from 4"));
    const auto history = store_->history(execution_id(1));
    ASSERT_THAT(history, FailsWith(StoreErrc::corrupt));
    EXPECT_THAT(history.error().message(), HasSubstr("has no record 3"));
    EXPECT_THAT(store_->journal(execution_id(1), 3).value(), ElementsAre("from 4"));
}

TEST_P(Conformance, AnUnknownExecutionIsNotFound) {
    EXPECT_THAT(store_->execution(execution_id(1)), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->history(execution_id(1)), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->journal(execution_id(1), 0), FailsWith(StoreErrc::not_found));
}

TEST_P(Conformance, VersionsAreNumberedAndAnEqualHashGivesTheExistingOne) {
    const auto second = store_->save_version(testing::workflow, "h2", "{\"b\":2}", core::Time{2});
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->number, 2u);
    const auto again =
        store_->save_version(testing::workflow, testing::workflow_hash, "other", core::Time{3});
    EXPECT_EQ(again->number, 1u);
    EXPECT_EQ(again->document, "{}");
    EXPECT_EQ(again->created_at, core::Time{1});
    EXPECT_EQ(store_->save_version("other", "h2", "{}", core::Time{4})->number, 1u);
    EXPECT_EQ(store_->version(testing::workflow, 2)->document, "{\"b\":2}");
    EXPECT_THAT(store_->version(testing::workflow, 3), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->version("none", 1), FailsWith(StoreErrc::not_found));
}

TEST_P(Conformance, AnExecutionNeedsItsSavedVersion) {
    engine::Frame frame = next_frame().insert(1).build();
    frame.inserted[0].workflow_version = 2;
    EXPECT_THAT(store_->commit(frame, epoch_), FailsWith(StoreErrc::not_found));
    frame.inserted[0].workflow_version = 1;
    frame.inserted[0].workflow_hash = "another";
    EXPECT_THAT(store_->commit(frame, epoch_), FailsWith(StoreErrc::bad_argument));
}

TEST_P(Conformance, AnExecutionMayBeginAndEndInOneFrame) {
    engine::Frame frame = next_frame().insert(1).insert(2).build();
    frame.inserted[0].status = core::ExecutionStatus::completed;
    frame.inserted[0].completed_at = core::Time{7};
    ASSERT_TRUE(store_->commit(frame, epoch_));
    const auto page = store_->executions({}, 10, "");
    ASSERT_TRUE(page) << page.error().message();
    ASSERT_EQ(page->items.size(), 2u);
    EXPECT_EQ(page->items[0].completed_at, std::nullopt);
    EXPECT_EQ(page->items[1].status, core::ExecutionStatus::completed);
    EXPECT_EQ(page->items[1].completed_at, core::Time{7});
}

TEST_P(Conformance, PagesGoFromTheNewestToTheOldestAndNewExecutionsDoNotMoveThem) {
    commit(next_frame().insert(1).insert(2).insert(3).insert(4).insert(5));
    const auto first = store_->executions({}, 2, "");
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_THAT(numbers(*first), ElementsAre(5, 4));
    ASSERT_TRUE(first->next_cursor);
    commit(next_frame().insert(6));
    const auto second = store_->executions({}, 2, *first->next_cursor);
    EXPECT_THAT(numbers(*second), ElementsAre(3, 2));
    const auto last = store_->executions({}, 2, *second->next_cursor);
    EXPECT_THAT(numbers(*last), ElementsAre(1));
    EXPECT_EQ(last->next_cursor, std::nullopt);
}

TEST_P(Conformance, AFullLastPageHasNoNextCursor) {
    commit(next_frame().insert(1).insert(2));
    EXPECT_EQ(store_->executions({}, 2, "")->next_cursor, std::nullopt);
}

TEST_P(Conformance, FiltersChooseByWorkflowStatusAndTime) {
    ASSERT_TRUE(store_->save_version("other", "h", "{}", core::Time{1}));
    engine::Frame frame = next_frame().insert(1).insert(2).insert(3).insert(4).build();
    frame.inserted[1].workflow_id = "other";
    frame.inserted[1].workflow_hash = "h";
    ASSERT_TRUE(store_->commit(frame, epoch_));
    commit(next_frame().finish(4).park(3, 1, "s", 9'000));

    const auto chosen = [&](const ExecutionFilter& filter) {
        return numbers(store_->executions(filter, 10, "").value());
    };
    using core::ExecutionStatus;
    EXPECT_THAT(chosen({}), ElementsAre(4, 3, 2, 1));
    EXPECT_THAT(chosen({.workflow_id = "other"}), ElementsAre(2));
    EXPECT_THAT(chosen({.workflow_id = "none"}), IsEmpty());
    EXPECT_THAT(chosen({.status = ExecutionStatus::running}), ElementsAre(2, 1));
    EXPECT_THAT(chosen({.status = ExecutionStatus::waiting}), ElementsAre(3));
    EXPECT_THAT(chosen({.status = ExecutionStatus::completed}), ElementsAre(4));
    EXPECT_THAT(chosen({.live_only = true}), ElementsAre(3, 2, 1));
    EXPECT_THAT(chosen({.status = ExecutionStatus::completed, .live_only = true}), IsEmpty());
    EXPECT_THAT(chosen({.created_after = core::Time{2}, .created_before = core::Time{4}}),
                ElementsAre(3, 2));
    EXPECT_THAT(chosen({.workflow_id = testing::workflow, .live_only = true}), ElementsAre(3, 1));
}

TEST_P(Conformance, ABadCursorOrLimitIsABadArgument) {
    EXPECT_THAT(store_->executions({}, 10, "17"), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->executions({}, 10, "x1-0000"), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->executions({}, 0, ""), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->executions({}, 1'001, ""), FailsWith(StoreErrc::bad_argument));
}

TEST_P(Conformance, StatusCountsWhatIsStored) {
    commit(next_frame().insert(1).insert(2).journal(1, 1, 1, "a").journal(2, 1, 1, "b"));
    commit(next_frame().journal(2, 2, 1, "c").finish(2));
    const auto status = store_->status();
    ASSERT_TRUE(status) << status.error().message();
    EXPECT_EQ(status->executions, 2u);
    EXPECT_EQ(status->live_executions, 1u);
    EXPECT_EQ(status->parked_executions, 0u);
    EXPECT_EQ(status->journal_rows, 3u);
    EXPECT_GT(status->bytes, 0u);
    const auto extent = store_->extent();
    ASSERT_TRUE(extent) << extent.error().message();
    EXPECT_EQ(extent->live_executions, 1u);
    EXPECT_EQ(extent->parked_executions, 0u);
    EXPECT_EQ(extent->open_dead_letters, 0u);
    EXPECT_EQ(extent->bytes + extent->wal_bytes, status->bytes);
}

TEST_P(Conformance, ReadersInOtherThreadsSeeWholeFramesOnly) {
    commit(next_frame().insert(1).insert(2));
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    const auto reads = [&] {
        while (!done) {
            // A frame writes a snapshot and the row before it: one without the other is torn.
            const auto history = store_->history(execution_id(1));
            if (!history ||
                (history->snapshot.empty() ? !history->rows.empty() : history->rows.size() > 0))
                ++torn;
        }
    };
    std::vector<std::thread> readers;
    for (int i = 0; i < 6; ++i)
        readers.emplace_back(reads);
    for (std::uint64_t seq = 1; seq <= 60; ++seq) {
        commit(next_frame().journal(1, seq, 1, "row").snapshot(1, seq, "state"));
        ASSERT_TRUE(store_->checkpoint());
    }
    done = true;
    for (std::thread& reader : readers)
        reader.join();
    EXPECT_EQ(torn, 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, Conformance, ::testing::ValuesIn(kinds()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace millrace::store::conformance
