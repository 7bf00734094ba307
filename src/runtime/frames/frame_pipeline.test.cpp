// SPDX-License-Identifier: Apache-2.0
#include "frames/frame_pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace millrace::runtime {
namespace {

using core::Duration;
using engine::CallToken;
using engine::Frame;
using Intake = FramePipeline::Intake;
using Step = FramePipeline::Step;
using testing::ElementsAre;
using testing::IsEmpty;

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[0] = number;
    return id;
}

engine::CancelExecution command(CallToken token) {
    return {token, execution(1), "test"};
}

engine::Completion completion(std::uint32_t attempt) {
    engine::Completion made;
    made.id = execution(1);
    made.attempt = attempt;
    return made;
}

/// A frame with one journal row that answers `tokens`.
Frame frame(std::uint64_t number, std::vector<CallToken> tokens = {}) {
    Frame made;
    made.number = number;
    made.journal.push_back({execution(1), number, 1, "row"});
    for (const CallToken token : tokens)
        made.answers.push_back({token, {}});
    return made;
}

/// A frame with records of these executions.
Frame frame_of(std::vector<std::uint8_t> numbers) {
    Frame made;
    made.number = 1;
    for (const std::uint8_t number : numbers)
        made.journal.push_back({execution(number), 1, 1, "row"});
    return made;
}

bool is_recovery(const engine::Input& input) {
    return std::holds_alternative<engine::RecoverExecution>(input);
}

store::Ownership position(std::uint64_t number) {
    return {{1}, number, {}};
}

const core::Error disk_full{store::StoreErrc::full, "no space"};
const core::Error unknown{store::StoreErrc::outcome_unknown, "the device vanished"};
const core::Error refused{store::StoreErrc::bad_argument, "a row is too large"};
const core::Error stale{store::StoreErrc::stale_epoch, "another owner"};

class FramePipelineTest : public testing::Test {
protected:
    /// The shard takes all inputs and gives `made`.
    void compute(Frame made) {
        ASSERT_EQ(pipeline.next(false, now), Step::compute);
        compute_now(std::move(made));
    }
    void compute_now(Frame made) {
        pipeline.begin_frame();
        pipeline.inbox().clear();
        pipeline.computed(std::move(made));
    }
    void start_commit(Frame made, std::uint32_t attempt = 1) {
        pipeline.arrive(completion(attempt));
        compute(std::move(made));
        ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    }
    FramePipeline::Settled fail_and_rebuild(const core::Error& error) {
        pipeline.commit_failed(error);
        EXPECT_EQ(pipeline.next(false, now), Step::rebuild);
        pipeline.begin_rebuild();
        auto settled = pipeline.reopened(position(0));
        pipeline.rebuilt(now);
        now = pipeline.retry_at(now).value_or(now);
        return settled;
    }
    /// The executions to recover that the inbox begins with.
    std::vector<core::ExecutionId> recoveries_first() {
        std::vector<core::ExecutionId> ids;
        for (const engine::Input& input : pipeline.inbox()) {
            if (!is_recovery(input)) break;
            ids.push_back(std::get<engine::RecoverExecution>(input).id);
        }
        return ids;
    }
    std::vector<std::uint32_t> attempts_taken() {
        pipeline.begin_frame();
        std::vector<std::uint32_t> attempts;
        for (const engine::Input& input : pipeline.inbox())
            attempts.push_back(std::get<engine::Completion>(input).attempt);
        return attempts;
    }

    Duration now{0};
    FramePipeline pipeline{{.frame_inputs_max = 8,
                            .commands_max = 2,
                            .backoff_min = Duration{10},
                            .backoff_max = Duration{40}}};
};

TEST_F(FramePipelineTest, IsIdleWithoutInputs) {
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
}

TEST_F(FramePipelineTest, ComputesForWorkOfTheShardItself) {
    EXPECT_EQ(pipeline.next(true, now), Step::compute);
}

TEST_F(FramePipelineTest, CommitsOnTheSameThreadWhenNothingElseIsToDo) {
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    compute(frame(1, {7}));
    EXPECT_EQ(pipeline.next(false, now), Step::commit_here);
    EXPECT_EQ(pipeline.committing().number, 1u);
    EXPECT_EQ(pipeline.committed().answers.size(), 1u);
    pipeline.released();
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
}

TEST_F(FramePipelineTest, HandsTheCommitOverWhenMoreIsWaiting) {
    pipeline.arrive(completion(1));
    compute(frame(1));
    for (std::uint32_t i = 0; i < 8; ++i)
        pipeline.arrive(completion(i));
    EXPECT_EQ(pipeline.next(false, now), Step::hand_over);
}

