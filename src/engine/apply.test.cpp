// SPDX-License-Identifier: Apache-2.0
#include "apply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "consistency.hpp"
#include "testing/shard_fixture.hpp"

// Records that do not fit the state before them, which only damaged bytes bring about.
namespace millrace::engine {
namespace {

using core::NodeStatus;
using ::testing::HasSubstr;

constexpr core::Time t0{1'700'000'000'000};

/// An execution of start -> call (effect), wait (delay) and its records, one by one.
class Applying : public ::testing::Test {
protected:
    Applying() {
        PlanBuilder builder;
        builder.node("start", "trigger.manual").node("call", "test.effect");
        builder.node("wait", "test.delay").connect("start -> call").filter("true");
        builder.connect("start -> wait");
        plan = builder.plan();
        x = &executions.create({core::Uuid::v7(t0, 1, 1)}, plan);
    }

    static RunKey key(std::uint32_t node) { return {0, {node}, 0}; }
    core::Result<> tell(RecordBody body) {
        return applier.apply(*x, {x->next_seq, t0, Origin::derived, std::move(body)});
    }
    /// What is wrong with the record, or nothing.
    std::string problem(RecordBody body) {
        const auto applied = tell(std::move(body));
        return applied ? std::string{} : applied.error().message();
    }
    void create() {
        ASSERT_TRUE(tell(ExecutionCreated{.workflow_id = "test", .trigger = {0}}).has_value());
        ASSERT_TRUE(tell(ExecutionStarted{}).has_value());
    }
    /// Up to the open attempt of `call`.
    void call() {
        create();
        ASSERT_EQ(problem(AttemptStarted{key(0), 1}), "");
        ASSERT_EQ(problem(RunCompleted{key(0), CompletedBy::outputs, {{{0}, 1}}}), "");
        ASSERT_EQ(problem(LinkSettled{{0}, LinkOutcome::value, 1}), "");
        ASSERT_EQ(problem(AttemptStarted{key(1), 1}), "");
        ASSERT_TRUE(check_consistency(executions, *x).has_value());
    }

