// SPDX-License-Identifier: Apache-2.0
#include "systems.hpp"

namespace millrace::engine {
namespace {

/// Effects in flight are given time to answer when people cancel, and only then.
bool awaits_effects(const ExecutionState& x, const ScopeState& scope) {
    return scope.ending == Ending::canceling && !x.cancel_forced;
}

/// Ends one run of a scope that is wound up; nothing when it is still awaited.
void end_run(Turn& turn, RunRef ref, bool awaits) {
    const RunState& run = turn.run(ref);
    const RunKey key = turn.key(ref);
    switch (run.phase) {
        case Phase::done:
        case Phase::containing: return;  // what lives in a container is wound up by itself
        case Phase::attempting:
            if (awaits) return;
            turn.abort(ref);
            break;
        case Phase::succeeded: {
            // What an effect did is kept, though nothing follows from it any more.
            const bool waited = is_wait(turn.node(ref.node).role());
            turn.record(RunCompleted{key, waited ? CompletedBy::wait : CompletedBy::attempt, {}});
            return;
        }
        case Phase::recovering: {
            const core::Failure failure = *turn.data(ref).failure;
            if (failure.error_class == core::ErrorClass::canceled) break;
            turn.record(RunFailed{key, FailedThen::proceed, failure});
            return;
        }
        case Phase::blocked:
        case Phase::ready:
        case Phase::backing_off:
        case Phase::delaying:
        case Phase::awaiting_fallback: break;
    }
    turn.record(RunCanceled{key});
}

void end_runs(Turn& turn, const ScopeState& scope) {
    const std::uint32_t number = scope.id;
    const bool awaits = awaits_effects(turn.x, scope);
    for (const core::NodeIndex node : turn.plan().scope(scope.scope).nodes) {
        if (turn.used_up()) return;
        end_run(turn, {number, node}, awaits);
    }
}

/// How often a whole workflow may still be tried anew after a failure.
bool may_restart(const Turn& turn) {
    const core::WorkflowOnError& on_error = turn.plan().settings().on_error;
    return on_error.kind == core::WorkflowOnError::Kind::retry && !turn.x.fails_for_good &&
           !turn.x.cancel_seen && turn.x.generation + 1 < on_error.retry.max_attempts;
}

void restart(Turn& turn, const core::Failure& failure) {
    const core::WorkflowRetry& retry = turn.plan().settings().on_error.retry;
    double ms = static_cast<double>(retry.delay.ms);
    const double most = static_cast<double>(retry.max_delay.ms);
    for (std::uint32_t i = 0; i < turn.x.generation && ms < most; ++i)
        ms *= retry.backoff;
    const core::Duration delay{static_cast<std::int64_t>(ms < most ? ms : most)};
    turn.record(ExecutionRestarted{turn.x.generation + 1, turn.now() + delay, failure});
}

core::Failure failure_of(const ScopeState& scope) {
    return scope.failure ? *scope.failure : core::Failure{};
}

/// Everything in the scope has ended, and what has completed in it is to be undone first.
bool has_undos(const ScopeState& scope) {
    return scope.unfinished == 0 && !scope.undos.empty();
}

/// What goes on beside an iteration that has failed is not to wait until that is undone.
bool must_stop_container(const Executions& executions, const ExecutionState& x,
                         const ScopeState& scope) {
    const bool may_fail_it = scope.id != 0 && scope.ending == Ending::failing &&
                             x.plan->scope(scope.scope).part == ScopePart::body;
    if (!may_fail_it || !has_undos(scope)) return false;
    const ContainerState& container = *executions.data(x, scope.container).container;
    return !container.continues_on_error && !container.is_stopped();
}

/// One run is undone at a time, and none while people hold the execution.
bool may_undo(const ExecutionState& x) {
    return x.undoing == 0 && (x.skips_undos || !x.is_paused());
}

/// Of all that is to be undone by now what has completed last.
bool undo_last(Turn& turn) {
    if (!may_undo(turn.x)) return false;
    const ScopeState* owner = nullptr;
    for (const std::uint32_t number : turn.x.endings) {
        const ScopeState& scope = turn.all.scope(turn.x, number);
        if (!has_undos(scope)) continue;
        if (owner == nullptr || scope.undos.back().seq > owner->undos.back().seq) owner = &scope;
    }
    if (owner == nullptr) return false;
    const RunKey undone = turn.key(owner->undos.back().run);
    if (turn.x.skips_undos) {
        turn.record(UndoSkipped{undone, owner->id});
    } else {
        turn.record(UndoStarted{turn.x.last_scope + 1, undone, owner->id});
    }
    return true;
}

void close(Turn& turn, const ScopeState& scope) {
    if (scope.id != 0 && scope.id == turn.x.undoing) {
        turn.record(UndoEnded{scope.id});
        return;
    }
    if (scope.id != 0) {
        turn.record(ScopeClosed{scope.id, scope.ending == Ending::failing
                                              ? ScopeOutcome::failed
                                              : ScopeOutcome::canceled});
        return;
    }
    if (scope.ending == Ending::canceling) {
        turn.record(ExecutionCanceled{turn.x.cancel_reason});
        return;
    }
    const core::Failure failure = failure_of(scope);
    if (may_restart(turn)) {
        restart(turn, failure);
    } else {
        turn.record(ExecutionFailed{failure});
    }
}

}  // namespace

bool EndingSystem::has_work(const Executions& executions, const ExecutionState& x,
                            const ScopeState& scope) {
    if (has_undos(scope)) return may_undo(x) || must_stop_container(executions, x, scope);
    const std::uint32_t awaited = awaits_effects(x, scope) ? scope.open : 0;
    return scope.unfinished == 0 || scope.unfinished > scope.containing + awaited;
}

bool EndingSystem::decide(Turn& turn) {
    for (const std::uint32_t number : turn.x.endings) {
        const ScopeState& scope = turn.all.scope(turn.x, number);
        const bool stops = must_stop_container(turn.all, turn.x, scope);
        if (!stops && (has_undos(scope) || !has_work(turn.all, turn.x, scope))) continue;
        if (stops) {
            turn.record(ContainerStopped{turn.key(scope.container), ContainerStop::failed,
                                         failure_of(scope)});
        } else if (scope.unfinished == 0) {
            close(turn, scope);
        } else {
            end_runs(turn, scope);
        }
        return true;
    }
    return undo_last(turn);
}

}  // namespace millrace::engine
