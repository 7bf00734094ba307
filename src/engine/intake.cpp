// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <utility>

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
void abort_for_cancel(Turn& turn, core::NodeIndex node) {
    if (!turn.abort(node)) return;
    core::Failure failure;
    failure.code = "canceled";
    failure.error_class = core::ErrorClass::canceled;
    failure.message = "canceled before it was sent";
    failure.node_id = turn.node(node).id;
    failure.attempt = turn.run(node).attempt;
    turn.record(AttemptFailed{{0, node, 0}, failure.attempt, failure, ""});
}

}  // namespace

bool take_completion(Turn& turn, Completion completion) {
    const RunKey& key = completion.run;
    if (key.scope != 0 || key.generation != 0 || key.node.value >= turn.x.runs.size()) return false;
    const RunState& run = turn.run(key.node);
    // Late results of a closed attempt, and all but the first of an open one, are discarded.
    if (run.phase != Phase::attempting || run.attempt != completion.attempt) return false;
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
    core::Failure failure = std::move(std::get<core::Failure>(completion.outcome));
    failure.node_id = turn.node(key.node).id;
    failure.attempt = completion.attempt;
    turn.input(
        AttemptFailed{key, completion.attempt, std::move(failure), std::move(completion.executor)});
    return true;
}

bool take_cancel(Turn& turn, const CancelExecution& cancel) {
    if (is_terminal(turn.x.status) || turn.x.ending == Ending::failing) {
        turn.frame.answers.push_back(
            {cancel.token, core::fail(CommandErrc::already_finished,
                                      "execution " + turn.x.id.text() + " has already ended")});
        return false;
    }
    const bool first = turn.x.ending == Ending::none;
    turn.input(CancelRequested{cancel.reason, turn.now() + turn.limits.cancel_grace});
    if (first) {
        for (std::uint32_t i = 0; i < turn.x.runs.size(); ++i)
            if (turn.run({i}).phase == Phase::attempting) abort_for_cancel(turn, {i});
    }
    turn.frame.answers.push_back({cancel.token, {}});
    return true;
}

bool take_recovery(Turn& turn) {
    if (is_terminal(turn.x.status) || turn.x.open == 0) return false;
    turn.input(Recovered{});
    return true;
}

}  // namespace millrace::engine
