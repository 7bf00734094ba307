// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "apply.hpp"
#include "inputs_of.hpp"
#include "outputs_of.hpp"
#include "timing.hpp"

// What the records of node runs do to the state.

namespace millrace::engine {
namespace {

core::Value error_port_value(const core::Failure& failure, core::Value input) {
    return core::Value::object({{"error", failure.to_value()}, {"input", std::move(input)}});
}

/// The run's clocks have no more to say once it stands elsewhere.
void remove(Fifo<RunRef>& queue, RunRef run) {
    if (queue.empty()) return;
    queue.remove_if([&](RunRef queued) { return queued == run; });
}

}  // namespace

void Applier::leave(ExecutionState& x, const RunState& run) {
    ScopeState& scope = executions_.scope(x, run.scope);
    if (run.phase == Phase::attempting) {
        --x.open;
        --scope.open;
        const bool is_detached = x.children.erase(run.ref());
        if (is_detached) ended_.children.push_back(x.key(run.ref()));
        if (x.plan->node(run.node).role() == core::NodeRole::effect && !is_detached)
            --x.open_effects;
        if (is_detached && x.status == core::ExecutionStatus::waiting)
            x.status = core::ExecutionStatus::running;
    } else if (run.phase == Phase::containing) {
        const bool is_empty = executions_.data(x, run.ref()).container->live == 0;
        if (!expect(is_empty, "something still lives in the container")) return;
        --scope.containing;
        take_container(x, run.ref());
        executions_.data(x, run.ref()).container.reset();
    } else if (run.phase == Phase::backing_off || run.phase == Phase::delaying) {
        --x.timed;
        if (x.waits.erase(run.ref())) ended_.waits.push_back(x.key(run.ref()));
    }
}

void Applier::finish(ExecutionState& x, RunState& run, core::NodeStatus status) {
    leave(x, run);
    if (!enter(run, Phase::done)) return;
    run.status = status;
    ScopeState& scope = executions_.scope(x, run.scope);
    --scope.unfinished;
    if (scope.ending != Ending::none) return;
    const PlanNode& node = x.plan->node(run.node);
    if (node.fallback) {
        RunState& fallback = executions_.run(x, {run.scope, *node.fallback});
        if (fallback.phase == Phase::blocked && enter(fallback, Phase::ready))
            x.agenda.skips.push(fallback.ref());
    }
    if (node.fallback_for) {
        const RunRef failed{run.scope, *node.fallback_for};
        if (executions_.run(x, failed).phase == Phase::awaiting_fallback)
            x.agenda.outcomes.push(failed);
    }
    check_closing(x, scope);
}

void Applier::on(ExecutionState& x, const AttemptStarted& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool effect = x.plan->node(run->node).role() == core::NodeRole::effect;
    take(x, effect ? x.agenda.effect_starts : x.agenda.pure_starts, run->ref());
    expect(r.attempt == run->attempt + 1, "it is not the next attempt");
    if (!enter(*run, Phase::attempting)) return;
    ++x.open;
    ++executions_.scope(x, run->scope).open;
    if (effect) ++x.open_effects;
    if (x.control) x.control->may_start = false;
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
    take(x, x.agenda.interrupted, run->ref());
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
    executions_.data(x, run->ref()).pending = r.outputs;
    if (is_ending(x, *run)) return;
    remove(x.agenda.interrupted, run->ref());
    remove(x.agenda.expired, run->ref());
    x.agenda.outcomes.push(run->ref());
}

void Applier::on(ExecutionState& x, const AttemptFailed& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    Agenda& agenda = x.agenda;
    remove(agenda.expired, run->ref());
    remove(agenda.interrupted, run->ref());
    if (run->phase == Phase::ready) {
        remove(agenda.pure_starts, run->ref());
        remove(agenda.effect_starts, run->ref());
    }
    leave(x, *run);
    if (!enter(*run, Phase::recovering)) return;
    executions_.data(x, run->ref()).failure = std::make_shared<core::Failure>(r.failure);
    if (!is_ending(x, *run)) agenda.failures.push(run->ref());
}

void Applier::on(ExecutionState& x, const RetryScheduled& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, x.agenda.failures, run->ref());
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
    executions_.data(x, run->ref()).pending = r.then;
    run->status = core::NodeStatus::waiting;
    run->wait_due = r.due;
    ++x.timed;
    arm_run(x, *run);
}

