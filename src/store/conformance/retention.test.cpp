// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "conformance/conformance.hpp"
#include "millrace/store/dead_letters.hpp"
#include "millrace/store/retention.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using ::testing::IsEmpty;

namespace {

class RetentionConformance : public Conformance {
protected:
    /// Executions `first` to `last` that end at second `first` of the frames' time.
    void run(std::uint64_t first, std::uint64_t last) {
        testing::FrameBuilder frame = next_frame();
        for (std::uint64_t n = first; n <= last; ++n)
            frame.insert(n).journal(n, 1, 1, "j").finish(n);
        commit(std::move(frame));
    }
    /// All that may go, in as many calls as it takes.
    std::uint64_t prune(PruneRequest request) {
        std::uint64_t removed = 0;
        for (;;) {
            const auto found = store_->retention().prunable(request);
            EXPECT_TRUE(found) << found.error().message();
            const auto pruned = store_->retention().prune(found->ids);
            EXPECT_TRUE(pruned) << pruned.error().message();
            EXPECT_EQ(pruned->done, found->ids.size());
            removed += pruned->executions;
            if (!found->next_cursor) return removed;
            request.cursor = *found->next_cursor;
        }
    }
    std::vector<unsigned> stored() {
        std::vector<unsigned> all;
        const auto page = store_->executions({}, 1'000, "");
        for (const engine::ExecutionRow& row : page.value().items)
            all.push_back(row.id.uuid.bytes[15]);
        return all;
    }
};

}  // namespace

TEST_P(RetentionConformance, WhatHasEndedLongAgoGoesWithItsJournal) {
    run(1, 3);                       // ends at 1,000
    run(4, 4);                       // at 2,000
    commit(next_frame().insert(5));  // does not end
    EXPECT_EQ(prune({.completed_before = core::Time{2'000}}), 3u);
    EXPECT_THAT(stored(), ElementsAre(5, 4));
    EXPECT_THAT(store_->execution(execution_id(1)), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->journal(execution_id(1), 0), FailsWith(StoreErrc::not_found));
    EXPECT_EQ(store_->status()->journal_rows, 1u);
    EXPECT_EQ(prune({.completed_before = core::Time{90'000}}), 1u);
    EXPECT_THAT(stored(), ElementsAre(5));
}

TEST_P(RetentionConformance, TheNewestStayHoweverManyPiecesItTakes) {
    run(1, 20);
    commit(next_frame().insert(21));
    EXPECT_EQ(prune({.keep_newest = 3, .limit = 4}), 17u);
    EXPECT_THAT(stored(), ElementsAre(21, 20, 19, 18));
    EXPECT_EQ(prune({.keep_newest = 3}), 0u);
    EXPECT_EQ(prune({.keep_newest = 30}), 0u);
    EXPECT_EQ(prune({.completed_before = core::Time{90'000}, .keep_newest = 2}), 1u);
    EXPECT_EQ(prune({.keep_newest = 0}), 2u);
    EXPECT_THAT(stored(), ElementsAre(21));
}

TEST_P(RetentionConformance, OneWorkflowIsLeftWithItsNewest) {
    const auto other = store_->save_version("other", "h", "{}", core::Time{1});
    ASSERT_TRUE(other);
    engine::Frame frame = next_frame().insert(1).insert(2).insert(3).build();
    frame.inserted[1].workflow_id = "other";
    frame.inserted[1].workflow_hash = "h";
    ASSERT_TRUE(store_->commit(frame, epoch_));
    commit(next_frame().finish(1).finish(2).finish(3));
    EXPECT_EQ(prune({.workflow_id = "unknown", .keep_newest = 0}), 0u);
    EXPECT_EQ(prune({.workflow_id = testing::workflow, .keep_newest = 1}), 1u);
    EXPECT_THAT(stored(), ElementsAre(3, 2));
}

TEST_P(RetentionConformance, WorkflowsWithRulesOfTheirOwnAreLeftOut) {
    ASSERT_TRUE(store_->save_version("other", "h", "{}", core::Time{1}));
    engine::Frame frame = next_frame().insert(1).insert(2).insert(3).insert(4).build();
    frame.inserted[1].workflow_id = frame.inserted[3].workflow_id = "other";
    frame.inserted[1].workflow_hash = frame.inserted[3].workflow_hash = "h";
    ASSERT_TRUE(store_->commit(frame, epoch_));
    commit(next_frame().finish(1).finish(2).finish(3).finish(4));
    EXPECT_EQ(prune({.except = {testing::workflow, "other"}, .keep_newest = 0}), 0u);
    EXPECT_EQ(prune({.except = {"other", "unknown"}, .keep_newest = 1}), 1u);
    EXPECT_THAT(stored(), ElementsAre(4, 3, 2));
    EXPECT_EQ(prune({.except = {testing::workflow}, .completed_before = core::Time{90'000}}), 2u);
    EXPECT_THAT(stored(), ElementsAre(3));
}

TEST_P(RetentionConformance, WhatCouldBeRemovedIsToldBefore) {
    run(1, 3);
    commit(next_frame().letter(2, "charge").insert(4));
    const std::vector<core::ExecutionId> ids{execution_id(1), execution_id(2), execution_id(3),
                                             execution_id(4), execution_id(5)};
    const auto found = store_->retention().removable(ids);
    EXPECT_THAT(found.value(), ElementsAre(execution_id(1), execution_id(3)));
}

TEST_P(RetentionConformance, FailuresAreListedByTheirEnd) {
    ASSERT_TRUE(store_->save_version("other", "h", "{}", core::Time{1}));
    engine::Frame frame =
        next_frame().insert(1).insert(2).insert(3).insert(4).insert(5).insert(6).build();
    frame.inserted[5].workflow_id = "other";
    frame.inserted[5].workflow_hash = "h";
    ASSERT_TRUE(store_->commit(frame, epoch_));
    engine::Frame ends = next_frame().finish(1).finish(2).finish(3).finish(4).finish(6).build();
    const std::int64_t end_ms[] = {50, 40, 60, 50, 70};
    for (std::size_t i = 0; i < ends.finished.size(); ++i) {
        ends.finished[i].completed_at = core::Time{end_ms[i]};
        if (i != 2) ends.finished[i].status = core::ExecutionStatus::failed;
    }
    ASSERT_TRUE(store_->commit(ends, epoch_));
    const auto listed = [&](std::int64_t since, std::size_t limit, const std::string& cursor,
                            const std::optional<std::string>& workflow = {}) {
        std::vector<unsigned> ids;
        const auto page = store_->failures(core::Time{since}, workflow, limit, cursor);
        for (const engine::ExecutionRow& row : page.value().items)
            ids.push_back(row.id.uuid.bytes[15]);
        return ids;
    };
    EXPECT_THAT(listed(0, 9, ""), ElementsAre(6, 4, 1, 2));
    EXPECT_THAT(listed(50, 9, ""), ElementsAre(6, 4, 1));
    EXPECT_THAT(listed(0, 9, "", "other"), ElementsAre(6));
    const auto first = store_->failures(core::Time{0}, {}, 2, "");
    EXPECT_THAT(listed(0, 2, first->next_cursor.value_or("")), ElementsAre(1, 2));
    EXPECT_THAT(store_->failures(core::Time{0}, {}, 2, "x1-1"), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(store_->failures(core::Time{0}, {}, 0, ""), FailsWith(StoreErrc::bad_argument));
    const auto failed = store_->executions({.status = core::ExecutionStatus::failed}, 9, "");
    EXPECT_EQ(failed->items.size(), 4u);
}

TEST_P(RetentionConformance, WhatAnOpenLetterNeedsStaysUntilItIsDecided) {
    run(1, 2);
    commit(next_frame().letter(1, "charge"));
    Retention& retention = store_->retention();
    EXPECT_EQ(prune({.keep_newest = 0}), 1u);
    EXPECT_THAT(retention.remove(execution_id(1)), FailsWith(StoreErrc::conflict));
    ASSERT_TRUE(store_->dead_letters().discard(1, core::Time{9}));
    EXPECT_EQ(prune({.keep_newest = 0}), 1u);
    EXPECT_THAT(store_->dead_letters().find(1), FailsWith(StoreErrc::not_found));
    run(3, 3);
    commit(next_frame().letter(3, "charge"));
    EXPECT_EQ(store_->dead_letters().list({}, 9, "")->items.at(0).number, 2u)
        << "a number is given once";
}

TEST_P(RetentionConformance, WhatAnUnfinishedForkGoesOnFromStays) {
    run(1, 1);
    engine::Frame frame = next_frame().insert(2).build();
    frame.inserted[0].forked_from = execution_id(1);
    ASSERT_TRUE(store_->commit(frame, epoch_));
    EXPECT_EQ(prune({.keep_newest = 0}), 0u);
    EXPECT_THAT(store_->retention().remove(execution_id(1)), FailsWith(StoreErrc::conflict));
    commit(next_frame().finish(2));
    EXPECT_EQ(prune({.keep_newest = 0}), 2u);
}

TEST_P(RetentionConformance, OneIsRemovedWhenItHasFinished) {
    run(1, 2);
    commit(next_frame().insert(3));
    Retention& retention = store_->retention();
    ASSERT_TRUE(retention.remove(execution_id(1)));
    EXPECT_THAT(retention.remove(execution_id(1)), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(retention.remove(execution_id(3)), FailsWith(StoreErrc::conflict));
    const std::vector<core::ExecutionId> ids{execution_id(1), execution_id(3)};
    EXPECT_EQ(retention.prune(ids)->executions, 0u) << "one is gone, the other not finished";
    EXPECT_THAT(stored(), ElementsAre(3, 2));
    commit(next_frame().finish(3));
    EXPECT_TRUE(retention.remove(execution_id(3)));
}

TEST_P(RetentionConformance, ARequestHasToSayWhatMayGo) {
    Retention& retention = store_->retention();
    EXPECT_THAT(retention.prunable({}), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(retention.prunable({.keep_newest = 1, .limit = 0}),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(retention.prunable({.keep_newest = 1, .cursor = "e1-x"}),
                FailsWith(StoreErrc::bad_argument));
    EXPECT_EQ(retention.give_back(1u << 20).value(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Stores, RetentionConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace millrace::store::conformance
