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
    for (const core::NodeIndex index : turn.plan().scope(0).nodes) {
        const PlanNode& node = turn.node(index);
        const bool completed = turn.run({0, index}).status == core::NodeStatus::completed;
        if (!completed || node.fallback_for || !is_sink(node)) continue;
        members.push_back(
            {node.id, sink_value(node.definition->type, turn.data({0, index}).outputs)});
    }
    return Value::object(std::move(members));
}

std::expected<Value, core::Failure> outputs_of(Turn& turn) {
    if (!turn.plan().outputs()) return default_outputs(turn);
    const BoundTemplate& outputs = *turn.plan().outputs();
    turn.scratch.operands.clear();
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
    } else if (!turn.x.top.undos.empty()) {
        turn.record(OutputsFailed{std::move(outputs.error())});
    } else {
        turn.record(ExecutionFailed{std::move(outputs.error())});
    }
}

}  // namespace

bool CompletionSystem::decide(Turn& turn) {
    if (!turn.x.is_ending() && !turn.x.restart_due && turn.x.top.unfinished == 0) {
        complete(turn);
        return true;
    }
    if (turn.x.in_flight() > 0) return false;
    if (turn.x.timed > 0 || !turn.x.children.empty()) {
        if (turn.x.status != core::ExecutionStatus::running) return false;
        turn.record(ExecutionWaiting{});
        return true;
    }
    // Attempts that are awaited, or what a container's end waits for, move it.
    if (turn.x.is_ending()) return false;
    // No plan that compiles comes here. Should one do, its people are told instead of waiting.
    core::Failure failure;
    failure.code = "stuck";
    failure.message =
        "nothing can move this execution any more; please report this with its events";
    turn.record(ExecutionFailed{failure});
    return true;
}

}  // namespace millrace::engine