TEST_F(FramePipelineTest, ComputesOneFrameAheadAndNoMore) {
    start_commit(frame(1));
    for (std::uint32_t i = 0; i < 8; ++i)
        pipeline.arrive(completion(i));
    compute(frame(2));
    for (std::uint32_t i = 0; i < 8; ++i)
        pipeline.arrive(completion(i));
    EXPECT_EQ(pipeline.next(true, now), Step::idle);
    pipeline.committed();
    EXPECT_EQ(pipeline.next(true, now), Step::idle) << "frame 1 is not released yet";
    pipeline.released();
    EXPECT_EQ(pipeline.next(true, now), Step::hand_over);
    EXPECT_EQ(pipeline.committing().number, 2u);
}

TEST_F(FramePipelineTest, LetsFewInputsWaitForTheRunningCommit) {
    start_commit(frame(1));
    pipeline.arrive(completion(2));
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
    pipeline.committed();
    pipeline.released();
    EXPECT_EQ(pipeline.next(false, now), Step::compute);
}

TEST_F(FramePipelineTest, DropsAFrameThatSaysNothing) {
    pipeline.arrive(completion(1));
    Frame empty;
    empty.number = 1;
    compute(std::move(empty));
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
}

TEST_F(FramePipelineTest, RefusesCommandsBeyondTheQueue) {
    EXPECT_EQ(pipeline.offer(command(1), now), Intake::accepted);
    EXPECT_EQ(pipeline.offer(command(2), now), Intake::accepted);
    EXPECT_EQ(pipeline.offer(command(3), now), Intake::busy);
    pipeline.begin_frame();
    EXPECT_EQ(pipeline.offer(command(3), now), Intake::accepted);
}

// ---- Failing commits ------------------------------------------------------------------------

TEST_F(FramePipelineTest, RefusesTheCallersOfALostFrameAndQueuesItsCompletionsAgain) {
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    start_commit(frame(1, {7}), 3);
    pipeline.commit_failed(disk_full);
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    EXPECT_THAT(pipeline.begin_rebuild(), IsEmpty()) << "the position decides about frame 1";
    const auto settled = pipeline.reopened(position(0));
    EXPECT_FALSE(settled.committed);
    EXPECT_THAT(settled.refused, ElementsAre(7));
    pipeline.rebuilt(now);
    ASSERT_EQ(pipeline.next(false, now), Step::compute);
    EXPECT_THAT(attempts_taken(), ElementsAre(3));
}

TEST_F(FramePipelineTest, ReleasesAFrameOfUnknownOutcomeThatTheStoreHas) {
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    start_commit(frame(5, {7}));
    pipeline.commit_failed(unknown);
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    pipeline.begin_rebuild();
    const auto settled = pipeline.reopened(position(5));
    ASSERT_TRUE(settled.committed);
    EXPECT_EQ(settled.committed->answers.front().token, 7u);
    EXPECT_THAT(settled.refused, IsEmpty());
    pipeline.rebuilt(now);
    EXPECT_EQ(pipeline.next(false, now), Step::idle) << "its completion is recorded";
}

