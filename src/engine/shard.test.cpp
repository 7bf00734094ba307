// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/shard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// Frames: their limits, numbers and times, and the order of what they take in.
namespace millrace::engine {
namespace {

using core::Duration;
using core::ExecutionStatus;
using core::NodeStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PlanBuilder calling() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    return plan;
}

/// start -> n0 -> n1 -> …
PlanBuilder chain(int length) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual");
    std::string last = "start";
    for (int i = 0; i < length; ++i) {
        const std::string id = "n" + std::to_string(i);
        plan.node(id, "test.pass").connect(last + " -> " + id);
        last = id;
    }
    return plan;
}

TEST(Frame, WithoutRecordsTakesNoNumber) {
    ShardFixture shard;
    EXPECT_FALSE(shard.advance().has_records());
    EXPECT_EQ(shard.frame.number, 1u);
    shard.start(calling());
    EXPECT_EQ(shard.frame.number, 1u);
    shard.advance();
    EXPECT_EQ(shard.frame.number, 2u);
    EXPECT_FALSE(shard.frame.has_records());
    shard.complete("call");
    EXPECT_EQ(shard.frame.number, 2u);
}

TEST(Frame, CountsOnFromTheCommittedPosition) {
    ShardFixture shard;
    shard.shard.set_position(41, shard.now + Duration{100});
    shard.start(calling());
    EXPECT_EQ(shard.frame.number, 42u);
    EXPECT_EQ(shard.frame.now, shard.now + Duration{100});
}

