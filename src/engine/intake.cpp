// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "size_limits.hpp"

namespace millrace::engine {
namespace {

bool ports_exist(const PlanNode& node, const std::vector<PortValue>& outputs) {
    return std::all_of(outputs.begin(), outputs.end(), [&](const PortValue& output) {
        return output.port.value < node.definition->type.outputs.size();
    });
}

core::Failure bad_ports(const PlanNode& node) {
    core::Failure failure;
    failure.code = "bad_ports";
    failure.node_id = node.id;
    failure.message = "the executor answered on an output port that " + node.definition->type.type +
                      " does not have";
    return failure;
}

/// Asks the executor to stop. An attempt that this very frame began has not left yet: nobody will
/// answer for it.
void abort_for_cancel(Turn& turn, RunRef run) {
    if (!turn.abort(run)) return;
    core::Failure failure;
    failure.code = "canceled";
    failure.error_class = core::ErrorClass::canceled;
    failure.message = "canceled before it was sent";
    failure.node_id = turn.node(run.node).id;
    failure.attempt = turn.run(run).attempt;
    turn.record(AttemptFailed{turn.key(run), failure.attempt, failure, ""});
}

void abort_all(Turn& turn) {
    // Records may take numbers out of the list.
    const std::vector<std::uint32_t> endings = turn.x.endings;
    for (const std::uint32_t number : endings) {
        const ScopeState& scope = turn.all.scope(turn.x, number);
        if (scope.ending != Ending::canceling || scope.open == 0) continue;
        for (const core::NodeIndex node : turn.plan().scope(scope.scope).nodes)
            if (turn.run({number, node}).phase == Phase::attempting)
                abort_for_cancel(turn, {number, node});
    }
}

}  // namespace

bool take_completion(Turn& turn, Completion completion) {
    const RunKey& key = completion.run;
    const RunRef ref{key.scope, key.node};
    if (key.generation != turn.x.generation || !turn.all.holds(turn.x, ref)) return false;
    const RunState& run = turn.run(ref);
    // Late results of a closed attempt, and all but the first of an open one, are discarded.
    const auto expired = turn.x.agenda.expired.items();
    const bool is_closed = std::ranges::find(expired, ref) != expired.end();
    if (run.phase != Phase::attempting || run.attempt != completion.attempt || is_closed)
        return false;
    // A result that was under way across a crash makes the attempt's new effect needless.
    if (run.reissued > 0) turn.take_back(ref);
    if (auto* outputs = std::get_if<std::vector<PortValue>>(&completion.outcome)) {
        if (!ports_exist(turn.node(key.node), *outputs)) {
            completion.outcome = bad_ports(turn.node(key.node));
        } else if (is_too_large(*outputs, completion.note, turn.limits)) {
            completion.outcome = too_large_failure(turn.limits);
        } else {
            turn.input(AttemptSucceeded{key, completion.attempt, std::move(*outputs),
                                        std::move(completion.executor),
                                        std::move(completion.note)});
            return true;
        }
    }
    if (const auto* detached = std::get_if<Detached>(&completion.outcome)) {
        if (turn.x.child_of(ref) != nullptr) return false;
        turn.input(AttemptDetached{key, completion.attempt, detached->child.text(),
                                   detached->abandons, std::move(completion.executor)});
        return true;
    }
    core::Failure failure = std::move(std::get<core::Failure>(completion.outcome));
    failure.node_id = turn.node(key.node).id;
    failure.attempt = completion.attempt;
    turn.input(
        AttemptFailed{key, completion.attempt, std::move(failure), std::move(completion.executor)});
    return true;
}

bool take_cancel(Turn& turn, const CancelExecution& cancel) {
    if (is_terminal(turn.x.status)) {
        turn.frame.answers.push_back(
            {cancel.token, core::fail(CommandErrc::already_finished,
                                      "execution " + turn.x.id.text() + " has already ended")});
        return false;
    }
    take_input(turn, CancelRequested{cancel.reason, turn.now() + turn.limits.cancel_grace});
    turn.frame.answers.push_back({cancel.token, {}});
    return true;
}

bool take_recovery(Turn& turn) {
    if (is_terminal(turn.x.status) || turn.x.open == 0) return false;
    turn.input(Recovered{});
    return true;
}

void take_input(Turn& turn, RecordBody body) {
    const bool cancels = std::holds_alternative<CancelRequested>(body);
    const bool is_first = cancels && !turn.x.is_ending();
    const auto* command = std::get_if<NodeCommanded>(&body);
    std::optional<NodeCommanded> commanded;
    if (command != nullptr) commanded = *command;
    if (commanded) {
        const RunRef run{commanded->run.scope, commanded->run.node};
        if (turn.run(run).phase == Phase::attempting) turn.abort(run);
    }
    turn.input(std::move(body));
    if (is_first) abort_all(turn);
    if (commanded) follow_command(turn, *commanded);
}

}  // namespace millrace::engine
