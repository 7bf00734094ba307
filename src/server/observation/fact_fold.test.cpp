// SPDX-License-Identifier: Apache-2.0
#include "observation/fact_fold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/testing/fake_store.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"
#include "observation/testing/fact_recorder.hpp"

namespace millrace::server::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr core::Time t0{1'800'000'000'000};
constexpr engine::RunKey start{0, core::NodeIndex{0}, 0};
constexpr engine::RunKey work{0, core::NodeIndex{1}, 0};

/// Rows of one execution of the workflow `two`.
class Rows {
public:
    explicit Rows(std::uint64_t first_seq = 1) : writer_{first_seq, t0} {}

    Rows& created() {
        engine::ExecutionCreated created;
        created.workflow_id = "two";
        return add(created);
    }
    Rows& add(const engine::RecordBody& body, std::int64_t ms = 0) {
        writer_.append(engine::Origin::derived, t0 + core::Duration{ms}, body);
        return *this;
    }
    RowToFold row(core::ExecutionId id) const { return {id, writer_.first_seq(), writer_.bytes()}; }

private:
    engine::RowWriter writer_;
};

core::Failure failure(const char* code) {
    core::Failure made;
    made.code = code;
    return made;
}

class FactFolding : public ::testing::Test {
protected:
    /// The first one with so many records, and one of each further up to `end`.
    void begin_many(FactFold& to, std::uint32_t records, std::uint8_t end) {
        const auto first = store.row(execution(1), "two", records);
        store.plan_frame({first});
        store.commit();
        ASSERT_TRUE(to.fold({execution(1), 1, first.bytes}, told));
        for (std::uint8_t i = 2; i < end; ++i)
            ASSERT_TRUE(to.fold({execution(i), 1, store.row(execution(i), "two", 1).bytes}, told));
    }
    FakeStore store;
    std::unique_ptr<Journals> journals = store.journals();
    FactRecorder told;
    FactFold fold{*journals};
};

TEST_F(FactFolding, TellsAnExecutionThatBeginsAndEndsInOneRow) {
    Rows rows;
    rows.created()
        .add(engine::ExecutionStarted{})
        .add(engine::RunCompleted{start, engine::CompletedBy::trigger, {}})
        .add(engine::AttemptStarted{work, 1}, 5)
        .add(engine::RunCompleted{work, engine::CompletedBy::outputs, {}}, 12)
        .add(engine::ExecutionCompleted{}, 12);
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    EXPECT_THAT(told.lines, ElementsAre("created two by trigger.manual", "completed start",
                                        "completed work attempts 1 ms 7", "ended completed ms 12"));
    EXPECT_EQ(fold.size(), 0u);
}

TEST_F(FactFolding, CountsAttemptsAndWhyTheyFailed) {
    Rows first;
    first.created()
        .add(engine::ExecutionStarted{})
        .add(engine::AttemptStarted{work, 1})
        .add(engine::AttemptFailed{work, 1, failure("http_503"), "local"}, 10)
        .add(engine::RetryScheduled{work, 2, t0, 100}, 10);
    Rows second{6};
    second.add(engine::TimerFired{work, engine::TimerPurpose::retry, 2, t0}, 110)
        .add(engine::AttemptStarted{work, 2}, 110)
        .add(engine::AttemptFailed{work, 2, failure("timeout"), "local"}, 150)
        .add(engine::RunFailed{work, engine::FailedThen::stop, failure("timeout")}, 150)
        .add(engine::ExecutionFailed{failure("timeout")}, 150);
    ASSERT_TRUE(fold.fold(first.row(execution(1)), told));
    EXPECT_THAT(told.take(), ElementsAre("created two by trigger.manual"));
    ASSERT_TRUE(fold.fold(second.row(execution(1)), told));
    EXPECT_THAT(told.lines,
                ElementsAre("failed work attempts 2 retries 1 ms 150 after http_503 after timeout "
                            "error timeout",
                            "ended failed ms 150 error timeout"));
}

