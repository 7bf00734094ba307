// SPDX-License-Identifier: Apache-2.0
#include "apply.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "inputs_of.hpp"
#include "timing.hpp"

namespace millrace::engine {

core::Result<> Applier::apply(ExecutionState& x, const Record& record) {
    ok_ = true;
    at_ = record.at;
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
    const bool known = key.scope == 0 && key.generation == 0 && key.node.value < x.runs.size();
    return expect(known, "there is no such run") ? &executions_.run(x, key.node) : nullptr;
}

bool Applier::enter(RunState& run, Phase phase) {
    if (!expect(may_follow(run.phase, phase), "the run cannot go from one phase to the other"))
        return false;
    run.phase = phase;
    return true;
}

/// While an execution is wound up its agenda is empty and stays so.
void Applier::take(ExecutionState& x, Fifo<core::NodeIndex>& queue, core::NodeIndex node) {
    if (x.ending != Ending::none) return;
    if (expect(!queue.empty() && queue.front() == node, "it was not that run's turn")) queue.pop();
}

void Applier::end(ExecutionState& x, Ending ending) {
    x.ending = ending;
    x.agenda.clear();
}

void Applier::make_ready(ExecutionState& x, RunState& run) {
    if (x.ending != Ending::none || !enter(run, Phase::ready)) return;
    const bool idle_trigger =
        x.plan->node(run.node).role() == core::NodeRole::trigger && run.node != x.trigger;
    if (idle_trigger || has_dead_port(executions_, x, run.node)) {
        x.agenda.skips.push(run.node);
    } else {
        start_queue(x, run.node);
    }
}

void Applier::start_queue(ExecutionState& x, core::NodeIndex node) {
    const bool effect = x.plan->node(node).role() == core::NodeRole::effect;
    (effect ? x.agenda.effect_starts : x.agenda.pure_starts).push(node);
}

void Applier::leave(ExecutionState& x, const RunState& run) {
    if (run.phase == Phase::attempting) {
        --x.open;
        if (x.plan->node(run.node).role() == core::NodeRole::effect) --x.open_effects;
    } else if (run.phase == Phase::backing_off || run.phase == Phase::delaying) {
        --x.timed;
    }
}

void Applier::finish(ExecutionState& x, RunState& run, core::NodeStatus status) {
    leave(x, run);
    if (!enter(run, Phase::done)) return;
    run.status = status;
    --x.unfinished;
    if (x.ending != Ending::none) return;
    const PlanNode& node = x.plan->node(run.node);
    if (node.fallback) {
        RunState& fallback = executions_.run(x, *node.fallback);
        if (fallback.phase == Phase::blocked && enter(fallback, Phase::ready))
            x.agenda.skips.push(fallback.node);
    }
    if (node.fallback_for &&
        executions_.run(x, *node.fallback_for).phase == Phase::awaiting_fallback)
        x.agenda.outcomes.push(*node.fallback_for);
}

void Applier::deliver(ExecutionState& x, core::NodeIndex node,
                      const std::vector<PortValue>& outputs) {
    const auto& ports = x.plan->node(node).outputs;
    for (std::uint32_t port = 0; port < ports.size(); ++port) {
        const auto live = std::find_if(outputs.begin(), outputs.end(),
                                       [&](const PortValue& v) { return v.port.value == port; });
        for (const core::ConnectionIndex connection : ports[port]) {
            if (live == outputs.end()) {
                settle(x, connection, false, {});
            } else if (x.plan->connection(connection).is_plain()) {
                settle(x, connection, true, live->value);
            } else if (x.ending == Ending::none) {
                executions_.link(x, connection).value = live->value;
                x.agenda.links.push(connection);
            }
        }
    }
}

void Applier::settle(ExecutionState& x, core::ConnectionIndex connection, bool live,
                     core::Value value) {
    LinkState& link = executions_.link(x, connection);
    if (!expect(link.settled == LinkState::Settled::open, "the connection is settled already"))
        return;
    link.settled = live ? LinkState::Settled::live : LinkState::Settled::dead;
    link.value = std::move(value);
    RunState& target = executions_.run(x, x.plan->connection(connection).to);
    --target.unsettled;
    settled(x, target);
}

/// Waits for the last connection even when one has failed: what stands in for the node, or handles
/// its failure, reads all that arrives at it.
void Applier::settled(ExecutionState& x, RunState& target) {
    if (target.unsettled != 0 || target.phase != Phase::blocked || x.ending != Ending::none) return;
    if (executions_.data(x, target.node).failure == nullptr) return make_ready(x, target);
    if (enter(target, Phase::recovering)) x.agenda.failures.push(target.node);
}

void Applier::on(ExecutionState& x, const ExecutionCreated& r) {
    expect(r.trigger.value < x.runs.size(), "there is no such trigger");
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
    const auto nodes = x.plan->nodes();
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        RunState& run = executions_.run(x, {i});
        if (run.unsettled == 0 && !nodes[i].fallback_for) make_ready(x, run);
    }
}