TEST(FrameTime, NeverGoesBack) {
    ShardFixture shard;
    shard.start(calling());
    const core::Time before = shard.frame.now;
    shard.pass({-5'000});
    EXPECT_EQ(shard.frame.now, before);
    shard.complete("call");
    EXPECT_EQ(shard.records().back().at, before);
}

TEST(FrameLimit, OfInputsLeavesTheRestInTheInbox) {
    ShardLimits limits;
    limits.frame_inputs_max = 2;
    ShardFixture shard{limits};
    const auto plan = calling().plan();
    for (int i = 0; i < 3; ++i)
        shard.tell(shard.creation(plan));
    shard.advance();
    EXPECT_EQ(shard.frame.inserted.size(), 2u);
    EXPECT_EQ(shard.inbox.size(), 1u);
    shard.advance();
    EXPECT_EQ(shard.frame.inserted.size(), 1u);
}

TEST(FrameLimit, OfTransitionsEndsTheFrame) {
    ShardLimits limits;
    limits.frame_transitions_max = 7;
    ShardFixture shard{limits};
    const auto plan = calling().plan();
    for (int i = 0; i < 4; ++i)
        shard.tell(shard.creation(plan));
    shard.advance();
    EXPECT_EQ(shard.frame.inserted.size(), 2u);
    EXPECT_EQ(shard.inbox.size(), 2u);
}

TEST(FrameLimit, OfRecordBytesEndsTheFrame) {
    ShardLimits limits;
    limits.frame_record_bytes_max = 100;
    ShardFixture shard{limits};
    const auto plan = calling().plan();
    for (int i = 0; i < 3; ++i)
        shard.tell(shard.creation(plan, core::Value{std::string(200, 'x')}));
    shard.advance();
    EXPECT_EQ(shard.frame.inserted.size(), 1u);
    EXPECT_EQ(shard.inbox.size(), 2u);
}

TEST(FrameLimit, OfTimersFiresTheRestInTheNextFrame) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("wait", "test.delay", R"({"ms": 10})");
    plan.connect("start -> wait");
    const auto compiled = plan.plan();
    ShardLimits limits;
    limits.frame_inputs_max = 2;
    ShardFixture shard{limits};
    for (int i = 0; i < 3; ++i)
        shard.start(compiled);
    shard.pass({10});
    EXPECT_EQ(shard.frame.finished.size(), 2u);
    EXPECT_TRUE(shard.shard.has_backlog());
    shard.advance();
    EXPECT_EQ(shard.frame.finished.size(), 1u);
    EXPECT_FALSE(shard.shard.has_backlog());
}

TEST(ExecutionShare, EndsTheTurnAndGoesOnInTheNextFrame) {
    ShardLimits limits;
    limits.execution_transitions_max = 10;
    ShardFixture shard{limits};
    shard.start(chain(20), json("1"));
    EXPECT_TRUE(shard.shard.has_backlog());
    // The created record, ten decided ones, and the end of a decision that is not cut in half.
    EXPECT_EQ(shard.latest().size(), 12u);
    shard.advance();
    EXPECT_EQ(shard.latest().front(), "continued");
    shard.drain();
    EXPECT_EQ(shard.view().outputs(), json(R"({"n19": 1})"));
}

TEST(ExecutionShare, OfOneLeavesTheFrameToOthers) {
    ShardLimits limits;
    limits.execution_transitions_max = 10;
    ShardFixture shard{limits};
    shard.tell(shard.creation(chain(20).plan()));
    shard.tell(shard.creation(chain(1).plan()));
    shard.advance();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(BusyExecution, TakesItsInputsInOrderAndFollowsThemLater) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.effect").node("b", "test.effect");
    plan.connect("start -> a").connect("start -> b");
    for (int i = 0; i < 8; ++i)
        plan.node("a" + std::to_string(i), "test.pass").connect("a -> a" + std::to_string(i));
    ShardLimits limits;
    limits.execution_transitions_max = 6;
    ShardFixture shard{limits};
    shard.start(plan);
    shard.tell(shard.completion(shard.effect("a"), json("1")));
    shard.tell(shard.completion(shard.effect("b"), json("2")));
    shard.tell(shard.completion(shard.effect("b"), json("3")));
    shard.advance();
    EXPECT_TRUE(shard.inbox.empty());
    EXPECT_EQ(shard.node("b").status, NodeStatus::running);
    shard.drain();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
    EXPECT_EQ(shard.node("b").outputs[0].value, json("2"));
}

TEST(BusyExecution, IsCanceledBeforeItIsDone) {
    ShardLimits limits;
    limits.execution_transitions_max = 6;
    ShardFixture shard{limits};
    shard.start(chain(200));
    shard.cancel();
    shard.drain();
    EXPECT_EQ(shard.status(), ExecutionStatus::canceled);
    EXPECT_EQ(shard.node("n199").status, NodeStatus::canceled);
    EXPECT_EQ(replay(shard.id(), shard.stored(), shard.options), shard.stored().rows);
}

TEST(Inputs, OfAFrameAreTakenAsTheyCameAndTimersAfterThem) {
    PlanBuilder plan = calling();
    plan.node("wait", "test.delay", R"({"ms": 10})").connect("start -> wait");
    ShardFixture shard;
    shard.start(plan);
    shard.now = shard.now + Duration{10};
    shard.complete("call");
    EXPECT_THAT(shard.latest(),
                ElementsAre("attempt_succeeded call", "run_completed call", "execution_waiting",
                            "timer_fired delay wait", "run_completed wait", "execution_completed"));
}

TEST(Timers, ThatAreDueTogetherFireByDueTime) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("late", "test.delay", R"({"ms": 20})");
    plan.node("early", "test.delay", R"({"ms": 10})");
    plan.connect("start -> late").connect("start -> early");
    ShardFixture shard;
    shard.start(plan);
    shard.pass({60'000});
    EXPECT_THAT(shard.latest(),
                ElementsAre("timer_fired delay early", "run_completed early", "execution_waiting",
                            "timer_fired delay late", "run_completed late", "execution_completed"));
}

TEST(Timers, ThatFindTheirExecutionBusyFireWhenItIsDone) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("a", "test.delay", R"({"ms": 10})");
    plan.node("b", "test.delay", R"({"ms": 10})").connect("start -> a").connect("start -> b");
    for (int i = 0; i < 8; ++i)
        plan.node("a" + std::to_string(i), "test.pass").connect("a -> a" + std::to_string(i));
    ShardLimits limits;
    limits.execution_transitions_max = 8;
    ShardFixture shard{limits};
    shard.start(plan);
    shard.pass({10});
    EXPECT_EQ(shard.node("b").status, NodeStatus::waiting);
    EXPECT_TRUE(shard.shard.has_backlog());
    shard.drain();
    EXPECT_EQ(shard.status(), ExecutionStatus::completed);
}

TEST(Backlog, ThatFillsTheFrameIsWorkedOffInTurns) {
    ShardLimits limits;
    limits.execution_transitions_max = 8;
    ShardFixture shard{limits};
    const auto plan = chain(9).plan();
    shard.tell(shard.creation(plan));
    const core::ExecutionId first = shard.id();
    const core::ExecutionId second = shard.start(plan);
    shard.options.limits.frame_transitions_max = 8;
    shard.restart();
    std::vector<core::ExecutionId> order;
    while (shard.shard.has_backlog()) {
        shard.advance();
        for (const JournalRow& row : shard.frame.journal)
            order.push_back(row.id);
    }
    EXPECT_EQ(shard.shard.live_count(), 0u);
    EXPECT_THAT(order, ElementsAre(first, second, first, second));
}

TEST(Rows, HoldOneExecutionEachInTheOrderTheyWereTouched) {
    ShardFixture shard;
    const auto plan = calling().plan();
    const core::ExecutionId first = shard.start(plan);
    const Effect effect = shard.effect("call");
    shard.tell(shard.completion(effect));
    const core::ExecutionId second = shard.start(plan);
    ASSERT_EQ(shard.frame.journal.size(), 2u);
    EXPECT_EQ(shard.frame.journal[0].id, first);
    EXPECT_EQ(shard.frame.journal[0].first_seq, 6u);
    EXPECT_EQ(shard.frame.journal[0].count, 3u);
    EXPECT_EQ(shard.frame.journal[1].id, second);
    EXPECT_EQ(shard.frame.journal[1].first_seq, 1u);
}

TEST(Live, ListsWhatIsNotFinishedSorted) {
    ShardFixture shard;
    const auto plan = calling().plan();
    const core::ExecutionId first = shard.start(plan);
    const core::ExecutionId second = shard.start(plan);
    shard.start(chain(1));
    EXPECT_THAT(shard.shard.live(), ElementsAre(first, second));
    EXPECT_EQ(shard.shard.live_count(), 2u);
}

TEST(Note, OfANodeIsRecordedBeforeItsOutputs) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("say", "test.note", R"({"note": {"level": "info"}})");
    plan.connect("start -> say");
    ShardFixture shard;
    shard.start(plan);
    ASSERT_EQ(shard.all<RunNoted>().size(), 1u);
    EXPECT_EQ(shard.all<RunNoted>()[0].data, json(R"({"level": "info"})"));
}

TEST(CommandErrors, HaveStableCodes) {
    EXPECT_EQ(code_text(CommandErrc::not_found), "not_found");
    EXPECT_EQ(code_text(CommandErrc::already_exists), "already_exists");
    EXPECT_EQ(code_text(CommandErrc::already_finished), "already_finished");
}

}  // namespace
}  // namespace millrace::engine
