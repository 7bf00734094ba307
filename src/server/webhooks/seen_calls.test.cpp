// SPDX-License-Identifier: Apache-2.0
#include "webhooks/seen_calls.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/retention.hpp"

namespace millrace::server {
namespace {

using Fate = store::StartKey::Fate;
using Refusal = SeenCalls::Refusal;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SeenCallsTest : public ::testing::Test {
protected:
    using Outcomes = std::vector<core::Result<SeenCalls::Outcome>>;

    void SetUp() override {
        epoch_ = store_->take_ownership()->epoch;
        ASSERT_TRUE(store_->save_version("w", "h", "{}", core::Time{1}));
    }
    SeenCalls::Parts parts() {
        return {.write = [this](const std::function<core::Result<>(store::StartKeys&)>& task)
                    -> core::Result<> {
                    ++writes_;
                    if (fails_) return core::fail(store::StoreErrc::io, "no");
                    return task(store_->start_keys());
                },
                .work = [this](std::function<void()> task) { tasks_.push_back(std::move(task)); }};
    }
    void work() {
        while (!tasks_.empty()) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    SeenCalls::Claim call(std::string key, std::string signature = {}) const {
        SeenCalls::Claim claim;
        claim.scope = "w/hook";
        claim.key = std::move(key);
        claim.signature = std::move(signature);
        claim.signature_window = core::Duration{300'000};
        claim.now = now_;
        return claim;
    }
    /// What comes of it goes to the end of `outcomes_`.
    void begin(SeenCalls::Claim claim) {
        seen_->claim(std::move(claim), [this](core::Result<SeenCalls::Outcome> outcome) {
            outcomes_.push_back(std::move(outcome));
        });
    }
    /// The same with nobody else about, and without a start after it.
    SeenCalls::Outcome claim(const SeenCalls::Claim& claim) {
        outcomes_.clear();
        begin(claim);
        work();
        EXPECT_EQ(outcomes_.size(), 1U);
        SeenCalls::Outcome outcome = outcomes_.front().value();
        outcomes_.clear();
        outcome.turn.reset();
        work();
        return outcome;
    }
    /// The execution is there, and has ended.
    void start(core::ExecutionId id) {
        engine::ExecutionRow row;
        row.id = id;
        row.workflow_id = "w";
        row.workflow_hash = "h";
        row.status = core::ExecutionStatus::completed;
        row.completed_at = row.created_at = now_;
        engine::Frame frame;
        frame.number = ++frame_;
        frame.now = now_;
        frame.inserted.push_back(row);
        frame.journal.push_back({id, 1, 1, "j"});
        ASSERT_TRUE(store_->commit(frame, epoch_));
    }

    std::unique_ptr<store::Store> store_ = store::open_memory_store();
    store::Epoch epoch_;
    core::Time now_{1'000'000};
    std::deque<std::function<void()>> tasks_;
    std::size_t writes_ = 0;
    std::uint64_t frame_ = 0;
    bool fails_ = false;
    Outcomes outcomes_;
    std::shared_ptr<SeenCalls> seen_ = std::make_shared<SeenCalls>(parts());
};

TEST_F(SeenCallsTest, AKeyMeansOneExecutionHoweverOftenItsStartFails) {
    const SeenCalls::Outcome first = claim(call("7"));
    EXPECT_EQ(first.fate, Fate::not_started);
    EXPECT_NE(claim(call("8")).execution, first.execution);
    now_.ms += 23LL * 3'600'000;
    const SeenCalls::Outcome second = claim(call("7"));
    EXPECT_EQ(second.execution, first.execution);
    EXPECT_EQ(second.fate, Fate::not_started);
    start(first.execution);
    now_.ms += 23LL * 3'600'000;
    EXPECT_EQ(claim(call("7")).execution, first.execution) << "a day from the call that started it";
    EXPECT_EQ(claim(call("7")).fate, Fate::there);
    now_.ms += 2LL * 3'600'000;
    EXPECT_NE(claim(call("7")).execution, first.execution);
}

TEST_F(SeenCallsTest, NoOtherCallStartsWhileOneIsAboutTo) {
    for (int i = 0; i < 3; ++i)
        begin(call("7"));
    begin(call("8"));
    work();
    ASSERT_THAT(outcomes_, SizeIs(2)) << "one for each key";
    EXPECT_EQ(writes_, 1U);
    const core::ExecutionId id = outcomes_[0]->execution;
    outcomes_.clear();  // refused, both of them
    work();
    ASSERT_THAT(outcomes_, SizeIs(1));
    EXPECT_EQ(outcomes_[0]->execution, id);
    EXPECT_EQ(outcomes_[0]->fate, Fate::not_started);
    begin(call("7"));
    work();
    ASSERT_THAT(outcomes_, SizeIs(1));
    start(id);
    outcomes_.clear();
    work();
    ASSERT_THAT(outcomes_, SizeIs(2));
    for (const auto& outcome : outcomes_) {
        EXPECT_EQ(outcome->execution, id);
        EXPECT_EQ(outcome->fate, Fate::there);
    }
}

TEST_F(SeenCallsTest, WhatWasRemovedIsNotStartedAgain) {
    const SeenCalls::Outcome first = claim(call("7"));
    start(first.execution);
    const std::array ids{first.execution};
    ASSERT_EQ(store_->retention().prune(ids)->executions, 1U);
    const SeenCalls::Outcome second = claim(call("7"));
    EXPECT_EQ(second.execution, first.execution);
    EXPECT_EQ(second.fate, Fate::removed);
}

TEST_F(SeenCallsTest, ASignatureAloneIsRefusedOnceItsCallWasAnswered) {
    const SeenCalls::Claim one = call("", "s");
    const SeenCalls::Outcome first = claim(one);
    EXPECT_EQ(claim(one).fate, Fate::not_started) << "it has started nothing";
    start(first.execution);
    const SeenCalls::Outcome again = claim(one);
    EXPECT_EQ(again.refusal, Refusal::none) << "its sender has got no answer";
    EXPECT_EQ(again.execution, first.execution);
    EXPECT_EQ(again.fate, Fate::there);
    seen_->note_answered(one, first.execution);
    EXPECT_EQ(claim(one).refusal, Refusal::replayed);
    now_.ms += 300'000;
    EXPECT_EQ(claim(one).refusal, Refusal::replayed);
    now_.ms += 1;
    const SeenCalls::Outcome later = claim(call("", "s"));
    EXPECT_EQ(later.refusal, Refusal::none);
    EXPECT_NE(later.execution, first.execution);
}

TEST_F(SeenCallsTest, ASignatureIsTakenUnderOneKey) {
    const SeenCalls::Outcome first = claim(call("7", "s"));
    const SeenCalls::Outcome other = claim(call("8", "s"));
    EXPECT_EQ(other.refusal, Refusal::none) << "the first one has started nothing";
    start(other.execution);
    EXPECT_EQ(claim(call("7", "s")).refusal, Refusal::replayed);
    EXPECT_EQ(claim(call("9", "s")).refusal, Refusal::replayed);
    EXPECT_EQ(claim(call("8", "s")).fate, Fate::there);
    EXPECT_EQ(claim(call("8", "t")).fate, Fate::there) << "its sender has signed it anew";
    EXPECT_EQ(claim(call("9", "t")).refusal, Refusal::replayed);
    EXPECT_EQ(claim(call("7", "u")).execution, first.execution);
}

TEST_F(SeenCallsTest, CallsWithOneSignatureDoNotStartSideBySide) {
    begin(call("7", "s"));
    begin(call("8", "s"));
    work();
    ASSERT_THAT(outcomes_, SizeIs(1));
    start(outcomes_[0]->execution);
    outcomes_.clear();
    work();
    ASSERT_THAT(outcomes_, SizeIs(1));
    EXPECT_EQ(outcomes_[0]->refusal, Refusal::replayed);
}

TEST_F(SeenCallsTest, WhatIsCertainToStartNothingIsNotRemembered) {
    begin(call("7", "s"));
    work();
    const core::ExecutionId first = outcomes_[0]->execution;
    now_.ms += 1;
    begin(call("7", "s"));
    outcomes_[0]->turn->give_up();
    outcomes_.clear();
    work();
    ASSERT_THAT(outcomes_, SizeIs(1)) << "it was waiting";
    EXPECT_NE(outcomes_[0]->execution, first);
    EXPECT_EQ(outcomes_[0]->fate, Fate::not_started);
}

TEST_F(SeenCallsTest, WhatHasStartedIsRememberedThoughSomebodyGivesItUp) {
    begin(call("7"));
    work();
    const core::ExecutionId id = outcomes_[0]->execution;
    start(id);
    outcomes_[0]->turn->give_up();
    outcomes_.clear();
    EXPECT_EQ(claim(call("7")).execution, id);
    EXPECT_EQ(claim(call("7")).fate, Fate::there);
}

TEST_F(SeenCallsTest, OnlySoManyWaitForOneName) {
    for (int i = 0; i < 100; ++i)
        begin(call("7"));
    begin(call("8"));
    work();
    const auto crowded = std::ranges::count_if(
        outcomes_, [](const auto& one) { return one->refusal == Refusal::crowded; });
    EXPECT_EQ(crowded, 100 - 1 - 64);
    EXPECT_THAT(outcomes_, SizeIs(crowded + 2)) << "and one for each key";
}

TEST_F(SeenCallsTest, AnAnswerIsNotedOnceTheStoreWorksAgain) {
    const SeenCalls::Claim one = call("", "s");
    const core::ExecutionId id = claim(one).execution;
    start(id);
    fails_ = true;
    seen_->note_answered(one, id);
    work();
    fails_ = false;
    EXPECT_EQ(claim(one).refusal, Refusal::replayed);
}

TEST_F(SeenCallsTest, WhoeverWaitsIsToldThatItStops) {
    begin(call("7"));
    begin(call("7"));
    work();
    begin(call("7"));
    seen_->stop();
    begin(call("8"));
    ASSERT_THAT(outcomes_, SizeIs(4));
    EXPECT_TRUE(outcomes_[0]);
    for (std::size_t i = 1; i < outcomes_.size(); ++i)
        EXPECT_TRUE(outcomes_[i].error().is(runtime::RuntimeErrc::stopped));
    outcomes_.clear();
    work();
    EXPECT_THAT(outcomes_, IsEmpty());
}

TEST_F(SeenCallsTest, AStoreThatFailsHoldsNothing) {
    fails_ = true;
    begin(call("7"));
    begin(call("7"));
    work();
    ASSERT_THAT(outcomes_, SizeIs(2));
    EXPECT_FALSE(outcomes_[0]);
    fails_ = false;
    EXPECT_EQ(claim(call("7")).fate, Fate::not_started);
    EXPECT_THAT(tasks_, IsEmpty());
}

}  // namespace
}  // namespace millrace::server
