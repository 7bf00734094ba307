// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "cache_key.hpp"
#include "compute.hpp"
#include "container_opening.hpp"
#include "inputs_of.hpp"
#include "millrace/engine/pure_job.hpp"
#include "record_fields.hpp"
#include "secrets.hpp"
#include "shared_state.hpp"
#include "size_limits.hpp"
#include "slots.hpp"
#include "systems.hpp"

namespace millrace::engine {
namespace {

/// Reads what the node's computation depends on into the scratch buffers; where the operands of
/// deferred expressions begin.
std::size_t gather(Turn& turn, RunRef run) {
    const PlanNode& plan = turn.node(run.node);
    turn.scratch.operands.clear();
    read_slots(turn, plan.data.slots, SlotOwner::of(run), turn.scratch.operands);
    const std::size_t deferred = turn.scratch.operands.size();
    for (const BoundExpression& expression : plan.deferred)
        read_slots(turn, expression.slots, SlotOwner::of(run), turn.scratch.operands);
    input_values(turn.all, turn.x, run, turn.scratch.inputs);
    input_labels(turn.all, turn.x, run, turn.scratch.labels);
    return deferred;
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

NodeOutcome compute_now(Turn& turn, RunRef run) {
    const PlanNode& plan = turn.node(run.node);
    const std::size_t split = gather(turn, run);
    const std::span<const expr::Operand> operands{turn.scratch.operands};
    const bool is_pure =
        plan.role() == core::NodeRole::pure || plan.role() == core::NodeRole::decision;
    const bool may_leave = is_pure && !plan.definition->type.stays_inline;
    if (may_leave && is_large(turn)) {
        const auto copy = [](std::span<const expr::Operand> part) {
            return std::vector<expr::Operand>{part.begin(), part.end()};
        };
        std::vector<std::string> labels{turn.scratch.labels.begin(), turn.scratch.labels.end()};
        return EffectRequest{std::make_shared<const PureJob>(
            turn.x.plan, run.node, turn.now(), copy(operands.first(split)), turn.scratch.inputs,
            std::move(labels), copy(operands.subspan(split)), turn.limits.expression_fuel,
            turn.limits.value_weight_max)};
    }
    return compute({plan, operands.first(split), turn.scratch.inputs, turn.scratch.labels,
                    operands.subspan(split), turn.now(), turn.limits.expression_fuel,
                    turn.limits.value_weight_max});
}

bool exceeds_limits(const NodeOutcome& outcome, const ShardLimits& limits) {
    if (const auto* emit = std::get_if<Emit>(&outcome))
        return is_too_large(emit->ports, emit->note, limits) ||
               is_too_large(emit->response, limits);
    if (const auto* wait = std::get_if<WaitUntil>(&outcome))
        return is_too_large(wait->then.ports, {}, limits);
    if (const auto* wait = std::get_if<WaitFor>(&outcome))
        return is_too_large(wait->on_timeout.ports, wait->details, limits);
    return false;
}

/// Another workflow is not outside: what it asks for is mocked there.
bool is_mocked(const Turn& turn, const EffectRequest& request) {
    return turn.x.control && turn.x.control->mock_external &&
           !std::holds_alternative<SubworkflowCall>(request);
}

/// What an execution passes on to those that it starts.
void pass_on(const Turn& turn, EffectRequest& request) {
    auto* const call = std::get_if<SubworkflowCall>(&request);
    const Control* const control = turn.x.control.get();
    if (call == nullptr || control == nullptr) return;
    if (control->parent) call->depth = control->parent->depth + 1;
    call->mock_external = control->mock_external;
    if (control->priority != turn.plan().settings().priority) call->priority = control->priority;
}

std::shared_ptr<const TraceContext> outer_trace(const Turn& turn) {
    if (!turn.x.control || !turn.x.control->trace) return nullptr;
    return std::make_shared<const TraceContext>(*turn.x.control->trace);
}

/// An execution answers its caller once.
std::optional<core::Failure> refused_response(const Turn& turn, const Emit& emit) {
    if (emit.response.is_null() || !turn.x.has_responded) return std::nullopt;
    return validation_failure("already_responded",
                              "the execution has responded already; only one node of it may");
}

/// Hands the open attempt to the outside, unless its breaker refuses.
void request(Turn& turn, RunRef run, EffectRequest request) {
    const PlanNode& node = turn.node(run.node);
    const std::uint32_t attempt = turn.run(run).attempt;
    std::vector<SecretUse> secrets = secret_uses(turn, run);
    auto cache = cache_request(turn, run, request, secrets);
    if (!cache) {
        core::Failure failure = std::move(cache.error());
        failure.node_id = node.id;
        failure.attempt = attempt;
        turn.record(AttemptFailed{turn.key(run), attempt, std::move(failure), ""});
        return;
    }
    if (refuse_call(turn, run)) return;
    pass_on(turn, request);
    std::string path = turn.all.path(turn.x, run);
    turn.frame.effects.push_back({turn.x.id, turn.key(run), attempt, turn.step_key(run, path),
                                  std::move(request), node.definition, node.id, node.credential,
                                  *std::move(cache), std::move(secrets), turn.x.plan,
                                  std::move(path), outer_trace(turn)});
}

/// What follows from the outcome of an attempt that has just begun.
void follow(Turn& turn, RunRef run, NodeOutcome outcome) {
    const RunKey key = turn.key(run);
    const PlanNode& node = turn.node(run.node);
    const std::uint32_t attempt = turn.run(run).attempt;
    if (exceeds_limits(outcome, turn.limits)) {
        core::Failure failure = too_large_failure(turn.limits);
        failure.node_id = node.id;
        outcome = std::move(failure);
    }
    if (const auto* emit = std::get_if<Emit>(&outcome)) {
        if (auto refused = refused_response(turn, *emit)) {
            refused->node_id = node.id;
            outcome = *std::move(refused);
        }
    }
    if (auto* emit = std::get_if<Emit>(&outcome)) {
        if (!emit->note.is_null()) turn.record(RunNoted{key, std::move(emit->note)});
        if (!emit->response.is_null()) turn.record(Responded{key, std::move(emit->response)});
        turn.record(RunCompleted{key, CompletedBy::outputs, std::move(emit->ports)});
    } else if (auto* wait = std::get_if<WaitUntil>(&outcome)) {
        const core::Time until = std::clamp(wait->until, time_min, time_max);
        turn.record(RunWaiting{key, until, std::move(wait->then.ports)});
    } else if (auto* answer = std::get_if<WaitFor>(&outcome)) {
        const core::Time until = std::clamp(answer->until.value_or(time_min), time_min, time_max);
        turn.record(WaitOpened{key, answer->kind, std::move(answer->name),
                               std::move(answer->details), answer->until.has_value(), until,
                               std::move(answer->on_timeout.ports)});
    } else if (auto* failure = std::get_if<core::Failure>(&outcome)) {
        failure->attempt = attempt;
        name_secrets(*failure, secret_uses(turn, run));
        turn.record(AttemptFailed{key, attempt, std::move(*failure), ""});
    } else if (is_mocked(turn, std::get<EffectRequest>(outcome))) {
        turn.record(RunNoted{key, core::Value::object({{"mocked", node.definition->type.type}})});
        turn.record(RunCompleted{
            key, CompletedBy::mocked, {{node.primary, node.definition->type.mock_output}}});
    } else {
        request(turn, run, std::move(std::get<EffectRequest>(outcome)));
    }
}

/// Before a run begins, a breakpoint or the end of a step may hold the execution.
bool is_held(Turn& turn, RunRef run) {
    const Control* const control = turn.x.control.get();
    if (control == nullptr || turn.x.is_ending()) return false;
    const RunState& state = turn.run(run);
    const bool is_marked = std::ranges::binary_search(control->breakpoints, run.node) &&
                           state.attempt == 0 && !state.is_released;
    const bool is_stepped = control->is_stepping && !control->may_start;
    if (!is_marked && !is_stepped) return false;
    turn.record(ExecutionPaused{is_marked, turn.key(run)});
    return true;
}

/// Outputs that were given for the run, by its path or, for all of its iterations, by its node.
std::optional<std::vector<PortValue>> pinned(const Turn& turn, RunRef run) {
    const Control* const control = turn.x.control.get();
    if (control == nullptr || control->pins.is_null()) return std::nullopt;
    const PlanNode& node = turn.node(run.node);
    const core::Value* given = control->pins.find(turn.all.path(turn.x, run));
    if (given == nullptr) given = control->pins.find(node.id);
    if (given == nullptr) return std::nullopt;
    std::vector<PortValue> outputs;
    const auto& types = node.definition->type.outputs;
    for (std::uint32_t port = 0; port < types.size(); ++port)
        if (const core::Value* value = given->find(types[port].name))
            outputs.push_back({{port}, *value});
    return outputs;
}

}  // namespace

void DispatchSystem::reissue(Turn& turn, RunRef run) {
    const RunState& state = turn.run(run);
    turn.record(AttemptReissued{turn.key(run), state.attempt, state.reissued + 1});
    follow(turn, run, compute_now(turn, run));
}

bool DispatchSystem::decide(Turn& turn) {
    Agenda& agenda = turn.x.agenda;
    RunRef run;
    if (!agenda.pure_starts.empty()) {
        run = agenda.pure_starts.front();
    } else if (!agenda.effect_starts.empty() &&
               turn.x.open_effects < turn.plan().settings().max_parallel_nodes) {
        run = agenda.effect_starts.front();
    } else {
        return false;
    }
    if (is_held(turn, run)) return true;
    if (auto outputs = pinned(turn, run)) {
        turn.record(RunCompleted{turn.key(run), CompletedBy::pinned, *std::move(outputs)});
        return true;
    }
    turn.record(AttemptStarted{turn.key(run), turn.run(run).attempt + 1});
    switch (turn.node(run.node).role()) {
        case core::NodeRole::trigger:
            turn.record(RunCompleted{turn.key(run), CompletedBy::trigger, {}});
            return true;
        case core::NodeRole::container: open_container(turn, run); return true;
        case core::NodeRole::pure:
        case core::NodeRole::decision:
        case core::NodeRole::effect:
        case core::NodeRole::delay:
        case core::NodeRole::wait: break;
    }
    follow(turn, run, compute_now(turn, run));
    return true;
}

}  // namespace millrace::engine
