// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "inputs_of.hpp"
#include "secrets.hpp"

namespace millrace::engine {
namespace {

using core::Value;

Value trigger_value(const Turn& turn) {
    const PlanNode& node = turn.node(turn.x.trigger);
    return Value::object({{"node", node.id},
                          {"type", node.definition->type.type},
                          {"at", turn.x.created_at.text()},
                          {"data", turn.x.trigger_data}});
}

Value execution_value(const Turn& turn, const SlotOwner& owner) {
    const PlanIdentity& identity = turn.plan().identity();
    const Control* const control = turn.x.control.get();
    const bool has_parent = control != nullptr && control->parent.has_value();
    return Value::object(
        {{"id", turn.x.id.text()},
         {"workflow_id", identity.workflow_id},
         {"workflow_version", identity.version},
         {"started_at", turn.x.started_at.text()},
         {"parent_id", has_parent ? Value{control->parent->id.text()} : Value{}},
         {"step_key", owner.node ? Value{turn.step_key({owner.scope, *owner.node})} : Value{}}});
}

/// The failure that a fallback node stands in for.
Value error_value(const Turn& turn, const SlotOwner& owner) {
    if (!owner.node || !turn.node(*owner.node).fallback_for) return {};
    const RunData& failed = turn.data({owner.scope, *turn.node(*owner.node).fallback_for});
    return failed.failure ? failed.failure->to_value() : Value{};
}

Value end_value(const Turn& turn, core::NodeIndex index, core::PortIndex port, bool output) {
    const PlanNode& node = turn.node(index);
    const auto& type = node.definition->type;
    const auto& ports = output ? type.outputs : type.inputs;
    const std::string name =
        port.value < ports.size() ? ports[port.value].name : std::string{error_port_name};
    return Value::object({{"node", node.id}, {"port", name}});
}

Value variable_value(const Turn& turn, std::uint32_t index) {
    const Value* found = turn.x.variables.find(turn.plan().variables()[index].name);
    return found ? *found : Value{};
}

/// A text that no other expression of this or another step has, and that stays the same over the
/// attempts and restarts of the step.
Value step_value(const Turn& turn, const SlotSource& slot, const SlotOwner& owner) {
    std::string text = turn.x.id.text();
    const std::optional<core::NodeIndex> node =
        owner.connection != nullptr ? owner.connection->from : owner.node;
    if (node) text = turn.step_key({owner.scope, *node});
    text.append("/").append(std::to_string(slot.index));
    return Value{text.append("/").append(std::to_string(owner.index))};
}

Value read_slot(const Turn& turn, const SlotSource& slot, const SlotOwner& owner) {
    using Kind = SlotSource::Kind;
    switch (slot.kind) {
        case Kind::inputs: return turn.x.input;
        case Kind::trigger: return trigger_value(turn);
        case Kind::all_vars: return turn.x.variables;
        case Kind::variable: return variable_value(turn, slot.index);
        case Kind::input_port:
            return owner.node
                       ? input_value(turn.all, turn.x, {owner.scope, *owner.node}, slot.port.value)
                       : Value{};
        case Kind::execution: return execution_value(turn, owner);
        case Kind::now: return Value{turn.now().ms};
        case Kind::error: return error_value(turn, owner);
        case Kind::value:
        case Kind::loop_value: return owner.item;
        case Kind::loop_index: return Value{owner.index};
        case Kind::step: return step_value(turn, slot, owner);
        case Kind::secret:
            return owner.node ? Value{secret_marker(turn, {owner.scope, *owner.node}, slot.index)}
                              : Value{};
        case Kind::local: return {};
        case Kind::node_output:
        case Kind::item:
        case Kind::index: return seen_value(turn.all, turn.x, owner.scope, slot);
        case Kind::seen:
            return turn.all.undo_of(turn.x, turn.all.scope(turn.x, owner.scope)).reads[slot.index];
        case Kind::from:
            return owner.connection
                       ? end_value(turn, owner.connection->from, owner.connection->from_port, true)
                       : Value{};
        case Kind::to:
            return owner.connection
                       ? end_value(turn, owner.connection->to, owner.connection->to_port, false)
                       : Value{};
    }
    return {};
}

}  // namespace

void read_slots(const Turn& turn, std::span<const SlotSource> slots, const SlotOwner& owner,
                std::vector<expr::Operand>& operands) {
    for (const SlotSource& slot : slots)
        operands.push_back(expr::Operand{read_slot(turn, slot, owner), false});
}

}  // namespace millrace::engine
