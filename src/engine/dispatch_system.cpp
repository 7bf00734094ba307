// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "compute.hpp"
#include "inputs_of.hpp"
#include "millrace/engine/pure_job.hpp"
#include "record_fields.hpp"
#include "size_limits.hpp"
#include "slots.hpp"
#include "systems.hpp"

namespace millrace::engine {
namespace {

/// Reads what the node's computation depends on into the scratch buffers.
void gather(Turn& turn, core::NodeIndex node) {
    const PlanNode& plan = turn.node(node);
    read_slots(turn, plan.data.slots, {node, nullptr, {}}, turn.scratch.operands);
    input_values(turn.all, turn.x, node, turn.scratch.inputs);
    input_labels(turn.all, turn.x, node, turn.scratch.labels);
}

/// Decided from data alone, so that a replay decides the same.
bool is_large(const Turn& turn) {
    std::size_t weight = turn.limits.inline_weight_max;
    std::size_t elements = turn.limits.inline_elements_max;
    // Both saturate in a value, so each is compared before it counts.
    const auto exceeds = [&](const core::Value& value) {
        if (value.weight() > weight || value.element_count() > elements) return true;
        weight -= value.weight();
        elements -= value.element_count();
        return false;
    };
    for (const core::Value& value : turn.scratch.inputs)
        if (exceeds(value)) return true;
    for (const expr::Operand& operand : turn.scratch.operands)
        if (exceeds(operand.value)) return true;
    return false;
}

NodeOutcome compute_now(Turn& turn, core::NodeIndex node) {
    const PlanNode& plan = turn.node(node);
    gather(turn, node);
    const bool may_leave =
        plan.role() == core::NodeRole::pure || plan.role() == core::NodeRole::decision;
    if (may_leave && is_large(turn)) {
        std::vector<std::string> labels{turn.scratch.labels.begin(), turn.scratch.labels.end()};
        return EffectRequest{std::make_shared<const PureJob>(
            turn.x.plan, node, turn.now(), turn.scratch.operands, turn.scratch.inputs,
            std::move(labels), turn.limits.expression_fuel)};
    }
    return compute({plan, turn.scratch.operands, turn.scratch.inputs, turn.scratch.labels,
                    turn.now(), turn.limits.expression_fuel});
}

bool exceeds_limits(const NodeOutcome& outcome, const ShardLimits& limits) {
    if (const auto* emit = std::get_if<Emit>(&outcome))
        return is_too_large(emit->ports, emit->note, limits);
    if (const auto* wait = std::get_if<WaitUntil>(&outcome))
        return is_too_large(wait->then.ports, {}, limits);
    return false;
}

/// What follows from the outcome of an attempt that has just begun.
void follow(Turn& turn, core::NodeIndex index, NodeOutcome outcome) {
    const RunKey key{0, index, 0};
    const std::uint32_t attempt = turn.run(index).attempt;
    if (exceeds_limits(outcome, turn.limits)) {
        core::Failure failure = too_large_failure(turn.limits);
        failure.node_id = turn.node(index).id;
        outcome = std::move(failure);
    }
    if (auto* emit = std::get_if<Emit>(&outcome)) {
        if (!emit->note.is_null()) turn.record(RunNoted{key, std::move(emit->note)});
        turn.record(RunCompleted{key, CompletedBy::outputs, std::move(emit->ports)});
    } else if (auto* wait = std::get_if<WaitUntil>(&outcome)) {
        const core::Time until = std::clamp(wait->until, time_min, time_max);
        turn.record(RunWaiting{key, until, std::move(wait->then.ports)});
    } else if (auto* failure = std::get_if<core::Failure>(&outcome)) {
        failure->attempt = attempt;
        turn.record(AttemptFailed{key, attempt, std::move(*failure), ""});
    } else {
        const PlanNode& node = turn.node(index);
        turn.frame.effects.push_back({turn.x.id, key, attempt, turn.step_key(index),
                                      std::move(std::get<EffectRequest>(outcome)), node.definition,
                                      node.id});
    }
}

}  // namespace

void DispatchSystem::reissue(Turn& turn, core::NodeIndex node) {
    const RunState& run = turn.run(node);
    turn.record(AttemptReissued{{0, node, 0}, run.attempt, run.reissued + 1});
    follow(turn, node, compute_now(turn, node));
}

bool DispatchSystem::decide(Turn& turn) {
    Agenda& agenda = turn.x.agenda;
    core::NodeIndex node;
    if (!agenda.pure_starts.empty()) {
        node = agenda.pure_starts.front();
    } else if (!agenda.effect_starts.empty() &&
               turn.x.open_effects < turn.plan().settings().max_parallel_nodes) {
        node = agenda.effect_starts.front();
    } else {
        return false;
    }
    turn.record(AttemptStarted{{0, node, 0}, turn.run(node).attempt + 1});
    if (turn.node(node).role() == core::NodeRole::trigger) {
        turn.record(RunCompleted{{0, node, 0}, CompletedBy::trigger, {}});
        return true;
    }
    follow(turn, node, compute_now(turn, node));
    return true;
}

}  // namespace millrace::engine
