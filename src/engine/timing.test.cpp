// SPDX-License-Identifier: Apache-2.0
#include "timing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using core::Duration;
using core::Time;
using enum TimerPurpose;

std::shared_ptr<const Plan> timed_plan() {
    PlanBuilder plan;
    plan.node("start", "trigger.manual").node("call", "test.effect").connect("start -> call");
    plan.last_node().timeout = Duration{5'000};
    plan.last_node().deadline = Duration{60'000};
    plan.settings().timeout = Duration{86'400'000};
    return plan.plan();
}

RunState run_in(Phase phase) {
    RunState run;
    run.node = {1};
    run.phase = phase;
    run.attempt = 2;
    run.first_started = {100};
    run.attempt_started = {700};
    run.wait_due = {900};
    return run;
}

TEST(RunClocks, CountFromTheAttemptAndFromTheFirstAttempt) {
    const auto plan = timed_plan();
    EXPECT_EQ(timer_due(*plan, run_in(Phase::attempting), attempt_timeout), Time{5'700});
    EXPECT_EQ(timer_due(*plan, run_in(Phase::attempting), deadline), Time{60'100});
}

TEST(RunClocks, StandStillWhereNothingWaits) {
    const auto plan = timed_plan();
    EXPECT_EQ(timer_due(*plan, run_in(Phase::backing_off), attempt_timeout), std::nullopt);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::attempting), retry), std::nullopt);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::attempting), delay), std::nullopt);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::awaiting_fallback), deadline), std::nullopt);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::done), deadline), std::nullopt);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::attempting), execution_timeout), std::nullopt);
}

TEST(RunClocks, LetTheDeadlineRunOnWhileARetryOrADelayWaits) {
    const auto plan = timed_plan();
    for (const Phase phase : {Phase::ready, Phase::backing_off, Phase::delaying})
        EXPECT_EQ(timer_due(*plan, run_in(phase), deadline), Time{60'100}) << to_text(phase);
    EXPECT_EQ(timer_due(*plan, run_in(Phase::backing_off), retry), Time{900});
    EXPECT_EQ(timer_due(*plan, run_in(Phase::delaying), delay), Time{900});
}

TEST(RunClocks, StartNoDeadlineBeforeTheFirstAttempt) {
    RunState run = run_in(Phase::ready);
    run.attempt = 0;
    EXPECT_EQ(timer_due(*timed_plan(), run, deadline), std::nullopt);
}

TEST(ExecutionClocks, RunOneAtATime) {
    ExecutionState x;
    x.plan = timed_plan();
    x.status = core::ExecutionStatus::running;
    x.started_at = {50};
    x.cancel_grace_due = Time{80};
    EXPECT_EQ(timer_due(x, execution_timeout), Time{86'400'050});
    EXPECT_EQ(timer_due(x, cancel_grace), std::nullopt);
    x.top.ending = Ending::canceling;
    EXPECT_EQ(timer_due(x, execution_timeout), std::nullopt);
    EXPECT_EQ(timer_due(x, cancel_grace), Time{80});
    x.cancel_forced = true;
    EXPECT_EQ(timer_due(x, cancel_grace), std::nullopt);
}

TEST(ExpiryFailure, SaysWhichClockItWas) {
    const auto plan = timed_plan();
    RunState run = run_in(Phase::attempting);
    run.expired = attempt_timeout;
    EXPECT_EQ(expiry_failure(plan->node({1}), run).message, "no answer within its timeout of 5s");
    EXPECT_TRUE(expiry_failure(plan->node({1}), run).recoverable);
    run.expired = deadline;
    EXPECT_EQ(expiry_failure(plan->node({1}), run).message, "not done within its deadline of 1m");
    EXPECT_FALSE(expiry_failure(plan->node({1}), run).recoverable);
    EXPECT_EQ(expiry_failure(plan->node({1}), run).attempt, 2u);
}

}  // namespace
}  // namespace millrace::engine
