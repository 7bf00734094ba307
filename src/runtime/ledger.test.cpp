// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace millrace::runtime {
namespace {

using core::ExecutionStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[0] = number;
    return id;
}

engine::ExecutionRow row(std::uint8_t number, ExecutionStatus status) {
    engine::ExecutionRow made;
    made.id = execution(number);
    made.status = status;
    return made;
}

class LedgerTest : public ::testing::Test {
protected:
    Runtime::Accepted tell_accepted() {
        return [this](core::Result<core::ExecutionId> id) {
            told.push_back(id ? "accepted" : std::string{id.error().code()});
        };
    }
    Runtime::Finished tell_finished() {
        return [this](core::ExecutionId, core::Result<ExecutionStatus> status) {
            told.push_back(std::string{status ? to_text(*status) : status.error().code()});
        };
    }
    engine::CallToken create(std::uint8_t number, std::size_t live_max = 10) {
        return ledger.open_call(execution(number), tell_accepted(), tell_finished(), live_max)
            .value();
    }
    void settle(engine::Frame frame) { ledger.settle(frame).tell(); }

    Ledger ledger;
    std::vector<std::string> told;
};

TEST_F(LedgerTest, TellsThatAnExecutionWasAcceptedBeforeItsEnd) {
    engine::Frame frame;
    frame.answers.push_back({create(1), {}});
    frame.inserted.push_back(row(1, ExecutionStatus::completed));
    settle(std::move(frame));
    EXPECT_THAT(told, ElementsAre("accepted", "completed"));
    EXPECT_THAT(ledger.live(), IsEmpty());
}

TEST_F(LedgerTest, KnowsAsLiveWhatIsCommittedAndUnfinished) {
    engine::Frame first;
    first.answers.push_back({create(1), {}});
    EXPECT_FALSE(ledger.is_live(execution(1)));
    first.inserted.push_back(row(1, ExecutionStatus::running));
    settle(std::move(first));
    EXPECT_TRUE(ledger.is_live(execution(1)));
    engine::Frame second;
    second.finished.push_back(row(1, ExecutionStatus::failed));
    settle(std::move(second));
    EXPECT_FALSE(ledger.is_live(execution(1)));
    EXPECT_THAT(told, ElementsAre("accepted", "failed"));
}

TEST_F(LedgerTest, CountsExecutionsThatAreAboutToBegin) {
    const engine::CallToken token = create(1, 1);
    EXPECT_FALSE(ledger.open_call(execution(2), tell_accepted(), {}, 1));
    ledger.refuse({&token, 1}, {RuntimeErrc::unavailable, "no"}).tell();
    EXPECT_THAT(told, ElementsAre("unavailable"));
    EXPECT_TRUE(ledger.open_call(execution(2), tell_accepted(), {}, 1).has_value());
}

TEST_F(LedgerTest, TellsNobodyWhoDoesNotWaitAnyMore) {
    ledger.adopt(execution(1));
    const auto watch = ledger.watch(execution(1), tell_finished());
    ledger.unwatch(execution(1), watch.value());
    engine::Frame frame;
    frame.finished.push_back(row(1, ExecutionStatus::canceled));
    settle(std::move(frame));
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(LedgerTest, TakesBackAWatchThatBeganWithACall) {
    const Ledger::WatchId first = ledger.new_watch();
    const Ledger::WatchId second = ledger.new_watch();
    for (const Ledger::WatchId watch : {first, second}) {
        engine::Frame frame;
        frame.answers.push_back(
            {ledger.open_call(execution(1), tell_accepted(), tell_finished(), 10, watch).value(),
             {}});
        if (watch == first) frame.inserted.push_back(row(1, ExecutionStatus::running));
        settle(std::move(frame));
    }
    EXPECT_EQ(ledger.watch_count(), 2u);
    ledger.unwatch(execution(1), first);
    ledger.unwatch(execution(1), first);
    EXPECT_EQ(ledger.watch_count(), 1u);
    engine::Frame last;
    last.finished.push_back(row(1, ExecutionStatus::completed));
    settle(std::move(last));
    EXPECT_THAT(told, ElementsAre("accepted", "accepted", "completed"));
    EXPECT_EQ(ledger.watch_count(), 0u);
}

TEST_F(LedgerTest, TellsWhyAnExecutionIsDropped) {
    ledger.adopt(execution(1));
    ledger.watch(execution(1), tell_finished());
    ledger.drop(execution(1), {RuntimeErrc::bad_workflow, "unreadable"}).tell();
    EXPECT_THAT(told, ElementsAre("bad_workflow"));
    EXPECT_FALSE(ledger.is_live(execution(1)));
}

TEST_F(LedgerTest, TellsEveryoneOfTheEndAndTakesNobodyElse) {
    create(1);
    ledger.adopt(execution(2));
    ledger.watch(execution(2), tell_finished());
    ledger.close({RuntimeErrc::stopped, "over"}).tell();
    EXPECT_THAT(told, ElementsAre("stopped", "stopped"));
    EXPECT_FALSE(ledger.open_call(execution(3), tell_accepted(), {}));
    EXPECT_FALSE(ledger.watch(execution(2), tell_finished()));
}

}  // namespace
}  // namespace millrace::runtime
