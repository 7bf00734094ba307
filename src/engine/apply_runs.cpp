// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "apply.hpp"
#include "inputs_of.hpp"
#include "timing.hpp"

// What the records of node runs do to the state.

namespace millrace::engine {
namespace {

core::Value error_port_value(const core::Failure& failure, core::Value input) {
    return core::Value::object({{"error", failure.to_value()}, {"input", std::move(input)}});
}

/// Takes `node` out wherever it stands; the deadline may come while a run waits for its turn.
void erase(Fifo<core::NodeIndex>& queue, core::NodeIndex node) {
    Fifo<core::NodeIndex> rest;
    for (const core::NodeIndex item : queue.items())
        if (item != node) rest.push(item);
    queue = std::move(rest);
}

}  // namespace

void Applier::on(ExecutionState& x, const AttemptStarted& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool effect = x.plan->node(run->node).role() == core::NodeRole::effect;
    take(x, effect ? x.agenda.effect_starts : x.agenda.pure_starts, run->node);
    expect(r.attempt == run->attempt + 1, "it is not the next attempt");
    if (!enter(*run, Phase::attempting)) return;
    ++x.open;
    if (effect) ++x.open_effects;
    run->status = core::NodeStatus::running;
    run->attempt = r.attempt;
    run->reissued = 0;
    run->attempt_started = at_;
    if (r.attempt == 1) run->first_started = at_;
    x.status = core::ExecutionStatus::running;
    arm_run(x, *run);
}

void Applier::on(ExecutionState& x, const AttemptReissued& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, x.agenda.interrupted, run->node);
    expect(run->phase == Phase::attempting && run->attempt == r.attempt, "the attempt is not open");
    run->reissued = r.reissued;
    run->attempt_started = at_;  // the time the process was away is not the attempt's
    arm_run(x, *run);
}

void Applier::on(ExecutionState& x, const AttemptSucceeded& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    if (!expect(run->phase == Phase::attempting && run->attempt == r.attempt,
                "the attempt is not open"))
        return;
    leave(x, *run);
    if (!enter(*run, Phase::succeeded)) return;
    executions_.data(x, run->node).pending = r.outputs;
    if (x.ending == Ending::none) x.agenda.outcomes.push(run->node);
}

void Applier::on(ExecutionState& x, const AttemptFailed& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    Agenda& agenda = x.agenda;
    if (!agenda.expired.empty() && agenda.expired.front() == run->node) agenda.expired.pop();
    if (!agenda.interrupted.empty() && agenda.interrupted.front() == run->node)
        agenda.interrupted.pop();
    if (run->phase == Phase::ready) {
        erase(agenda.pure_starts, run->node);
        erase(agenda.effect_starts, run->node);
    }
    leave(x, *run);
    if (!enter(*run, Phase::recovering)) return;
    executions_.data(x, run->node).failure = std::make_shared<core::Failure>(r.failure);
    if (x.ending == Ending::none) agenda.failures.push(run->node);
}

void Applier::on(ExecutionState& x, const RetryScheduled& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, x.agenda.failures, run->node);
    if (!enter(*run, Phase::backing_off)) return;
    run->status = core::NodeStatus::waiting;
    run->wait_due = r.due;
    ++x.timed;
    arm_run(x, *run);
}

void Applier::on(ExecutionState& x, const RunWaiting& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    leave(x, *run);
    if (!enter(*run, Phase::delaying)) return;
    executions_.data(x, run->node).pending = r.then;
    run->status = core::NodeStatus::waiting;
    run->wait_due = r.due;
    ++x.timed;
    arm_run(x, *run);
}

void Applier::on(ExecutionState& x, const TimerFired& r) {
    const bool of_execution =
        r.purpose == TimerPurpose::execution_timeout || r.purpose == TimerPurpose::cancel_grace;
    if (of_execution && !expect(timer_due(x, r.purpose).has_value(), "no such clock runs")) return;
    if (r.purpose == TimerPurpose::execution_timeout) {
        end(x, Ending::failing);
        x.failure = execution_timeout_failure(*x.plan);
        return;
    }
    if (r.purpose == TimerPurpose::cancel_grace) {
        x.cancel_forced = true;
        return;
    }
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool runs = x.ending == Ending::none && timer_due(*x.plan, *run, r.purpose);
    if (!expect(runs, "no such clock runs")) return;
    if (r.purpose == TimerPurpose::attempt_timeout || r.purpose == TimerPurpose::deadline) {
        run->expired = r.purpose;
        x.agenda.expired.push(run->node);
        return;
    }
    leave(x, *run);
    x.status = core::ExecutionStatus::running;
    if (r.purpose == TimerPurpose::retry) {
        if (!enter(*run, Phase::ready)) return;
        run->status = core::NodeStatus::pending;
        start_queue(x, run->node);
    } else if (enter(*run, Phase::succeeded)) {
        x.agenda.outcomes.push(run->node);
    }
}

void Applier::on(ExecutionState& x, const RunCompleted& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    if (run->phase == Phase::recovering) take(x, x.agenda.failures, run->node);
    if (run->phase == Phase::succeeded || run->phase == Phase::awaiting_fallback)
        take(x, x.agenda.outcomes, run->node);
    RunData& data = executions_.data(x, run->node);
    if (r.by == CompletedBy::trigger) {
        data.outputs = {{core::PortIndex{0}, x.trigger_data}};
    } else {
        const bool recorded = r.by == CompletedBy::attempt || r.by == CompletedBy::wait;
        data.outputs = recorded ? std::move(data.pending) : r.outputs;
    }
    data.pending.clear();
    finish(x, *run, core::NodeStatus::completed);
    deliver(x, run->node, data.outputs);
}

void Applier::on(ExecutionState& x, const RunFailed& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, run->phase == Phase::awaiting_fallback ? x.agenda.outcomes : x.agenda.failures,
         run->node);
    RunData& data = executions_.data(x, run->node);
    data.failure = std::make_shared<core::Failure>(r.failure);
    if (r.then == FailedThen::fallback) {
        const auto fallback = x.plan->node(run->node).fallback;
        if (!expect(fallback.has_value(), "the node has no fallback")) return;
        if (!enter(*run, Phase::awaiting_fallback)) return;
        run->status = core::NodeStatus::waiting;
        if (enter(executions_.run(x, *fallback), Phase::ready)) start_queue(x, *fallback);
        return;
    }
    if (r.then == FailedThen::stop) {
        end(x, Ending::failing);
        x.failure = r.failure;
    }
    finish(x, *run, core::NodeStatus::failed);
    if (r.then == FailedThen::error_port) {
        data.outputs = {{x.plan->node(run->node).error_port(),
                         error_port_value(r.failure, input_value(executions_, x, run->node, 0))}};
    }
    deliver(x, run->node, data.outputs);
}

void Applier::on(ExecutionState& x, const RunSkipped& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, x.agenda.skips, run->node);
    finish(x, *run, core::NodeStatus::skipped);
    deliver(x, run->node, {});
}

void Applier::on(ExecutionState& x, const RunCanceled& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    expect(x.ending != Ending::none, "the execution is not being wound up");
    finish(x, *run, core::NodeStatus::canceled);
}

}  // namespace millrace::engine
