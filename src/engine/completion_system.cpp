// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <expected>
#include <string>
#include <utility>

#include "size_limits.hpp"
#include "slots.hpp"
#include "systems.hpp"

namespace millrace::engine {
namespace {

using core::Value;

/// Nothing follows the node; what handles its failures does not count.
bool is_sink(const PlanNode& node) {
    return std::all_of(node.outputs.begin(), node.outputs.end() - 1,
                       [](const auto& connections) { return connections.empty(); });
}

Value sink_value(const core::NodeType& type, const std::vector<PortValue>& outputs) {
    const auto name_of = [&](core::PortIndex port) {
        return port.value < type.outputs.size() ? type.outputs[port.value].name
                                                : std::string{error_port_name};
    };
    if (outputs.size() == 1) {
        const std::string name = name_of(outputs[0].port);
        if (name == "out" || name == "done") return outputs[0].value;
    }
    std::vector<core::Member> members;
    for (const PortValue& output : outputs)
        members.push_back({name_of(output.port), output.value});
    return Value::object(std::move(members));
}

/// Without `outputs` in the document: an entry per completed node that nothing follows. A fallback
/// has none of its own; the node that it stood in for took over its output.
Value default_outputs(const Turn& turn) {
    std::vector<core::Member> members;
    const auto nodes = turn.plan().nodes();
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        const bool completed = turn.run({i}).status == core::NodeStatus::completed;
        if (!completed || nodes[i].fallback_for || !is_sink(nodes[i])) continue;
        members.push_back(
            {nodes[i].id, sink_value(nodes[i].definition->type, turn.data({i}).outputs)});
    }
    return Value::object(std::move(members));
}

std::expected<Value, core::Failure> outputs_of(Turn& turn) {
    if (!turn.plan().outputs()) return default_outputs(turn);
    const BoundTemplate& outputs = *turn.plan().outputs();
    read_slots(turn, outputs.slots, {}, turn.scratch.operands);
    expr::Fuel fuel{turn.limits.expression_fuel};
    auto value = outputs.code.evaluate(turn.scratch.operands, fuel);
    if (!value) value.error().message = "the workflow's outputs: " + value.error().message;
    return value;
}

void complete(Turn& turn) {
    auto outputs = outputs_of(turn);
    if (outputs && is_too_large(*outputs, turn.limits))
        outputs = std::unexpected(too_large_failure(turn.limits));
    if (outputs) {
        turn.record(ExecutionCompleted{std::move(*outputs)});
    } else {
        turn.record(ExecutionFailed{std::move(outputs.error())});
    }
}

/// Ends one run of an execution that is wound up; nothing when it is still awaited.
void end_run(Turn& turn, core::NodeIndex node) {
    const RunState& run = turn.run(node);
    const RunKey key{0, node, 0};
    const bool awaited = turn.x.ending == Ending::canceling && !turn.x.cancel_forced;
    if (run.phase == Phase::attempting) {
        if (awaited) return;
        turn.abort(node);
    } else if (run.phase == Phase::succeeded) {
        // What an effect did is kept, though nothing follows from it any more.
        const bool waited = turn.node(node).role() == core::NodeRole::delay;
        turn.record(RunCompleted{key, waited ? CompletedBy::wait : CompletedBy::attempt, {}});
        return;
    } else if (run.phase == Phase::recovering) {
        const core::Failure& failure = *turn.data(node).failure;
        if (failure.error_class != core::ErrorClass::canceled) {
            turn.record(RunFailed{key, FailedThen::proceed, failure});
            return;
        }
    }
    turn.record(RunCanceled{key});
}

bool wind_up(Turn& turn) {
    for (std::uint32_t i = 0; i < turn.x.runs.size(); ++i) {
        if (turn.run({i}).phase == Phase::done) continue;
        if (turn.used_up()) return true;
        end_run(turn, {i});
    }
    if (turn.x.open > 0) return false;
    if (turn.x.ending == Ending::failing) {
        turn.record(ExecutionFailed{turn.x.failure});
    } else {
        turn.record(ExecutionCanceled{turn.x.cancel_reason});
    }
    return true;
}

}  // namespace

bool CompletionSystem::decide(Turn& turn) {
    if (turn.x.ending != Ending::none) return wind_up(turn);
    if (turn.x.unfinished == 0) {
        complete(turn);
        return true;
    }
    if (turn.x.open > 0) return false;
    if (turn.x.timed > 0) {
        if (turn.x.status != core::ExecutionStatus::running) return false;
        turn.record(ExecutionWaiting{});
        return true;
    }
    // No plan that compiles comes here. Should one do, its people are told instead of waiting.
    core::Failure failure;
    failure.code = "stuck";
    failure.message =
        "nothing can move this execution any more; please report this with its events";
    turn.record(ExecutionFailed{failure});
    return true;
}

}  // namespace millrace::engine
