// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "apply.hpp"
#include "record_fields.hpp"
#include "timing.hpp"

// What operators, limits and clocks do to the state.

namespace millrace::engine {
namespace {

Control& control_of(ExecutionState& x) {
    if (!x.control) x.control = std::make_unique<Control>();
    return *x.control;
}

std::vector<core::NodeIndex> nodes_of(const Plan& plan, const core::Value& names) {
    std::vector<core::NodeIndex> nodes;
    if (!names.is_array()) return nodes;
    for (const core::Value& name : names.as_array()) {
        const auto node = name.is_string() ? plan.find(name.as_string()) : std::nullopt;
        if (node) nodes.push_back(*node);
    }
    std::ranges::sort(nodes);
    return nodes;
}

}  // namespace

void Applier::on(ExecutionState& x, const ExecutionConfigured& r) {
    if (!expect(x.status == core::ExecutionStatus::pending, "it has started before")) return;
    Control& control = control_of(x);
    control.priority = r.priority;
    control.mock_external = r.mock_external;
    control.labels = r.labels;
    control.pins = r.pins;
    control.inputs = r.inputs;
    control.breakpoints = nodes_of(*x.plan, r.breakpoints);
    control.forked_from = r.forked_from;
    control.from_path = r.from_path;
}

void Applier::on(ExecutionState& x, const PermitGranted& /*r*/) {
    const bool may = x.status == core::ExecutionStatus::pending && !x.is_delayed();
    if (!expect(may, "it has started before, or is not to start yet")) return;
    if (!x.control) control_of(x).priority = x.plan->settings().priority;
    control_of(x).has_permit = true;
}

void Applier::on(ExecutionState& x, const StartDelayed& r) {
    const bool may = x.status == core::ExecutionStatus::pending &&
                     !(x.control && (x.control->start_at || x.control->has_permit));
    if (!expect(may, "it may start already")) return;
    if (!x.control) control_of(x).priority = x.plan->settings().priority;
    x.control->start_at = r.until;
    arm_execution(x, TimerPurpose::start);
}

void Applier::pause(ExecutionState& x) {
    Control& control = control_of(x);
    control.is_paused = true;
    control.is_stepping = false;
    control.may_start = false;
    control.paused_at = at_;
    x.status = core::ExecutionStatus::paused;
}

void Applier::unpause(ExecutionState& x) {
    if (!x.is_paused()) return;
    Control& control = *x.control;
    const core::Duration paused = at_ - control.paused_at;
    control.is_paused = false;
    control.paused_for = control.paused_for + paused;
    x.status = core::ExecutionStatus::running;
    arm_execution(x, TimerPurpose::execution_timeout);
    for (const OpenWait& wait : x.waits.items()) {
        RunState& run = executions_.run(x, wait.run);
        if (run.wait_due == time_max) continue;
        run.wait_due = std::min(run.wait_due + paused, time_max - core::Duration{1});
        arm_run(x, run);
    }
}

void Applier::on(ExecutionState& x, const PauseRequested& /*r*/) {
    const bool may = !x.is_ending() && !x.is_paused() && x.status != core::ExecutionStatus::pending;
    if (!expect(may, "it cannot be paused")) return;
    if (!x.control) control_of(x).priority = x.plan->settings().priority;
    pause(x);
}

void Applier::on(ExecutionState& x, const ResumeRequested& /*r*/) {
    if (expect(x.is_paused(), "it is not paused")) unpause(x);
}

void Applier::on(ExecutionState& x, const StepRequested& /*r*/) {
    if (!expect(x.is_paused(), "it is not paused")) return;
    unpause(x);
    x.control->is_stepping = true;
    x.control->may_start = true;
}

void Applier::on(ExecutionState& x, const ExecutionPaused& r) {
    if (!expect(!x.is_paused() && x.control != nullptr, "nothing asked for a pause")) return;
    if (r.at_breakpoint) {
        RunState* run = run_of(x, r.run);
        if (run == nullptr) return;
        run->is_released = true;
    }
    pause(x);
}

void Applier::on(ExecutionState& x, const VariablesChanged& r) {
    if (expect(x.is_paused(), "it is not paused")) x.variables = r.variables;
}

void Applier::on(ExecutionState& x, const BreakpointsSet& r) {
    if (!x.control) control_of(x).priority = x.plan->settings().priority;
    x.control->breakpoints = nodes_of(*x.plan, r.nodes);
}

void Applier::on(ExecutionState& x, const NodeCommanded& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr || !expect(run->phase != Phase::done, "the run has ended")) return;
    const RunRef ref = run->ref();
    if (run->phase == Phase::containing) {
        ContainerState& container = *executions_.data(x, ref).container;
        if (!expect(!container.commanded && r.action != NodeAction::retry, "it is ending")) return;
        container.commanded = r.action;
        container.checks.clear();
        if (container.body == ScopeOutcome::completed) container.body = ScopeOutcome::canceled;
        x.agenda.expired.remove_if([&](RunRef queued) { return queued == ref; });
        end_instances(x, ref, Ending::stopping);
        note_container(x, ref);
        return;
    }
    x.agenda.remove_run(ref);
    if (r.action != NodeAction::retry) return;  // what it becomes is the next record
    leave(x, *run);
    if (!enter(*run, Phase::ready)) return;
    run->status = core::NodeStatus::pending;
    ++run->operator_retries;
    run->first_started = at_;  // whoever tries it anew grants it its time anew
    start_queue(x, ref);
    arm_run(x, *run);  // the deadline counts again
}

void Applier::on(ExecutionState& x, const TimerFired& r) {
    const bool of_execution = is_of_execution(r.purpose);
    if (of_execution && !expect(timer_due(x, r.purpose).has_value(), "no such clock runs")) return;
    switch (r.purpose) {
        case TimerPurpose::execution_timeout:
            x.fails_for_good = true;
            x.top.failure =
                std::make_shared<const core::Failure>(execution_timeout_failure(*x.plan));
            end_scope(x, 0, Ending::failing);
            return;
        case TimerPurpose::cancel_grace: x.cancel_forced = true; return;
        case TimerPurpose::start: x.control->start_at.reset(); return;
        case TimerPurpose::workflow_retry:
            x.restart_due.reset();
            --x.timed;
            if (!x.is_paused()) x.status = core::ExecutionStatus::running;
            start_scope(x, x.top);
            return;
        case TimerPurpose::attempt_timeout:
        case TimerPurpose::deadline:
        case TimerPurpose::retry:
        case TimerPurpose::delay: break;
    }
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    if (expect(clock_of(x, *run, r.purpose).has_value(), "no such clock runs")) fire(x, *run, r);
}

void Applier::fire(ExecutionState& x, RunState& run, const TimerFired& r) {
    if (r.purpose == TimerPurpose::attempt_timeout || r.purpose == TimerPurpose::deadline) {
        run.expired = r.purpose;
        x.agenda.expired.push(run.ref());
        return;
    }
    leave(x, run);
    if (x.status == core::ExecutionStatus::waiting) x.status = core::ExecutionStatus::running;
    if (r.purpose == TimerPurpose::retry) {
        if (!enter(run, Phase::ready)) return;
        run.status = core::NodeStatus::pending;
        start_queue(x, run.ref());
    } else if (enter(run, Phase::succeeded)) {
        x.agenda.outcomes.push(run.ref());
    }
}

}  // namespace millrace::engine
