// SPDX-License-Identifier: Apache-2.0
#include "systems.hpp"

namespace millrace::engine {
namespace {

bool winding_up_has_work(const Executions& executions, const ExecutionState& x) {
    if (x.open == 0) return true;
    const bool waits_for_attempts = x.ending == Ending::canceling && !x.cancel_forced;
    if (!waits_for_attempts) return true;
    for (std::uint32_t i = 0; i < x.runs.size(); ++i) {
        const Phase phase = executions.run(x, {i}).phase;
        if (phase != Phase::done && phase != Phase::attempting) return true;
    }
    return false;
}

}  // namespace

void run_systems(Turn& turn) {
    while (!is_terminal(turn.x.status) && !turn.used_up()) {
        if (turn.x.status == core::ExecutionStatus::pending && turn.x.ending == Ending::none) {
            turn.record(ExecutionStarted{});
            continue;
        }
        // While an execution is wound up only the last system has a say.
        if (turn.x.ending == Ending::none &&
            (ConnectionSystem::decide(turn) || ReadinessSystem::decide(turn) ||
             RecoverySystem::decide(turn) || DispatchSystem::decide(turn)))
            continue;
        if (!CompletionSystem::decide(turn)) return;
    }
}

bool has_work(const Executions& executions, const ExecutionState& x) {
    if (is_terminal(x.status)) return false;
    if (x.ending != Ending::none) return winding_up_has_work(executions, x);
    if (x.status == core::ExecutionStatus::pending || x.unfinished == 0) return true;
    if (!x.agenda.empty_but_effects()) return true;
    if (!x.agenda.effect_starts.empty() && x.open_effects < x.plan->settings().max_parallel_nodes)
        return true;
    // Nothing is in flight and that is not announced yet, or nothing could ever move it.
    return x.open == 0 && (x.timed == 0 || x.status == core::ExecutionStatus::running);
}

}  // namespace millrace::engine