TEST_F(FactFolding, KnowsRunsWithinContainersByTheirPath) {
    Rows rows;
    rows.created()
        .add(engine::AttemptStarted{work, 1})
        .add(engine::ScopeOpened{7, work, 3, engine::ScopePart::body})
        .add(engine::RunSkipped{{7, core::NodeIndex{0}, 0}})
        .add(engine::ScopeClosed{7, engine::ScopeOutcome::completed})
        .add(engine::RunSkipped{{7, core::NodeIndex{0}, 0}});
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    EXPECT_THAT(told.lines, ElementsAre("created two by trigger.manual", "skipped work.start",
                                        "skipped start"));
}

TEST_F(FactFolding, StartsAnewWhenTheWorkflowIsRetried) {
    Rows rows;
    rows.created()
        .add(engine::AttemptStarted{work, 1})
        .add(engine::ExecutionRestarted{1, t0, failure("x")}, 5)
        .add(engine::AttemptStarted{{0, core::NodeIndex{1}, 1}, 1}, 20)
        .add(engine::RunCanceled{{0, core::NodeIndex{1}, 1}}, 30);
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    EXPECT_THAT(told.lines,
                ElementsAre("created two by trigger.manual", "canceled work attempts 1 ms 10"));
}

TEST_F(FactFolding, IgnoresNodesThatThePlanDoesNotHave) {
    Rows rows;
    rows.created().add(engine::RunSkipped{{0, core::NodeIndex{99}, 0}});
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    EXPECT_THAT(told.lines, ElementsAre("created two by trigger.manual"));
}

TEST_F(FactFolding, TellsNothingTwice) {
    Rows rows;
    rows.created();
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    ASSERT_TRUE(fold.fold(rows.row(execution(1)), told));
    EXPECT_EQ(told.lines.size(), 1u);
}

TEST_F(FactFolding, ReadsTheJournalOfWhatItHasForgotten) {
    FactFold small{*journals, 2'000};
    begin_many(small, 2, 12);
    const auto last = store.last_row(execution(1));
    store.plan_frame({last});
    store.commit();
    told.take();
    ASSERT_TRUE(small.fold({execution(1), last.first_seq, last.bytes}, told));
    EXPECT_THAT(told.lines, ElementsAre("ended completed"));
    EXPECT_EQ(store.reads, 1u);
}

TEST_F(FactFolding, RemembersWhatWouldTakeLongToReadAgain) {
    FactFold small{*journals, 40'000};
    begin_many(small, 500, 250);
    EXPECT_LT(small.size(), 100u) << "not all of them are remembered";
    const auto last = store.last_row(execution(1));
    told.take();
    ASSERT_TRUE(small.fold({execution(1), last.first_seq, last.bytes}, told));
    EXPECT_THAT(told.lines, ElementsAre("ended completed"));
    EXPECT_EQ(store.reads, 0u);
}

TEST_F(FactFolding, RemembersMoreExecutionsThanAreUsuallyUnderWay) {
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        core::ExecutionId id;
        id.uuid.bytes[0] = static_cast<std::uint8_t>(i >> 8);
        id.uuid.bytes[1] = static_cast<std::uint8_t>(i);
        Rows rows;
        ASSERT_TRUE(fold.fold(rows.created().row(id), told));
    }
    EXPECT_EQ(fold.size(), 20'000u);
}

TEST_F(FactFolding, TellsOfRowsThatWereLeftOut) {
    const auto first = store.row(execution(1), "two", 1);
    const auto second = store.row(execution(1), "two", 3);
    const auto last = store.last_row(execution(1));
    store.plan_frame({first});
    store.plan_frame({second});
    store.plan_frame({last});
    while (store.commit()) {
    }
    ASSERT_TRUE(fold.fold({execution(1), 1, first.bytes}, told));
    ASSERT_TRUE(fold.fold({execution(1), last.first_seq, {}}, told));
    EXPECT_THAT(told.lines, ElementsAre("created two by trigger.manual", "ended completed"));
}

TEST_F(FactFolding, SaysWhenAJournalIsGone) {
    const auto first = store.row(execution(1), "two", 1);
    store.plan_frame({first});
    store.commit();
    store.remove(execution(1));
    const auto folded = fold.fold({execution(1), 9, {}}, told);
    ASSERT_FALSE(folded);
    EXPECT_TRUE(folded.error().is(store::StoreErrc::not_found));
    EXPECT_THAT(told.lines, IsEmpty());
    EXPECT_EQ(fold.size(), 0u);
}

}  // namespace
}  // namespace millrace::server::testing
