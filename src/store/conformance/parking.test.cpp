// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "conformance/conformance.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using core::ExecutionStatus;
using core::Time;
using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

class Parking : public Conformance {
protected:
    /// `count` executions, each with one journal row.
    void insert(std::uint64_t count) {
        auto frame = next_frame();
        for (std::uint64_t n = 1; n <= count; ++n)
            frame.insert(n).journal(n, 1, 2, "created");
        commit(std::move(frame));
    }
    std::vector<std::int64_t> due(std::int64_t before_ms, std::size_t limit,
                                  WakePosition after = {}) {
        return numbers(store_->due_parked(Time{before_ms}, limit, after).value());
    }
    std::vector<std::int64_t> limited() { return numbers(store_->limited_parked(10, {}).value()); }
    std::vector<std::int64_t> unparked() { return numbers(store_->unparked(10, {}).value()); }
    std::vector<std::int64_t> listed(const ExecutionFilter& filter) {
        return numbers(store_->executions(filter, 10, "").value().items);
    }
    ExecutionStatus status_of(std::uint64_t n) {
        return store_->execution(execution_id(n)).value().status;
    }

private:
    /// Of executions: the n-th was created at n ms.
    static std::vector<std::int64_t> numbers(const auto& rows) {
        std::vector<std::int64_t> all;
        for (const auto& row : rows)
            all.push_back(row.created_at.ms);
        return all;
    }
};

}  // namespace

