// SPDX-License-Identifier: Apache-2.0
#include "timing.hpp"

#include <algorithm>
#include <iterator>

#include "apply.hpp"
#include "record_fields.hpp"

namespace millrace::engine {
namespace {

std::optional<core::Time> after(core::Time start, std::optional<core::Duration> span) {
    if (!span) return std::nullopt;
    return start + *span;
}

bool deadline_runs(Phase phase) {
    return phase == Phase::ready || phase == Phase::attempting || phase == Phase::backing_off ||
           phase == Phase::delaying || phase == Phase::containing;
}

constexpr TimerPurpose purposes_of_execution[] = {
    TimerPurpose::execution_timeout, TimerPurpose::cancel_grace, TimerPurpose::workflow_retry,
    TimerPurpose::start};
constexpr TimerPurpose purposes_of_run[] = {TimerPurpose::attempt_timeout, TimerPurpose::deadline,
                                            TimerPurpose::retry, TimerPurpose::delay};

}  // namespace

bool is_of_execution(TimerPurpose purpose) {
    return std::ranges::find(purposes_of_execution, purpose) != std::end(purposes_of_execution);
}

std::optional<core::Time> timer_due(const ExecutionState& x, TimerPurpose purpose) {
    if (purpose == TimerPurpose::execution_timeout) {
        // The time in the queue and in pauses does not count.
        const bool runs = !x.is_ending() && !x.is_paused() &&
                          x.status != core::ExecutionStatus::pending && !is_terminal(x.status);
        const auto due = runs ? after(x.started_at, x.plan->settings().timeout) : std::nullopt;
        if (!due || !x.control) return due;
        return *due + x.control->paused_for;
    }
    if (purpose == TimerPurpose::cancel_grace) {
        const bool runs = x.top.ending == Ending::canceling && !x.cancel_forced;
        return runs ? x.cancel_grace_due : std::nullopt;
    }
    if (purpose == TimerPurpose::start)
        return x.waits_to_start() ? x.control->start_at : std::nullopt;
    return purpose == TimerPurpose::workflow_retry && !x.is_ending() ? x.restart_due : std::nullopt;
}

std::optional<core::Time> timer_due(const Plan& plan, const RunState& run, TimerPurpose purpose) {
    const PlanNode& node = plan.node(run.node);
    switch (purpose) {
        case TimerPurpose::attempt_timeout:
            if (run.phase == Phase::attempting || run.phase == Phase::containing)
                return after(run.attempt_started, node.timeout);
            break;
        case TimerPurpose::deadline:
            if (run.attempt > 0 && deadline_runs(run.phase))
                return after(run.first_started, node.deadline);
            break;
        case TimerPurpose::retry:
            if (run.phase == Phase::backing_off) return run.wait_due;
            break;
        case TimerPurpose::delay:
            // A wait without a limit has no clock.
            if (run.phase == Phase::delaying && run.wait_due != time_max) return run.wait_due;
            break;
        case TimerPurpose::execution_timeout:
        case TimerPurpose::cancel_grace:
        case TimerPurpose::workflow_retry:
        case TimerPurpose::start: break;
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

/// When the run's clock fires, as far as that can still change anything.
std::optional<core::Time> Applier::clock_of(const ExecutionState& x, const RunState& run,
                                            TimerPurpose purpose) const {
    if (is_ending(x, run)) return std::nullopt;
    // A delay elapses in a pause, but nobody can go on with what is waited for.
    if (purpose == TimerPurpose::delay && x.is_paused() && x.wait_of(run.ref()) != nullptr)
        return std::nullopt;
    // Its time is up, and what follows from that is decided next; or its process is gone, and its
    // time begins anew when it is handed out again.
    for (const Fifo<RunRef>* queue : {&x.agenda.expired, &x.agenda.interrupted}) {
        const auto runs = queue->items();
        if (std::ranges::find(runs, run.ref()) != runs.end()) return std::nullopt;
    }
    if (run.phase == Phase::containing && executions_.data(x, run.ref()).container->is_stopped())
        return std::nullopt;
    return timer_due(*x.plan, run, purpose);
}

bool Applier::is_current(const ExecutionState& x, const Timer& timer) const {
    if (is_of_execution(timer.purpose)) return timer_due(x, timer.purpose) == timer.due;
    const RunRef ref{timer.run.scope, timer.run.node};
    if (timer.run.generation != x.generation || !executions_.holds(x, ref)) return false;
    const RunState& run = executions_.run(x, ref);
    return run.attempt == timer.attempt && clock_of(x, run, timer.purpose) == timer.due;
}

void Applier::arm_run(const ExecutionState& x, const RunState& run) {
    if (!arming_) return;
    for (const TimerPurpose purpose : purposes_of_run) {
        if (const auto due = clock_of(x, run, purpose))
            timers_.push({*due, x.id, x.key(run.ref()), purpose, run.attempt});
    }
}

void Applier::arm_execution(const ExecutionState& x, TimerPurpose purpose) {
    if (!arming_) return;
    if (const auto due = timer_due(x, purpose)) timers_.push({*due, x.id, {}, purpose, 0});
}

void Applier::arm(const ExecutionState& x) {
    for (const TimerPurpose purpose : purposes_of_execution)
        arm_execution(x, purpose);
    const auto arm_scope = [&](const ScopeState& scope) {
        if (scope.ending != Ending::none) return;
        for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes)
            arm_run(x, executions_.run(x, {scope.id, node}));
    };
    arm_scope(x.top);
    for (const auto& [number, entity] : x.scopes)
        arm_scope(executions_.scope(x, number));
}

std::optional<core::Time> Applier::next_due(const ExecutionState& x) const {
    std::optional<core::Time> first;
    const auto note = [&](std::optional<core::Time> due) {
        if (due && (!first || *due < *first)) first = due;
    };
    for (const TimerPurpose purpose : purposes_of_execution)
        note(timer_due(x, purpose));
    const auto note_scope = [&](const ScopeState& scope) {
        if (scope.ending != Ending::none) return;
        for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes)
            for (const TimerPurpose purpose : purposes_of_run)
                note(clock_of(x, executions_.run(x, {scope.id, node}), purpose));
    };
    note_scope(x.top);
    for (const auto& [number, entity] : x.scopes)
        note_scope(executions_.scope(x, number));
    return first;
}

}  // namespace millrace::engine
