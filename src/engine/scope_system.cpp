// SPDX-License-Identifier: Apache-2.0
#include <expected>
#include <string>
#include <utility>

#include "container_work.hpp"
#include "outputs_of.hpp"
#include "size_limits.hpp"
#include "slots.hpp"
#include "systems.hpp"

namespace millrace::engine {
namespace {

using core::Value;

/// Asks one of the loop's own conditions.
std::expected<bool, core::Failure> ask(Turn& turn, RunRef loop, const BoundExpression& condition,
                                       Value value, std::uint32_t index) {
    SlotOwner owner = SlotOwner::of(loop);
    owner.item = std::move(value);
    owner.index = index;
    turn.scratch.operands.clear();
    read_slots(turn, condition.slots, owner, turn.scratch.operands);
    expr::Fuel fuel{turn.limits.expression_fuel};
    auto answer = expr::evaluate(condition.code, turn.scratch.operands, fuel);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return expr::is_truthy(*answer);
}

void stop(Turn& turn, RunRef container, core::Failure failure) {
    failure.node_id = turn.node(container.node).id;
    turn.record(ContainerStopped{turn.key(container), ContainerStop::failed, std::move(failure)});
}

core::Failure endless(const ContainerState& state) {
    core::Failure failure;
    failure.code = "max_iterations";
    failure.error_class = core::ErrorClass::limit;
    failure.message = "the loop's condition still holds after its max_iterations of " +
                      std::to_string(state.total);
    return failure;
}

/// The condition to leave a loop early, after an iteration.
void check(Turn& turn, RunRef loop, const ContainerState& state) {
    const ContainerState::Result ended = state.checks.front();
    const auto leaves =
        ask(turn, loop, *turn.node(loop.node).container->leave, ended.value, ended.index);
    if (!leaves) {
        stop(turn, loop, leaves.error());
    } else if (*leaves) {
        turn.record(ContainerStopped{turn.key(loop), ContainerStop::broken, {}});
    } else {
        turn.record(IterationChecked{turn.key(loop)});
    }
}

void open(Turn& turn, RunRef container, std::uint32_t index, ScopePart part) {
    turn.record(ScopeOpened{turn.x.last_scope + 1, turn.key(container), index, part});
}

/// Before an iteration of a loop with a condition; also when there are as many as there may be.
void open_while(Turn& turn, RunRef loop, const ContainerState& state) {
    const auto goes_on =
        ask(turn, loop, *turn.node(loop.node).container->condition, state.last, state.next);
    if (!goes_on) {
        stop(turn, loop, goes_on.error());
    } else if (!*goes_on) {
        turn.record(ContainerStopped{turn.key(loop), ContainerStop::exhausted, {}});
    } else if (state.next >= state.total) {
        stop(turn, loop, endless(state));
    } else {
        open(turn, loop, state.next, ScopePart::body);
    }
}

/// The failure of an inner run as that of the container.
core::Failure failure_of(const Turn& turn, RunRef container, const ContainerState& state) {
    core::Failure failure = state.failure ? *state.failure : core::Failure{};
    failure.attempt = turn.run(container).attempt;
    return failure;
}

/// All that lived in the container has ended.
void end(Turn& turn, RunRef container, const ContainerState& state) {
    const RunKey key = turn.key(container);
    if (cleanup_is_due(turn.all, turn.x, container)) {
        open(turn, container, 0, ScopePart::cleanup);
    } else if (turn.all.scope(turn.x, container.scope).ending != Ending::none) {
        turn.record(RunCanceled{key});
    } else if (state.commanded == NodeAction::skip) {
        turn.record(RunSkipped{key});
    } else if (state.commanded) {
        turn.record(RunCanceled{key});
    } else if (state.stop == ContainerStop::failed) {
        turn.record(AttemptFailed{key, turn.run(container).attempt,
                                  failure_of(turn, container, state), ""});
    } else if (is_too_large(container_outputs(turn.node(container.node), state), {}, turn.limits)) {
        core::Failure failure = too_large_failure(turn.limits);
        failure.node_id = turn.node(container.node).id;
        failure.attempt = turn.run(container).attempt;
        turn.record(AttemptFailed{key, failure.attempt, failure, ""});
    } else {
        turn.record(RunCompleted{key, CompletedBy::scope, {}});
    }
}

/// A loop that has more results than a value may hold would fail in the end; that it does so now
/// bounds what it keeps.
void close(Turn& turn, std::uint32_t scope) {
    if (scope == turn.x.undoing) {
        turn.record(UndoEnded{scope});
        return;
    }
    const RunRef container = turn.all.scope(turn.x, scope).container;
    turn.record(ScopeClosed{scope, ScopeOutcome::completed});
    const ContainerState& state = *turn.data(container).container;
    if (!state.is_stopped() && state.results_weight > turn.limits.value_weight_max)
        stop(turn, container, too_large_failure(turn.limits));
}

void decide_container(Turn& turn, RunRef container) {
    const ContainerState& state = *turn.data(container).container;
    const bool is_ending = turn.all.scope(turn.x, container.scope).ending != Ending::none;
    if (!is_ending && state.has_check()) {
        check(turn, container, state);
    } else if (!is_ending && state.is_conditional && !state.is_stopped() && state.live == 0) {
        open_while(turn, container, state);
    } else if (!is_ending && state.can_open()) {
        open(turn, container, state.next, ScopePart::body);
    } else {
        end(turn, container, state);
    }
}

}  // namespace

bool ScopeSystem::decide(Turn& turn) {
    const Agenda& agenda = turn.x.agenda;
    if (!agenda.closings.empty()) {
        close(turn, agenda.closings.front());
        return true;
    }
    if (agenda.containers.empty()) return false;
    decide_container(turn, agenda.containers.front());
    return true;
}

}  // namespace millrace::engine
