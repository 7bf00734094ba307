// SPDX-License-Identifier: Apache-2.0
#include "systems.hpp"

namespace millrace::engine {
namespace {

bool waits_for_permit(const ExecutionState& x) {
    return x.is_limited() && !(x.control && x.control->has_permit);
}

bool endings_have_work(const Executions& executions, const ExecutionState& x) {
    for (const std::uint32_t number : x.endings)
        if (EndingSystem::has_work(executions, x, executions.scope(x, number))) return true;
    return false;
}

bool decide(Turn& turn) {
    ExecutionState& x = turn.x;
    if (x.status == core::ExecutionStatus::pending && !x.is_ending()) {
        if (x.waits_to_start() || waits_for_permit(x)) return false;
        turn.record(ExecutionStarted{});
        return true;
    }
    if (!x.endings.empty() && EndingSystem::decide(turn)) return true;
    if (x.is_paused()) return RecoverySystem::decide_expired(turn);
    return ConnectionSystem::decide(turn) || ReadinessSystem::decide(turn) ||
           RecoverySystem::decide(turn) || DispatchSystem::decide(turn) ||
           ScopeSystem::decide(turn) || CompletionSystem::decide(turn);
}

}  // namespace

void run_systems(Turn& turn) {
    while (!is_terminal(turn.x.status) && !turn.used_up())
        if (!decide(turn)) return;
}

bool has_work(const Executions& executions, const ExecutionState& x) {
    if (is_terminal(x.status)) return false;
    if (x.status == core::ExecutionStatus::pending && !x.is_ending())
        return !x.waits_to_start() && !waits_for_permit(x);
    if (!x.endings.empty() && endings_have_work(executions, x)) return true;
    if (x.is_paused()) return !x.agenda.expired.empty();
    if (!x.agenda.empty_but_effects()) return true;
    if (!x.agenda.effect_starts.empty() && x.open_effects < x.plan->settings().max_parallel_nodes)
        return true;
    if (!x.is_ending() && !x.restart_due && x.top.unfinished == 0) return true;
    if (x.in_flight() > 0) return false;
    // Nothing is in flight and that is not announced yet, or nothing could ever move it.
    if (x.timed > 0 || !x.children.empty()) return x.status == core::ExecutionStatus::running;
    return !x.is_ending();
}

}  // namespace millrace::engine
