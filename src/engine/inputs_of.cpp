// SPDX-License-Identifier: Apache-2.0
#include "inputs_of.hpp"

#include <algorithm>
#include <utility>

namespace millrace::engine {
namespace {

bool is_live(const Executions& executions, const ExecutionState& x, LinkRef link) {
    return executions.link(x, link).settled == LinkState::Settled::live;
}

/// What an operator gives the run in place of what arrives; null when nothing is given.
const core::Value* given_input(const Executions& executions, const ExecutionState& x, RunRef run) {
    if (!x.control || x.control->inputs.is_null()) return nullptr;
    return x.control->inputs.find(executions.path(x, run));
}

}  // namespace

core::NodeIndex reads_inputs_of(const Plan& plan, core::NodeIndex node) {
    // A fallback may itself have a fallback; the first node of the chain has the connections.
    while (plan.node(node).fallback_for)
        node = *plan.node(node).fallback_for;
    return node;
}

core::Value seen_value(const Executions& executions, const ExecutionState& x, std::uint32_t scope,
                       const SlotSource& slot) {
    const bool is_output = slot.kind == SlotSource::Kind::node_output;
    const std::uint32_t wanted = is_output ? x.plan->node(slot.node).scope : slot.index;
    const ScopeState* const around = executions.enclosing(x, scope, wanted);
    if (around == nullptr) return {};
    if (slot.kind == SlotSource::Kind::item) return around->item;
    if (!is_output) return core::Value{around->index};
    const RunRef ref{around->id, slot.node};
    if (executions.run(x, ref).phase != Phase::done) return {};
    return output_at(executions.data(x, ref).outputs, slot.port);
}

Undo undo_for(const Executions& executions, const ExecutionState& x, RunRef run,
              std::uint64_t seq) {
    const PlanNode& node = x.plan->node(run.node);
    Undo undo;
    undo.seq = seq;
    undo.run = run;
    undo.place = executions.path(x, run);
    undo.place.resize(undo.place.size() - std::min(undo.place.size(), node.id.size() + 1));
    undo.input = input_value(executions, x, run, 0);
    undo.output = output_at(executions.data(x, run).outputs, node.primary);
    undo.reads.reserve(node.undo_reads.size());
    for (const SlotSource& slot : node.undo_reads)
        undo.reads.push_back(seen_value(executions, x, run.scope, slot));
    return undo;
}

core::Value input_value(const Executions& executions, const ExecutionState& x, RunRef run,
                        std::size_t port) {
    const core::NodeIndex head = reads_inputs_of(*x.plan, run.node);
    const PlanNode& source = x.plan->node(head);
    if (port >= source.inputs.size()) return {};
    if (port == 0) {
        const core::Value* const given = given_input(executions, x, {run.scope, head});
        if (given != nullptr) return *given;
        if (source.undoes) {
            const Undo& undo = executions.undo_of(x, executions.scope(x, run.scope));
            return undo_input(undo.input, undo.output);
        }
    }
    const PlanInput& input = source.inputs[port];
    if (!input.many) {
        for (const core::ConnectionIndex connection : input.connections) {
            const LinkRef link{run.scope, connection};
            if (is_live(executions, x, link)) return executions.link(x, link).value;
        }
        return {};
    }
    std::vector<core::Value> values;
    for (const core::ConnectionIndex connection : input.connections) {
        const LinkRef link{run.scope, connection};
        if (is_live(executions, x, link)) values.push_back(executions.link(x, link).value);
    }
    return core::Value::array(std::move(values));
}

void input_values(const Executions& executions, const ExecutionState& x, RunRef run,
                  std::vector<core::Value>& values) {
    values.clear();
    const std::size_t count = x.plan->node(run.node).definition->type.inputs.size();
    for (std::size_t port = 0; port < count; ++port)
        values.push_back(input_value(executions, x, run, port));
}

void input_labels(const Executions& executions, const ExecutionState& x, RunRef run,
                  std::vector<std::string_view>& labels) {
    labels.clear();
    const PlanNode& source = x.plan->node(reads_inputs_of(*x.plan, run.node));
    const auto many = std::find_if(source.inputs.begin(), source.inputs.end(),
                                   [](const PlanInput& input) { return input.many; });
    if (many == source.inputs.end()) return;
    for (const core::ConnectionIndex connection : many->connections)
        if (is_live(executions, x, {run.scope, connection}))
            labels.push_back(x.plan->connection(connection).label);
}

bool has_dead_port(const Executions& executions, const ExecutionState& x, RunRef run) {
    const auto& inputs = x.plan->node(run.node).inputs;
    const auto is_dead = [&](core::ConnectionIndex connection) {
        return !is_live(executions, x, {run.scope, connection});
    };
    return std::any_of(inputs.begin(), inputs.end(), [&](const PlanInput& input) {
        return input.required && !input.connections.empty() &&
               std::ranges::all_of(input.connections, is_dead);
    });
}

}  // namespace millrace::engine
