// SPDX-License-Identifier: Apache-2.0
#include "apply.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace millrace::engine {

core::Result<> Applier::apply(ExecutionState& x, const Record& record) {
    ok_ = true;
    at_ = record.at;
    ended_.waits.clear();
    ended_.children.clear();
    expect(record.seq == x.next_seq, "its sequence number is not the next one");
    expect(!is_terminal(x.status), "the execution has ended before it");
    const bool creates = std::holds_alternative<ExecutionCreated>(record.body);
    expect(creates == (record.seq == 1), "the first record, and no other, creates the execution");
    if (ok_) std::visit([&](const auto& body) { on(x, body); }, record.body);
    if (!ok_) {
        return core::fail(JournalErrc::corrupt, "record " + std::to_string(record.seq) + " (" +
                                                    std::string{kind_name(record.body)} +
                                                    ") of execution " + x.id.text() +
                                                    " does not fit: " + problem_);
    }
    x.next_seq = record.seq + 1;
    x.last_at = record.at;
    return {};
}

bool Applier::expect(bool condition, std::string_view what) {
    if (!condition && ok_) {
        ok_ = false;
        problem_ = what;
    }
    return ok_;
}

RunState* Applier::run_of(ExecutionState& x, const RunKey& key) {
    const RunRef ref{key.scope, key.node};
    const bool known = key.generation == x.generation && executions_.holds(x, ref);
    return expect(known, "there is no such run") ? &executions_.run(x, ref) : nullptr;
}

bool Applier::enter(RunState& run, Phase phase) {
    if (!expect(may_follow(run.phase, phase), "the run cannot go from one phase to the other"))
        return false;
    run.phase = phase;
    return true;
}

/// While a scope is wound up nothing of it is on the agenda.
void Applier::take(ExecutionState& x, Fifo<RunRef>& queue, RunRef run) {
    if (executions_.scope(x, run.scope).ending != Ending::none) return;
    if (expect(!queue.empty() && queue.front() == run, "it was not that run's turn")) queue.pop();
}

void Applier::on(ExecutionState& x, const ExecutionCreated& r) {
    const bool known = r.trigger.value < x.plan->nodes().size() &&
                       x.plan->node(r.trigger).role() == core::NodeRole::trigger;
    expect(known, "there is no such trigger");
    x.created_at = at_;
    x.semantics = r.semantics;
    x.trigger = r.trigger;
    x.input = r.input;
    x.trigger_data = r.trigger_data;
    x.variables = r.variables;
    x.seed_high = r.seed_high;
    x.seed_low = r.seed_low;
}

void Applier::on(ExecutionState& x, const ExecutionStarted& /*r*/) {
    if (!expect(x.status == core::ExecutionStatus::pending, "it has started before")) return;
    x.status = core::ExecutionStatus::running;
    x.started_at = at_;
    arm_execution(x, TimerPurpose::execution_timeout);
    start_scope(x, x.top);
}

void Applier::on(ExecutionState& x, const CancelRequested& r) {
    unpause(x);
    const bool is_second = std::exchange(x.cancel_seen, true);
    if (x.is_ending()) {
        const bool had_grace = !std::exchange(x.cancel_forced, true);
        if (!is_second) return;  // it ends by itself already, and its clean-up may go on
        // Whoever only cuts the grace short still wants what was done to be undone.
        if (!had_grace || x.undoing != 0) x.skips_undos = true;
        x.skips_cleanup = true;
        end_cleanups(x);
        return;
    }
    end_scope(x, 0, Ending::canceling);
    x.cancel_reason = r.reason;
    x.cancel_grace_due = r.grace_due;
    arm_execution(x, TimerPurpose::cancel_grace);
}

void Applier::on(ExecutionState& x, const Recovered& /*r*/) {
    // Nobody is left who could answer the request to abort.
    if (x.top.ending == Ending::canceling) x.cancel_forced = true;
    // Some may be left from an earlier recovery that was interrupted itself. Attempts whose time is
    // up are not handed out again.
    x.agenda.interrupted.clear();
    const auto expired = x.agenda.expired.items();
    const auto interrupt = [&](const ScopeState& scope) {
        if (scope.ending != Ending::none || scope.open == 0) return;
        for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes) {
            const RunRef ref{scope.id, node};
            if (executions_.run(x, ref).phase != Phase::attempting) continue;
            if (x.child_of(ref) != nullptr) continue;  // nobody's hands have let go of it
            if (std::find(expired.begin(), expired.end(), ref) == expired.end())
                x.agenda.interrupted.push(ref);
        }
    };
    interrupt(x.top);
    for (const auto& [number, entity] : x.scopes)
        interrupt(executions_.scope(x, number));
}

void Applier::on(ExecutionState& x, const Continued& /*r*/) {
    ++x.continued;
}

void Applier::on(ExecutionState& x, const RunNoted& r) {
    run_of(x, r.run);
}

void Applier::on(ExecutionState& x, const ExecutionWaiting& /*r*/) {
    x.status = core::ExecutionStatus::waiting;
}

void Applier::on(ExecutionState& x, const ExecutionCompleted& /*r*/) {
    x.status = core::ExecutionStatus::completed;
}

void Applier::on(ExecutionState& x, const ExecutionFailed& /*r*/) {
    x.status = core::ExecutionStatus::failed;
}

void Applier::on(ExecutionState& x, const ExecutionCanceled& /*r*/) {
    x.status = core::ExecutionStatus::canceled;
}

void Applier::on(ExecutionState& x, const ExecutionRestarted& r) {
    const bool fits = x.top.ending == Ending::failing && x.top.unfinished == 0 &&
                      x.top.undos.empty() && r.generation == x.generation + 1;
    if (!expect(fits, "the workflow has not failed")) return;
    executions_.restart(x);
    for (const OpenWait& wait : x.waits.items())
        ended_.waits.push_back(x.key(wait.run));
    for (const OpenChild& child : x.children.items())
        ended_.children.push_back(x.key(child.run));
    x.generation = r.generation;
    x.endings.clear();
    x.agenda = {};
    x.cancel_forced = false;
    x.cancel_seen = false;
    x.skips_undos = false;
    x.restart_due = r.due;
    x.open = 0;
    x.open_effects = 0;
    x.waits.clear();
    x.children.clear();
    // Answers were for runs that are gone; signals are for whoever waits.
    std::erase_if(x.letters, [](const Letter& letter) { return letter.signal.empty(); });
    x.timed = 1;
    x.status = core::ExecutionStatus::waiting;
    arm_execution(x, TimerPurpose::workflow_retry);
    arm_execution(x, TimerPurpose::execution_timeout);
}

}  // namespace millrace::engine