void Applier::on(ExecutionState& x, const RunCompleted& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    if (run->phase == Phase::recovering) take(x, x.agenda.failures, run->ref());
    if (run->phase == Phase::succeeded || run->phase == Phase::awaiting_fallback)
        take(x, x.agenda.outcomes, run->ref());
    if (run->phase == Phase::ready) {
        const bool effect = x.plan->node(run->node).role() == core::NodeRole::effect;
        take(x, effect ? x.agenda.effect_starts : x.agenda.pure_starts, run->ref());
        if (x.control) x.control->may_start = false;
    }
    RunData& data = executions_.data(x, run->ref());
    if (r.by == CompletedBy::trigger) {
        data.outputs = {{core::PortIndex{0}, x.trigger_data}};
    } else if (r.by == CompletedBy::scope) {
        if (!expect(data.container != nullptr, "the container has not opened")) return;
        data.outputs = container_outputs(x.plan->node(run->node), *data.container);
    } else {
        const bool recorded = r.by == CompletedBy::attempt || r.by == CompletedBy::wait;
        data.outputs = recorded ? std::move(data.pending) : r.outputs;
    }
    data.pending.clear();
    finish(x, *run, core::NodeStatus::completed);
    note_undo(x, run->ref(), r.by);
    deliver(x, run->ref(), data.outputs);
}

void Applier::on(ExecutionState& x, const RunFailed& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    take(x, run->phase == Phase::awaiting_fallback ? x.agenda.outcomes : x.agenda.failures,
         run->ref());
    RunData& data = executions_.data(x, run->ref());
    data.failure = std::make_shared<core::Failure>(r.failure);
    if (r.then == FailedThen::fallback) {
        const auto fallback = x.plan->node(run->node).fallback;
        if (!expect(fallback.has_value(), "the node has no fallback")) return;
        if (!enter(*run, Phase::awaiting_fallback)) return;
        run->status = core::NodeStatus::waiting;
        const RunRef stand_in{run->scope, *fallback};
        if (enter(executions_.run(x, stand_in), Phase::ready)) start_queue(x, stand_in);
        return;
    }
    if (r.then == FailedThen::stop) {
        ScopeState& scope = executions_.scope(x, run->scope);
        if (scope.ending == Ending::none) scope.failure = data.failure;
        end_scope(x, scope.id, Ending::failing);
    }
    finish(x, *run, core::NodeStatus::failed);
    if (r.then == FailedThen::error_port) {
        data.outputs = {{x.plan->node(run->node).error_port(),
                         error_port_value(r.failure, input_value(executions_, x, run->ref(), 0))}};
    }
    deliver(x, run->ref(), data.outputs);
}

void Applier::on(ExecutionState& x, const RunSkipped& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    if (!x.agenda.skips.empty() && x.agenda.skips.front() == run->ref()) {
        x.agenda.skips.pop();
    } else {
        x.agenda.remove_run(run->ref());  // an operator skips it, wherever it stands
    }
    finish(x, *run, core::NodeStatus::skipped);
    deliver(x, run->ref(), {});
}

void Applier::on(ExecutionState& x, const RunCanceled& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool is_wound_up = is_ending(x, *run);
    if (!is_wound_up) x.agenda.remove_run(run->ref());
    finish(x, *run, core::NodeStatus::canceled);
    if (!is_wound_up) deliver(x, run->ref(), {});
}

}  // namespace millrace::engine
