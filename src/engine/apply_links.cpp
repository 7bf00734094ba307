// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "apply.hpp"
#include "inputs_of.hpp"

// How values reach runs, and when runs become ready.

namespace millrace::engine {

void Applier::start_scope(ExecutionState& x, const ScopeState& scope) {
    const std::uint32_t number = scope.id;
    for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes) {
        RunState& run = executions_.run(x, {number, node});
        const bool waits = run.unsettled != 0 || x.plan->node(node).fallback_for;
        if (!waits && run.phase == Phase::blocked) make_ready(x, run);
    }
}

void Applier::make_ready(ExecutionState& x, RunState& run) {
    if (is_ending(x, run) || !enter(run, Phase::ready)) return;
    const bool idle_trigger =
        x.plan->node(run.node).role() == core::NodeRole::trigger && run.node != x.trigger;
    if (idle_trigger || has_dead_port(executions_, x, run.ref())) {
        x.agenda.skips.push(run.ref());
    } else {
        start_queue(x, run.ref());
    }
}

void Applier::start_queue(ExecutionState& x, RunRef run) {
    const bool effect = x.plan->node(run.node).role() == core::NodeRole::effect;
    (effect ? x.agenda.effect_starts : x.agenda.pure_starts).push(run);
}

void Applier::deliver(ExecutionState& x, RunRef run, const std::vector<PortValue>& outputs) {
    const auto& ports = x.plan->node(run.node).outputs;
    for (std::uint32_t port = 0; port < ports.size(); ++port) {
        if (ports[port].empty()) continue;
        const auto live = std::find_if(outputs.begin(), outputs.end(),
                                       [&](const PortValue& v) { return v.port.value == port; });
        for (const core::ConnectionIndex connection : ports[port]) {
            if (live == outputs.end()) {
                settle(x, {run.scope, connection}, false, {});
            } else {
                give(x, {run.scope, connection}, live->value);
            }
        }
    }
}

/// A value leaves the connection's source.
void Applier::give(ExecutionState& x, LinkRef link, const core::Value& value) {
    if (x.plan->connection(link.connection).is_plain()) {
        settle(x, link, true, value);
    } else if (executions_.scope(x, link.scope).ending == Ending::none) {
        executions_.link(x, link).value = value;
        x.agenda.links.push(link);
    }
}

void Applier::settle(ExecutionState& x, LinkRef ref, bool live, core::Value value) {
    LinkState& link = executions_.link(x, ref);
    if (!expect(link.settled == LinkState::Settled::open, "the connection is settled already"))
        return;
    link.settled = live ? LinkState::Settled::live : LinkState::Settled::dead;
    link.value = std::move(value);
    const PlanConnection& connection = x.plan->connection(ref.connection);
    if (connection.is_result) {
        ScopeState& scope = executions_.scope(x, ref.scope);
        --scope.open_results;
        check_closing(x, scope);
        return;
    }
    RunState& target = executions_.run(x, {ref.scope, connection.to});
    --target.unsettled;
    settled(x, target);
}

/// Waits for the last connection even when one has failed: what stands in for the node, or handles
/// its failure, reads all that arrives at it.
void Applier::settled(ExecutionState& x, RunState& target) {
    if (target.unsettled != 0 || target.phase != Phase::blocked || is_ending(x, target)) return;
    if (executions_.data(x, target.ref()).failure == nullptr) {
        make_ready(x, target);
    } else if (enter(target, Phase::recovering)) {
        x.agenda.failures.push(target.ref());
    }
}

bool Applier::take_link(ExecutionState& x, LinkRef link) {
    Fifo<LinkRef>& links = x.agenda.links;
    const bool fits = !links.empty() && links.front() == link && executions_.holds(x, link);
    if (!expect(fits, "it was not that connection's turn")) return false;
    links.pop();
    return true;
}

void Applier::on(ExecutionState& x, const LinkSettled& r) {
    const LinkRef ref{r.scope, r.connection};
    if (!take_link(x, ref)) return;
    core::Value passed = executions_.link(x, ref).value;
    settle(x, ref, r.outcome != LinkOutcome::dead,
           r.outcome == LinkOutcome::passed ? std::move(passed) : r.value);
}

void Applier::on(ExecutionState& x, const LinkFailed& r) {
    const LinkRef ref{r.scope, r.connection};
    if (!take_link(x, ref)) return;
    LinkState& link = executions_.link(x, ref);
    link.settled = LinkState::Settled::dead;
    link.value = {};
    const PlanConnection& connection = x.plan->connection(r.connection);
    if (connection.is_result) {
        ScopeState& scope = executions_.scope(x, r.scope);
        --scope.open_results;
        scope.failure = std::make_shared<core::Failure>(r.failure);
        end_scope(x, r.scope, Ending::failing);
        return;
    }
    RunState& target = executions_.run(x, {r.scope, connection.to});
    --target.unsettled;
    RunData& data = executions_.data(x, target.ref());
    // Of several failing connections the first one tells why.
    if (target.phase == Phase::blocked && data.failure == nullptr)
        data.failure = std::make_shared<core::Failure>(r.failure);
    settled(x, target);
}

}  // namespace millrace::engine
