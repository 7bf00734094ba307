// SPDX-License-Identifier: Apache-2.0
#include "timing.hpp"

#include "apply.hpp"

namespace millrace::engine {
namespace {

std::optional<core::Time> after(core::Time start, std::optional<core::Duration> span) {
    if (!span) return std::nullopt;
    return start + *span;
}

bool deadline_runs(Phase phase) {
    return phase == Phase::ready || phase == Phase::attempting || phase == Phase::backing_off ||
           phase == Phase::delaying;
}

}  // namespace

std::optional<core::Time> timer_due(const ExecutionState& x, TimerPurpose purpose) {
    if (purpose == TimerPurpose::execution_timeout && x.ending == Ending::none)
        return after(x.started_at, x.plan->settings().timeout);
    if (purpose == TimerPurpose::cancel_grace && x.ending == Ending::canceling && !x.cancel_forced)
        return x.cancel_grace_due;
    return std::nullopt;
}

std::optional<core::Time> timer_due(const Plan& plan, const RunState& run, TimerPurpose purpose) {
    const PlanNode& node = plan.node(run.node);
    switch (purpose) {
        case TimerPurpose::attempt_timeout:
            if (run.phase == Phase::attempting) return after(run.attempt_started, node.timeout);
            break;
        case TimerPurpose::deadline:
            if (run.attempt > 0 && deadline_runs(run.phase))
                return after(run.first_started, node.deadline);
            break;
        case TimerPurpose::retry:
            if (run.phase == Phase::backing_off) return run.wait_due;
            break;
        case TimerPurpose::delay:
            if (run.phase == Phase::delaying) return run.wait_due;
            break;
        case TimerPurpose::execution_timeout:
        case TimerPurpose::cancel_grace: break;
    }
    return std::nullopt;
}

core::Failure execution_timeout_failure(const Plan& plan) {
    core::Failure failure;
    failure.code = "execution_timeout";
    failure.error_class = core::ErrorClass::timeout;
    failure.message = "the execution did not end within settings.timeout (" +
                      core::to_text(plan.settings().timeout.value_or(core::Duration{})) + ")";
    return failure;
}

core::Failure expiry_failure(const PlanNode& node, const RunState& run) {
    const bool deadline = run.expired == TimerPurpose::deadline;
    core::Failure failure;
    failure.code = deadline ? "deadline" : "timeout";
    failure.error_class = core::ErrorClass::timeout;
    failure.node_id = node.id;
    failure.attempt = run.attempt;
    failure.recoverable = !deadline;
    failure.message = deadline ? "not done within its deadline of " + core::to_text(*node.deadline)
                               : "no answer within its timeout of " + core::to_text(*node.timeout);
    return failure;
}

bool Applier::is_current(const ExecutionState& x, const Timer& timer) const {
    if (timer.purpose == TimerPurpose::execution_timeout ||
        timer.purpose == TimerPurpose::cancel_grace)
        return timer_due(x, timer.purpose) == timer.due;
    const RunState& run = executions_.run(x, timer.run.node);
    return x.ending == Ending::none && run.attempt == timer.attempt &&
           timer_due(*x.plan, run, timer.purpose) == timer.due;
}

void Applier::arm_run(const ExecutionState& x, const RunState& run) {
    if (!arming_) return;
    using enum TimerPurpose;
    for (const TimerPurpose purpose : {attempt_timeout, deadline, retry, delay}) {
        if (const auto due = timer_due(*x.plan, run, purpose))
            timers_.push({*due, x.id, {0, run.node, 0}, purpose, run.attempt});
    }
}

void Applier::arm_execution(const ExecutionState& x, TimerPurpose purpose) {
    if (!arming_) return;
    if (const auto due = timer_due(x, purpose)) timers_.push({*due, x.id, {}, purpose, 0});
}

void Applier::arm(const ExecutionState& x) {
    arm_execution(x, TimerPurpose::execution_timeout);
    arm_execution(x, TimerPurpose::cancel_grace);
    if (x.ending != Ending::none) return;
    for (std::uint32_t i = 0; i < x.runs.size(); ++i)
        arm_run(x, executions_.run(x, {i}));
}

}  // namespace millrace::engine