    Executions executions;
    TimerQueue timers;
    Applier applier{executions, timers};
    std::shared_ptr<const Plan> plan;
    ExecutionState* x = nullptr;
};

TEST_F(Applying, RecordsInOrderBringsTheRunForward) {
    call();
    EXPECT_EQ(x->open, 1u);
    EXPECT_EQ(x->open_effects, 1u);
    EXPECT_EQ(executions.run(*x, {0, {1}}).phase, Phase::attempting);
    ASSERT_EQ(problem(AttemptSucceeded{key(1), 1, {{{0}, 2}}, "x"}), "");
    ASSERT_EQ(problem(RunCompleted{key(1), CompletedBy::attempt, {}}), "");
    EXPECT_EQ(executions.data(*x, {0, {1}}).outputs[0].value, core::Value{2});
    EXPECT_EQ(executions.run(*x, {0, {1}}).status, NodeStatus::completed);
    EXPECT_EQ(x->top.unfinished, 1u);
}

TEST_F(Applying, NamesTheRecordAndTheExecution) {
    const auto applied = tell(Recovered{});
    ASSERT_FALSE(applied.has_value());
    EXPECT_TRUE(applied.error().is(JournalErrc::corrupt));
    EXPECT_THAT(applied.error().message(),
                HasSubstr("record 1 (recovered) of execution " + x->id.text()));
}

TEST_F(Applying, ASecondCreationIsCorrupt) {
    create();
    EXPECT_THAT(problem(ExecutionCreated{.trigger = {0}}), HasSubstr("the first record"));
}

TEST_F(Applying, ASecondStartIsCorrupt) {
    create();
    EXPECT_THAT(problem(ExecutionStarted{}), HasSubstr("it has started before"));
}

TEST_F(Applying, AnUnknownTriggerIsCorrupt) {
    EXPECT_THAT(problem(ExecutionCreated{.trigger = {9}}), HasSubstr("no such trigger"));
}

TEST_F(Applying, AnythingAfterTheEndIsCorrupt) {
    create();
    ASSERT_EQ(problem(ExecutionFailed{}), "");
    EXPECT_THAT(problem(Continued{}), HasSubstr("has ended before it"));
}

TEST_F(Applying, ASequenceNumberThatIsNotTheNextIsCorrupt) {
    create();
    const auto applied = applier.apply(*x, {x->next_seq + 1, t0, Origin::input, Continued{}});
    ASSERT_FALSE(applied.has_value());
    EXPECT_THAT(applied.error().message(), HasSubstr("its sequence number is not the next one"));
}

TEST_F(Applying, AnUnknownRunIsCorrupt) {
    call();
    EXPECT_THAT(problem(RunSkipped{key(3)}), HasSubstr("there is no such run"));
    EXPECT_THAT(problem(RunSkipped{{1, {1}, 0}}), HasSubstr("there is no such run"));
    EXPECT_THAT(problem(RunSkipped{{0, {1}, 1}}), HasSubstr("there is no such run"));
}

TEST_F(Applying, AConnectionOutOfTurnIsCorrupt) {
    call();
    EXPECT_THAT(problem(LinkSettled{{0}, LinkOutcome::value, 1}),
                HasSubstr("that connection's turn"));
    EXPECT_THAT(problem(LinkFailed{{77}, {}}), HasSubstr("that connection's turn"));
}

TEST_F(Applying, ARunOutOfTurnIsCorrupt) {
    create();
    EXPECT_THAT(problem(AttemptStarted{key(1), 1}), HasSubstr("it was not that run's turn"));
}

TEST_F(Applying, AnAttemptThatIsNotTheNextIsCorrupt) {
    create();
    EXPECT_THAT(problem(AttemptStarted{key(0), 2}), HasSubstr("it is not the next attempt"));
}

TEST_F(Applying, AResultOfAnAttemptThatIsNotOpenIsCorrupt) {
    call();
    EXPECT_THAT(problem(AttemptSucceeded{key(1), 2, {}, ""}), HasSubstr("is not open"));
    EXPECT_THAT(problem(AttemptSucceeded{key(2), 1, {}, ""}), HasSubstr("is not open"));
    EXPECT_THAT(problem(AttemptReissued{key(1), 1, 1}), HasSubstr("that run's turn"));
}

TEST_F(Applying, ATimerThatNobodySetIsCorrupt) {
    call();
    for (const TimerPurpose purpose :
         {TimerPurpose::attempt_timeout, TimerPurpose::deadline, TimerPurpose::retry,
          TimerPurpose::delay, TimerPurpose::execution_timeout, TimerPurpose::cancel_grace})
        EXPECT_THAT(problem(TimerFired{key(1), purpose, 1, t0}), HasSubstr("no such clock runs"));
}

TEST_F(Applying, AChangeOfPhaseOutsideTheTableIsCorrupt) {
    call();
    EXPECT_THAT(problem(RunWaiting{key(0), t0, {}}), HasSubstr("from one phase to the other"));
    EXPECT_THAT(problem(RunFailed{key(2), FailedThen::stop, {}}), HasSubstr("that run's turn"));
}

TEST_F(Applying, AFallbackThatTheNodeDoesNotHaveIsCorrupt) {
    call();
    ASSERT_EQ(problem(AttemptFailed{key(1), 1, {}, ""}), "");
    EXPECT_THAT(problem(RunFailed{key(1), FailedThen::fallback, {}}),
                HasSubstr("the node has no fallback"));
}

TEST_F(Applying, ARunOfAnotherGenerationIsUnknown) {
    call();
    EXPECT_THAT(problem(RunCanceled{{0, {1}, 1}}), HasSubstr("there is no such run"));
}

TEST_F(Applying, SetsNoTimersWhileAHistoryIsReadBack) {
    applier.set_arming(false);
    call();
    ASSERT_EQ(problem(AttemptFailed{key(1), 1, {}, ""}), "");
    ASSERT_EQ(problem(RetryScheduled{key(1), 2, t0 + core::Duration{5}, 5}), "");
    EXPECT_EQ(timers.size(), 0u);
    applier.set_arming(true);
    applier.arm(*x);
    EXPECT_EQ(timers.next_due(), t0 + core::Duration{5});
}

TEST_F(Applying, CountersThatContradictTheRunsAreFound) {
    call();
    std::uint32_t* const counters[] = {&x->top.unfinished, &x->top.open,     &x->top.containing,
                                       &x->open,           &x->open_effects, &x->timed};
    for (std::uint32_t* const counter : counters) {
        ++*counter;
        EXPECT_FALSE(check_consistency(executions, *x).has_value());
        --*counter;
    }
    EXPECT_TRUE(check_consistency(executions, *x).has_value());
}

TEST_F(Applying, AnAgendaThatContradictsTheRunsIsFound) {
    call();
    Fifo<RunRef> Agenda::*const queues[] = {&Agenda::skips,       &Agenda::outcomes,
                                            &Agenda::expired,     &Agenda::failures,
                                            &Agenda::pure_starts, &Agenda::effect_starts};
    for (const auto queue : queues) {
        const auto before = x->agenda.*queue;
        (x->agenda.*queue).push({0, {1}});
        EXPECT_FALSE(check_consistency(executions, *x).has_value());
        x->agenda.*queue = before;
    }
    EXPECT_TRUE(check_consistency(executions, *x).has_value());
}

}  // namespace
}  // namespace millrace::engine