TEST_P(Parking, KeepsTheSnapshotAndTellsTheStatus) {
    insert(1);
    commit(next_frame().journal(1, 3, 1, "waits").park(1, 3, "state", 90'000));
    const auto history = store_->history(execution_id(1));
    ASSERT_TRUE(history) << history.error().message();
    EXPECT_EQ(history->snapshot, "state");
    EXPECT_THAT(history->rows, IsEmpty());
    EXPECT_EQ(status_of(1), ExecutionStatus::waiting);
}

TEST_P(Parking, AParkedExecutionComesBackWithAllThatWakingNeeds) {
    insert(1);
    engine::Frame frame = next_frame().park(1, 2, "state", 90'000, true).build();
    frame.parked[0].status = ExecutionStatus::paused;
    frame.parked[0].priority = -7;
    ASSERT_TRUE(store_->commit(frame, epoch_));
    const auto rows = store_->due_parked(Time{90'001}, 10, {});
    ASSERT_TRUE(rows) << rows.error().message();
    ASSERT_EQ(rows->size(), 1u);
    const ParkedExecution& row = rows->front();
    EXPECT_EQ(row.id, execution_id(1));
    EXPECT_EQ(row.workflow_id, testing::workflow);
    EXPECT_EQ(row.workflow_version, 1u);
    EXPECT_EQ(row.status, ExecutionStatus::paused);
    EXPECT_EQ(row.priority, -7);
    EXPECT_EQ(row.created_at, Time{1});
    EXPECT_EQ(row.wake_at, Time{90'000});
    EXPECT_TRUE(row.is_limited);
}

TEST_P(Parking, DueOnesComeInOrderOfTimeThenId) {
    insert(5);
    commit(next_frame().park(1, 2, "s", 300).park(2, 2, "s", 100).park(3, 2, "s", 200));
    commit(next_frame().park(4, 2, "s", 100).park(5, 2, "s", std::nullopt));
    EXPECT_THAT(due(1'000, 10), ElementsAre(2, 4, 3, 1));
    EXPECT_THAT(due(300, 10), ElementsAre(2, 4, 3));
    EXPECT_THAT(due(1'000, 2), ElementsAre(2, 4));
    EXPECT_THAT(due(1'000, 10, {Time{100}, execution_id(2)}), ElementsAre(4, 3, 1));
    EXPECT_THAT(due(1'000, 10, {Time{100}, execution_id(4)}), ElementsAre(3, 1));
    EXPECT_THAT(due(100, 10), IsEmpty());
    EXPECT_THAT(due(1'000, 0), IsEmpty());
}

TEST_P(Parking, TheNextWakeIsTheFirstAtOrAfterATime) {
    EXPECT_EQ(store_->next_wake(Time{0}).value(), std::nullopt);
    insert(3);
    commit(next_frame().park(1, 2, "s", 300).park(2, 2, "s", 100).park(3, 2, "s", std::nullopt));
    EXPECT_EQ(store_->next_wake(Time{0}).value(), Time{100});
    EXPECT_EQ(store_->next_wake(Time{100}).value(), Time{100});
    EXPECT_EQ(store_->next_wake(Time{101}).value(), Time{300});
    EXPECT_EQ(store_->next_wake(Time{301}).value(), std::nullopt);
}

TEST_P(Parking, UnparkingMakesItRunningAndForgetsItsTime) {
    insert(2);
    commit(next_frame().park(1, 2, "s", 300, true).park(2, 2, "s", 300));
    EXPECT_THAT(unparked(), IsEmpty());
    commit(next_frame().journal(1, 3, 1, "woke").unpark(1));
    EXPECT_EQ(status_of(1), ExecutionStatus::running);
    EXPECT_THAT(due(1'000, 10), ElementsAre(2));
    EXPECT_THAT(limited(), IsEmpty());
    EXPECT_THAT(unparked(), ElementsAre(1));
    const auto history = store_->history(execution_id(1));
    EXPECT_EQ(history->snapshot, "s");
    EXPECT_THAT(history->rows, ElementsAre("woke"));
}

TEST_P(Parking, UnparkingOneThatIsNotParkedChangesNothing) {
    insert(2);
    commit(next_frame().finish(2));
    commit(next_frame().unpark(1).unpark(2).unpark(9));
    EXPECT_EQ(status_of(1), ExecutionStatus::running);
    EXPECT_EQ(status_of(2), ExecutionStatus::completed);
    EXPECT_THAT(unparked(), ElementsAre(1));
}

TEST_P(Parking, WhatOneFrameUnparksAndParksIsParkedAnew) {
    insert(1);
    commit(next_frame().park(1, 2, "old", 300, true));
    commit(next_frame().journal(1, 3, 1, "woke").unpark(1).park(1, 3, "new", 900));
    EXPECT_EQ(status_of(1), ExecutionStatus::waiting);
    EXPECT_EQ(store_->next_wake(Time{0}).value(), Time{900});
    EXPECT_THAT(limited(), IsEmpty());
    EXPECT_EQ(store_->history(execution_id(1))->snapshot, "new");
    commit(next_frame().park(1, 3, "newer", std::nullopt, true));
    EXPECT_EQ(status_of(1), ExecutionStatus::pending);
    EXPECT_EQ(store_->next_wake(Time{0}).value(), std::nullopt);
    EXPECT_THAT(limited(), ElementsAre(1));
    EXPECT_EQ(store_->status()->parked_executions, 1u);
}

TEST_P(Parking, FinishingDeletesWhatWasParked) {
    insert(3);
    commit(next_frame().park(1, 2, "s", 300, true).park(2, 2, "s", 300));
    commit(next_frame().finish(1).unpark(2).finish(2).park(3, 2, "s", 300).finish(3));
    for (std::uint64_t n = 1; n <= 3; ++n) {
        EXPECT_EQ(status_of(n), ExecutionStatus::completed);
        EXPECT_EQ(store_->history(execution_id(n))->snapshot, "");
    }
    EXPECT_THAT(due(1'000, 10), IsEmpty());
    EXPECT_THAT(limited(), IsEmpty());
    EXPECT_THAT(unparked(), IsEmpty());
    EXPECT_EQ(store_->status()->parked_executions, 0u);
    EXPECT_EQ(store_->status()->live_executions, 0u);
}

TEST_P(Parking, OnlyALiveExecutionCanBeParkedAndNotAsRunning) {
    insert(2);
    commit(next_frame().finish(1));
    EXPECT_THAT(store_->commit(next_frame().park(1, 2, "s", 300).build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->commit(next_frame().park(9, 2, "s", 300).build(), epoch_),
                FailsWith(StoreErrc::bad_argument));
    engine::Frame frame = next_frame().park(2, 2, "s", 300).build();
    frame.parked[0].status = ExecutionStatus::running;
    const auto refused = store_->commit(frame, epoch_);
    ASSERT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(refused.error().message(), HasSubstr("cannot be parked while it is running"));
    EXPECT_EQ(status_of(2), ExecutionStatus::running);
    EXPECT_EQ(store_->history(execution_id(2))->snapshot, "");
}

TEST_P(Parking, AnExecutionMayBeParkedInTheFrameThatInsertsIt) {
    engine::Frame frame = next_frame()
                              .insert(1)
                              .journal(1, 1, 1, "queued")
                              .park(1, 1, "s", std::nullopt, true)
                              .build();
    frame.inserted[0].status = ExecutionStatus::pending;
    ASSERT_TRUE(store_->commit(frame, epoch_));
    EXPECT_EQ(status_of(1), ExecutionStatus::pending);
    EXPECT_THAT(limited(), ElementsAre(1));
    EXPECT_THAT(unparked(), IsEmpty());
}

TEST_P(Parking, OnlyAParkedExecutionIsAnythingElseThanRunning) {
    engine::Frame frame = next_frame().insert(1).build();
    frame.inserted[0].status = ExecutionStatus::waiting;
    ASSERT_TRUE(store_->commit(frame, epoch_));
    EXPECT_EQ(status_of(1), ExecutionStatus::running);
    EXPECT_THAT(unparked(), ElementsAre(1));
}

TEST_P(Parking, RowsTellOfForksAndPriorities) {
    engine::Frame frame = next_frame().insert(1).insert(2).build();
    frame.inserted[1].forked_from = execution_id(1);
    frame.inserted[1].priority = -3;
    ASSERT_TRUE(store_->commit(frame, epoch_));
    EXPECT_EQ(store_->execution(execution_id(1))->forked_from, std::nullopt);
    EXPECT_EQ(store_->execution(execution_id(1))->priority, 0);
    EXPECT_EQ(store_->execution(execution_id(2))->forked_from, execution_id(1));
    EXPECT_EQ(store_->executions({}, 1, "")->items[0].priority, -3);
    EXPECT_EQ(store_->unparked(1, execution_id(1))->at(0).forked_from, execution_id(1));
}

TEST_P(Parking, UnparkedOnesComeOldestFirstInParts) {
    insert(5);
    commit(next_frame().park(2, 2, "s", 300).finish(4));
    EXPECT_THAT(unparked(), ElementsAre(1, 3, 5));
    EXPECT_EQ(store_->unparked(2, {})->size(), 2u);
    EXPECT_EQ(store_->unparked(2, execution_id(3))->at(0).created_at, Time{5});
    EXPECT_THAT(store_->unparked(2, execution_id(5)).value(), IsEmpty());
}

TEST_P(Parking, LimitedOnesComeInParts) {
    insert(4);
    commit(next_frame().park(1, 2, "s", 300, true).park(2, 2, "s", 300));
    commit(next_frame().park(3, 2, "s", std::nullopt, true).park(4, 2, "s", 200, true));
    EXPECT_THAT(limited(), ElementsAre(1, 3, 4));
    const auto part = store_->limited_parked(1, execution_id(1));
    ASSERT_EQ(part->size(), 1u);
    EXPECT_EQ(part->at(0).created_at, Time{3});
}

TEST_P(Parking, ListsFindLiveExecutionsByTheirStatus) {
    insert(6);
    commit(next_frame().park(1, 2, "s", 300).park(2, 2, "s", std::nullopt).finish(3));
    commit(next_frame().park(5, 2, "s", 300));
    EXPECT_THAT(listed({.status = ExecutionStatus::waiting}), ElementsAre(5, 1));
    EXPECT_THAT(listed({.status = ExecutionStatus::pending}), ElementsAre(2));
    EXPECT_THAT(listed({.status = ExecutionStatus::paused}), IsEmpty());
    EXPECT_THAT(listed({.status = ExecutionStatus::running}), ElementsAre(6, 4));
    EXPECT_THAT(listed({.live_only = true}), ElementsAre(6, 5, 4, 2, 1));
    EXPECT_THAT(listed({.workflow_id = "none", .live_only = true}), IsEmpty());
    const auto page = store_->executions({.live_only = true}, 2, "");
    EXPECT_EQ(page->items.size(), 2u);
    const auto next = store_->executions({.live_only = true}, 10, *page->next_cursor);
    EXPECT_EQ(next->items.size(), 3u);
    EXPECT_EQ(next->items[0].created_at, Time{4});
    EXPECT_EQ(next->next_cursor, std::nullopt);
}

TEST_P(Parking, HistoriesTellOfEachInItsPlace) {
    insert(3);
    commit(next_frame().park(1, 2, "state", 300));
    commit(next_frame().journal(3, 4, 1, "after a gap"));
    const std::vector<core::ExecutionId> ids{execution_id(2), execution_id(9), execution_id(1),
                                             execution_id(3)};
    const auto all = store_->histories(ids);
    ASSERT_TRUE(all) << all.error().message();
    ASSERT_EQ(all->size(), 4u);
    EXPECT_THAT(all->at(0)->rows, ElementsAre("created"));
    EXPECT_THAT(all->at(1), FailsWith(StoreErrc::not_found));
    EXPECT_EQ(all->at(2)->snapshot, "state");
    EXPECT_THAT(all->at(3), FailsWith(StoreErrc::corrupt));
    EXPECT_THAT(store_->histories({}).value(), IsEmpty());
}

TEST_P(Parking, AFailedFrameParksNothing) {
    insert(2);
    commit(next_frame().park(2, 2, "s", 300));
    EXPECT_THAT(
        store_->commit(next_frame().park(1, 2, "s", 100).unpark(2).insert(1).build(), epoch_),
        FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(due(1'000, 10), ElementsAre(2));
    EXPECT_THAT(unparked(), ElementsAre(1));
    EXPECT_EQ(store_->reopen(epoch_)->frame, 2u);
}

TEST_P(Parking, IsThereAfterReopening) {
    insert(2);
    commit(next_frame().park(2, 2, "s", 300));
    ASSERT_TRUE(store_->reopen(epoch_));
    EXPECT_THAT(due(1'000, 10), ElementsAre(2));
    EXPECT_THAT(unparked(), ElementsAre(1));
    // A frame with nothing else counts as one.
    commit(next_frame().unpark(2));
    EXPECT_EQ(store_->reopen(epoch_)->frame, frame_);
}

INSTANTIATE_TEST_SUITE_P(Stores, Parking, ::testing::ValuesIn(kinds()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace millrace::store::conformance
