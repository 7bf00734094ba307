// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include "apply.hpp"
#include "inputs_of.hpp"

// What has completed and may have to be undone, and how it is.

namespace millrace::engine {

void Applier::note_undo(ExecutionState& x, RunRef run, CompletedBy by) {
    if (!x.plan->node(run.node).undone_by || !is_own_doing(by)) return;
    executions_.scope(x, run.scope).undos.push_back(undo_for(executions_, x, run, x.next_seq));
}

/// The instance whose turn it is to undo the run.
ScopeState* Applier::undoing_scope(ExecutionState& x, const RunKey& run, std::uint32_t owner) {
    ScopeState* const scope = executions_.find_scope(x, owner);
    const bool may_undo = scope != nullptr && scope->ending != Ending::none &&
                          scope->unfinished == 0 && !scope->undos.empty() && x.undoing == 0;
    if (!expect(may_undo, "nothing is to be undone there")) return nullptr;
    const bool is_next =
        scope->undos.back().run == RunRef{run.scope, run.node} && run.generation == x.generation;
    return expect(is_next, "another run is to be undone before") ? scope : nullptr;
}

void Applier::on(ExecutionState& x, const UndoStarted& r) {
    if (undoing_scope(x, r.run, r.owner) == nullptr) return;
    if (!expect(r.scope == x.last_scope + 1, "its instance is not the next one")) return;
    const PlanNode& undone = x.plan->node(r.run.node);
    x.last_scope = r.scope;
    x.undoing = r.scope;
    ScopeState& scope = executions_.open_scope(x, r.scope, x.plan->node(*undone.undone_by).scope);
    scope.container = {r.owner, r.run.node};
    start_scope(x, scope);
}

void Applier::on(ExecutionState& x, const UndoEnded& r) {
    const ScopeState* const scope = r.scope == 0 ? nullptr : executions_.find_scope(x, r.scope);
    const bool fits = scope != nullptr && x.undoing == r.scope && scope->unfinished == 0;
    if (!expect(fits, "nothing is undone there")) return;
    if (scope->ending == Ending::none) {
        Fifo<std::uint32_t>& closings = x.agenda.closings;
        if (!expect(!closings.empty() && closings.front() == r.scope, "it was not its turn"))
            return;
        closings.pop();
    } else {
        std::erase(x.endings, r.scope);
    }
    executions_.scope(x, scope->container.scope).undos.pop_back();
    x.undoing = 0;
    executions_.close_scope(x, r.scope);
}

void Applier::on(ExecutionState& x, const UndoSkipped& r) {
    ScopeState* const owner = undoing_scope(x, r.run, r.owner);
    if (owner == nullptr || !expect(x.skips_undos, "nobody asked to skip it")) return;
    owner->undos.pop_back();
}

void Applier::on(ExecutionState& x, const OutputsFailed& r) {
    const bool is_over = !x.is_ending() && x.top.unfinished == 0 && !x.restart_due;
    if (!expect(is_over, "some runs have not ended")) return;
    x.fails_for_good = true;
    x.top.failure = std::make_shared<const core::Failure>(r.failure);
    end_scope(x, 0, Ending::failing);
}

}  // namespace millrace::engine
