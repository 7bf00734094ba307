// SPDX-License-Identifier: Apache-2.0
#include "inputs_of.hpp"

#include <algorithm>
#include <utility>

namespace millrace::engine {
namespace {

bool is_live(const Executions& executions, const ExecutionState& x,
             core::ConnectionIndex connection) {
    return executions.link(x, connection).settled == LinkState::Settled::live;
}

}  // namespace

core::NodeIndex reads_inputs_of(const Plan& plan, core::NodeIndex node) {
    // A fallback may itself have a fallback; the first node of the chain has the connections.
    while (plan.node(node).fallback_for)
        node = *plan.node(node).fallback_for;
    return node;
}

core::Value input_value(const Executions& executions, const ExecutionState& x, core::NodeIndex node,
                        std::size_t port) {
    const PlanNode& source = x.plan->node(reads_inputs_of(*x.plan, node));
    if (port >= source.inputs.size()) return {};
    const PlanInput& input = source.inputs[port];
    if (!input.many) {
        for (const core::ConnectionIndex connection : input.connections)
            if (is_live(executions, x, connection)) return executions.link(x, connection).value;
        return {};
    }
    std::vector<core::Value> values;
    for (const core::ConnectionIndex connection : input.connections)
        if (is_live(executions, x, connection))
            values.push_back(executions.link(x, connection).value);
    return core::Value::array(std::move(values));
}

void input_values(const Executions& executions, const ExecutionState& x, core::NodeIndex node,
                  std::vector<core::Value>& values) {
    values.clear();
    const std::size_t count = x.plan->node(node).definition->type.inputs.size();
    for (std::size_t port = 0; port < count; ++port)
        values.push_back(input_value(executions, x, node, port));
}

void input_labels(const Executions& executions, const ExecutionState& x, core::NodeIndex node,
                  std::vector<std::string_view>& labels) {
    labels.clear();
    const PlanNode& source = x.plan->node(reads_inputs_of(*x.plan, node));
    const auto many = std::find_if(source.inputs.begin(), source.inputs.end(),
                                   [](const PlanInput& input) { return input.many; });
    if (many == source.inputs.end()) return;
    for (const core::ConnectionIndex connection : many->connections)
        if (is_live(executions, x, connection))
            labels.push_back(x.plan->connection(connection).label);
}

bool has_dead_port(const Executions& executions, const ExecutionState& x, core::NodeIndex node) {
    const auto& inputs = x.plan->node(node).inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](const PlanInput& input) {
        return input.required && !input.connections.empty() &&
               std::none_of(input.connections.begin(), input.connections.end(),
                            [&](core::ConnectionIndex c) { return is_live(executions, x, c); });
    });
}

}  // namespace millrace::engine