TEST_F(FramePipelineTest, LosesTheFrameAheadWithTheOneBeforeItInOrder) {
    start_commit(frame(1), 1);
    for (std::uint32_t i = 2; i < 10; ++i)
        pipeline.arrive(completion(i));
    compute(frame(2, {9}));
    pipeline.commit_failed(unknown);
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    EXPECT_THAT(pipeline.begin_rebuild(), ElementsAre(9));
    EXPECT_FALSE(pipeline.reopened(position(0)).committed);
    pipeline.rebuilt(now);
    EXPECT_THAT(attempts_taken(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(FramePipelineTest, LosesAFrameThatWasBeingComputedWhenTheCommitFailed) {
    start_commit(frame(1), 1);
    for (std::uint32_t i = 2; i < 10; ++i)
        pipeline.arrive(completion(i));
    ASSERT_EQ(pipeline.next(false, now), Step::compute);
    pipeline.begin_frame();
    pipeline.commit_failed(disk_full);
    pipeline.inbox().clear();
    pipeline.computed(frame(2, {9}));
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    EXPECT_THAT(pipeline.begin_rebuild(), ElementsAre(9));
}

TEST_F(FramePipelineTest, KeepsACompletionThatOnlyTheLostFrameHadOutdated) {
    start_commit(frame(1), 1);
    for (std::uint32_t i = 2; i < 10; ++i)
        pipeline.arrive(completion(i));
    Frame nothing;
    nothing.number = 2;
    compute(std::move(nothing));
    pipeline.commit_failed(disk_full);
    pipeline.begin_rebuild();
    pipeline.reopened(position(0));
    pipeline.rebuilt(now);
    EXPECT_THAT(attempts_taken(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(FramePipelineTest, RefusesWaitingCommandsWhenACommitFails) {
    start_commit(frame(1));
    ASSERT_EQ(pipeline.offer(command(8), now), Intake::accepted);
    pipeline.commit_failed(disk_full);
    EXPECT_EQ(pipeline.offer(command(9), now), Intake::unavailable);
    EXPECT_THAT(pipeline.begin_rebuild(), ElementsAre(8));
}

TEST_F(FramePipelineTest, TriesAtOnceAfterOneFailureAndLaterAfterMore) {
    const std::vector<std::int64_t> waits{0, 20, 40, 40};
    for (const std::int64_t wait : waits) {
        start_commit(frame(1));
        pipeline.commit_failed(disk_full);
        ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
        pipeline.begin_rebuild();
        pipeline.reopened(position(0));
        pipeline.rebuilt(now);
        EXPECT_EQ(pipeline.retry_at(now).value_or(now) - now, Duration{wait});
        EXPECT_EQ(pipeline.offer(command(1), now) == Intake::accepted, wait == 0);
        now = now + Duration{wait};
        pipeline.begin_frame();
        pipeline.inbox().clear();
        pipeline.computed(Frame{});
    }
}

TEST_F(FramePipelineTest, TakesCommandsAgainOnceACommitSucceeds) {
    start_commit(frame(1));
    pipeline.commit_failed(disk_full);
    pipeline.begin_rebuild();
    pipeline.reopened(position(0));
    pipeline.rebuilt(now);
    EXPECT_TRUE(pipeline.has_failed());
    compute(frame(1));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    pipeline.committed();
    pipeline.released();
    EXPECT_FALSE(pipeline.has_failed());
}

TEST_F(FramePipelineTest, TellsCallersOfADoubtfulFrameWhenTheStoreStaysAway) {
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    start_commit(frame(4, {7}));
    pipeline.commit_failed(unknown);
    pipeline.begin_rebuild();
    EXPECT_THAT(pipeline.rebuild_failed(now), ElementsAre(7));
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
    now = *pipeline.retry_at(now);
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    pipeline.begin_rebuild();
    const auto settled = pipeline.reopened(position(4));
    ASSERT_TRUE(settled.committed);
    EXPECT_THAT(settled.committed->answers, IsEmpty()) << "that caller was told already";
}

TEST_F(FramePipelineTest, QueuesAgainOnlyWhatTheShardHadTaken) {
    for (std::uint32_t i = 1; i < 5; ++i)
        pipeline.arrive(completion(i));
    pipeline.begin_frame();
    // The shard takes 1 and 3.
    pipeline.inbox().erase(pipeline.inbox().begin() + 2);
    pipeline.inbox().pop_front();
    pipeline.computed(frame(1));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    fail_and_rebuild(disk_full);
    EXPECT_THAT(attempts_taken(), ElementsAre(1, 3, 2, 4));
}

// ---- Recovery -------------------------------------------------------------------------------

TEST_F(FramePipelineTest, TellsOfRecoveriesBeforeAnythingElse) {
    pipeline.arrive(completion(1));
    pipeline.recover(std::vector{execution(7)});
    pipeline.recover(std::vector{execution(8)});
    pipeline.begin_frame();
    EXPECT_THAT(recoveries_first(), ElementsAre(execution(7), execution(8)));
    EXPECT_EQ(pipeline.inbox().size(), 3u);
}

TEST_F(FramePipelineTest, RecoversOnceAndFirstAgainAfterALostFrame) {
    pipeline.arrive(completion(1));
    compute(frame(1));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    pipeline.recover(std::vector{execution(7), execution(8)});
    for (std::uint32_t i = 2; i < 18; ++i)
        pipeline.arrive(completion(i));
    ASSERT_EQ(pipeline.next(false, now), Step::compute);
    pipeline.begin_frame();
    // The first of them fills the frame.
    pipeline.inbox().pop_front();
    pipeline.computed(frame(2));
    fail_and_rebuild(disk_full);
    pipeline.begin_frame();
    EXPECT_THAT(recoveries_first(), ElementsAre(execution(7), execution(8)));
    EXPECT_EQ(std::ranges::count_if(pipeline.inbox(), is_recovery), 2);
}

TEST_F(FramePipelineTest, GivesAllRecoveriesToOneFrameHoweverSmallItIs) {
    std::vector<core::ExecutionId> many;
    for (std::uint8_t number = 1; number <= 20; ++number)
        many.push_back(execution(number));
    pipeline.arrive(completion(1));
    pipeline.recover(many);
    compute(frame_of({1, 2}));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    fail_and_rebuild(refused);
    ASSERT_TRUE(pipeline.is_careful());
    pipeline.begin_frame();
    EXPECT_EQ(recoveries_first(), many);
    EXPECT_EQ(pipeline.inbox().size(), 20u);
}

// ---- Frames that the store refuses ----------------------------------------------------------

TEST_F(FramePipelineTest, LooksForTheOffenderInFramesOfOneInput) {
    pipeline.arrive(completion(1));
    pipeline.arrive(completion(2));
    compute(frame_of({1, 2}));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    const auto wide = fail_and_rebuild(refused);
    EXPECT_THAT(wide.offenders, IsEmpty());
    EXPECT_TRUE(pipeline.is_careful());
    EXPECT_THAT(attempts_taken(), ElementsAre(1));
    pipeline.inbox().clear();
    pipeline.computed(frame_of({2}));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    const auto narrow = fail_and_rebuild(refused);
    EXPECT_THAT(narrow.offenders, ElementsAre(execution(2)));
    EXPECT_TRUE(narrow.cause->is(store::StoreErrc::bad_argument));
}

TEST_F(FramePipelineTest, GivesAnExecutionASecondChanceBeforeItIsSetAside) {
    start_commit(frame_of({1}));
    EXPECT_THAT(fail_and_rebuild(refused).offenders, IsEmpty());
    EXPECT_FALSE(pipeline.is_careful()) << "it was alone in its frame";
    compute(frame_of({1}));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    EXPECT_THAT(fail_and_rebuild(refused).offenders, ElementsAre(execution(1)));
}

TEST_F(FramePipelineTest, TellsTheCallerOfARefusedFrameThatRepeatingIsOfNoUse) {
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    compute(frame(1, {7}));
    ASSERT_EQ(pipeline.next(false, now), Step::commit_here);
    const auto settled = fail_and_rebuild(refused);
    EXPECT_THAT(settled.refused, ElementsAre(7));
    EXPECT_TRUE(settled.cause.has_value());
    start_commit(frame_of({2}));
    const auto passing = fail_and_rebuild(disk_full);
    EXPECT_FALSE(passing.cause.has_value());
}

TEST_F(FramePipelineTest, StopsBeingCarefulOnceAllHadTheirTurnAndKeepsTheQueue) {
    start_commit(frame_of({1, 2}));
    fail_and_rebuild(refused);
    ASSERT_TRUE(pipeline.is_careful());
    int frames = 0;
    for (; pipeline.is_careful() && frames < 1'000; ++frames) {
        ASSERT_EQ(pipeline.next(true, now), Step::compute);
        compute_now(Frame{});
    }
    ASSERT_EQ(pipeline.offer(command(7), now), Intake::accepted);
    ASSERT_EQ(pipeline.next(true, now), Step::rebuild);
    EXPECT_THAT(pipeline.begin_rebuild(), IsEmpty());
    EXPECT_FALSE(pipeline.reopened(position(0)).committed);
    pipeline.rebuilt(now);
    ASSERT_EQ(pipeline.next(false, now), Step::compute);
    pipeline.begin_frame();
    EXPECT_EQ(pipeline.inbox().size(), 1u);
    EXPECT_EQ(pipeline.offer(command(8), now), Intake::accepted);
    EXPECT_EQ(pipeline.offer(command(9), now), Intake::accepted);
}

TEST_F(FramePipelineTest, OpensADistrustedStoreAgainOnceNothingIsInFlight) {
    start_commit(frame(1));
    pipeline.distrust();
    EXPECT_EQ(pipeline.next(true, now), Step::idle);
    pipeline.committed();
    pipeline.released();
    ASSERT_EQ(pipeline.next(false, now), Step::rebuild);
    pipeline.begin_rebuild();
    pipeline.reopened(position(1));
    pipeline.rebuilt(now);
    EXPECT_EQ(pipeline.next(false, now), Step::idle);
}

// ---- The end --------------------------------------------------------------------------------

TEST_F(FramePipelineTest, StopsForGoodWhenAnotherOwnerHasTakenOver) {
    start_commit(frame(1));
    pipeline.commit_failed(stale);
    EXPECT_EQ(pipeline.next(true, now), Step::finished);
    EXPECT_EQ(pipeline.offer(command(1), now), Intake::stopped);
}

TEST_F(FramePipelineTest, CommitsAComputedFrameBeforeItStops) {
    pipeline.arrive(completion(1));
    compute(frame(1));
    pipeline.arrive(completion(2));
    pipeline.stop();
    EXPECT_EQ(pipeline.next(true, now), Step::commit_here);
    EXPECT_EQ(pipeline.next(true, now), Step::idle) << "the commit is still running";
    pipeline.committed();
    pipeline.released();
    EXPECT_EQ(pipeline.next(true, now), Step::finished);
}

TEST_F(FramePipelineTest, TakesNothingAfterItWasStopped) {
    pipeline.stop();
    EXPECT_EQ(pipeline.offer(command(1), now), Intake::stopped);
    pipeline.arrive(completion(1));
    EXPECT_EQ(pipeline.queued(), 0u);
}

}  // namespace
}  // namespace millrace::runtime