void Applier::on(ExecutionState& x, const CancelRequested& r) {
    if (x.ending == Ending::canceling) {
        x.cancel_forced = true;
        return;
    }
    end(x, Ending::canceling);
    x.cancel_reason = r.reason;
    x.cancel_grace_due = r.grace_due;
    arm_execution(x, TimerPurpose::cancel_grace);
}

void Applier::on(ExecutionState& x, const Recovered& /*r*/) {
    // Nobody is left who could answer the request to abort.
    if (x.ending == Ending::canceling) x.cancel_forced = true;
    if (x.ending != Ending::none) return;
    // Some may be left from an earlier recovery that was interrupted itself. Attempts whose time is
    // up are not handed out again.
    x.agenda.interrupted.clear();
    const std::span<const core::NodeIndex> expired = x.agenda.expired.items();
    for (std::uint32_t i = 0; i < x.runs.size(); ++i) {
        if (executions_.run(x, {i}).phase != Phase::attempting) continue;
        if (std::find(expired.begin(), expired.end(), core::NodeIndex{i}) == expired.end())
            x.agenda.interrupted.push({i});
    }
}

void Applier::on(ExecutionState& x, const Continued& /*r*/) {
    ++x.continued;
}

void Applier::on(ExecutionState& x, const LinkSettled& r) {
    if (!expect(!x.agenda.links.empty() && x.agenda.links.front() == r.connection,
                "it was not that connection's turn"))
        return;
    x.agenda.links.pop();
    core::Value passed = executions_.link(x, r.connection).value;
    settle(x, r.connection, r.outcome != LinkOutcome::dead,
           r.outcome == LinkOutcome::passed ? std::move(passed) : r.value);
}

void Applier::on(ExecutionState& x, const LinkFailed& r) {
    if (!expect(!x.agenda.links.empty() && x.agenda.links.front() == r.connection,
                "it was not that connection's turn"))
        return;
    x.agenda.links.pop();
    RunState& target = executions_.run(x, x.plan->connection(r.connection).to);
    LinkState& link = executions_.link(x, r.connection);
    link.settled = LinkState::Settled::dead;
    link.value = {};
    --target.unsettled;
    RunData& data = executions_.data(x, target.node);
    // Of several failing connections the first one tells why.
    if (target.phase == Phase::blocked && data.failure == nullptr)
        data.failure = std::make_shared<core::Failure>(r.failure);
    settled(x, target);
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

void Applier::on(ExecutionState& x, const ExecutionFailed& r) {
    x.status = core::ExecutionStatus::failed;
    x.failure = r.failure;
}

void Applier::on(ExecutionState& x, const ExecutionCanceled& /*r*/) {
    x.status = core::ExecutionStatus::canceled;
}

}  // namespace millrace::engine
