// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "millrace/core/hash.hpp"
#include "purpose.hpp"
#include "random_plan.hpp"
#include "world.hpp"

// Those who start executions, and those who go on from one that has ended. Operators are in
// world_operators.cpp.

namespace millrace::simulation {

using core::Duration;
using core::Value;

void SimulatedWorld::plan_callers() {
    Dice dice = dice_for(for_setup, 0);
    workflows_ = (faults_.floods ? 2 : 1) + dice.below(2);
    for (std::size_t p = 0; p < workflows_; ++p) {
        const bool floods = faults_.floods && p == 0;
        const auto plan = random_plan(dice, "w" + std::to_string(p), floods ? 5 : 16);
        history_.know(plan);
        if (floods) {
            plan_calls(dice, plan, 8 + dice.below(16), 50);
        } else {
            plan_calls(dice, plan, 1 + dice.below(3), faults_.floods ? 100 : 2'000);
        }
    }
}

void SimulatedWorld::plan_calls(Dice& dice, const std::shared_ptr<const engine::Plan>& plan,
                                std::uint32_t count, std::int64_t within_ms) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const core::Time at = now_ + Duration{dice.between(0, within_ms)};
        const Value input = Value::object({{"n", dice.between(0, 9)}});
        const core::ExecutionId id = create(at, plan, input, random_options(dice, *plan), dice);
        plan_visits(dice, at, id);
        if (!faults_.cancels || !dice.percent(40)) continue;
        const core::Time cancel = at + Duration{dice.between(0, 4'000)};
        visits_.emplace(cancel,
                        Visit{id,
                              dice.percent(40) ? Operation::cancel_twice : Operation::cancel,
                              dice.bits(),
                              {}});
    }
}

core::ExecutionId SimulatedWorld::create(core::Time at,
                                         const std::shared_ptr<const engine::Plan>& plan,
                                         Value input, engine::ExecutionOptions options,
                                         Dice& dice) {
    engine::CreateExecution create;
    create.id = {core::Uuid::v7(at, dice.bits(), dice.bits())};
    create.plan = plan;
    create.trigger = *plan->find("start");
    create.input = input;
    create.trigger_data = std::move(input);
    create.variables = engine::resolve_variables(*plan, Value::object({})).value();
    create.seed_high = dice.bits();
    create.seed_low = dice.bits();
    create.options = std::move(options);
    Call call{create.id, true, {}};
    const auto& limit = plan->settings().max_concurrent_executions;
    if (limit && limit->when_exceeded == core::ConcurrencyLimit::WhenExceeded::reject)
        call.reject_from = limit->limit;
    const core::ExecutionId id = create.id;
    wanted_.insert(id);
    asked_[id] = create.options;
    create.token = calls_.size() + 1;
    calls_.push_back(call);
    to_come_.emplace(at, std::move(create));
    return id;
}

engine::ExecutionOptions SimulatedWorld::random_options(Dice& dice,
                                                        const engine::Plan& plan) const {
    engine::ExecutionOptions options;
    if (dice.percent(20)) options.priority = static_cast<std::int32_t>(dice.between(-100, 100));
    const auto any_node = [&]() -> const engine::PlanNode& {
        return plan.nodes()[dice.below(static_cast<std::uint32_t>(plan.nodes().size()))];
    };
    if (faults_.operators && dice.percent(25))
        for (std::uint32_t i = 0; i <= dice.below(3); ++i)
            options.breakpoints.push_back(any_node().id);
    if (!faults_.stand_ins) return options;
    options.mock_external = dice.percent(40);
    if (dice.percent(50)) {
        const engine::PlanNode& node = any_node();
        for (const core::PortDescriptor& port : node.definition->type.outputs) {
            if (port.inner || node.role() == core::NodeRole::trigger) continue;
            options.pins = Value::object({{node.id, Value::object({{port.name, 42}})}});
            break;
        }
    }
    if (dice.percent(30)) options.inputs = Value::object({{any_node().id, "replaced"}});
    return options;
}

/// Everything that completed before the node `from` keeps its outputs.
engine::ExecutionOptions SimulatedWorld::fork_options(Dice& dice,
                                                      const StoredHistory& history) const {
    const engine::Plan& plan = *history.plan;
    const auto& nodes = plan.scope(0).nodes;
    const core::NodeIndex from = nodes[dice.below(static_cast<std::uint32_t>(nodes.size()))];
    std::vector<bool> again(plan.nodes().size(), false);
    again[from.value] = true;
    for (bool grew = true; grew;) {
        grew = false;
        for (const engine::PlanConnection& link : plan.connections()) {
            if (link.scope != 0 || !again[link.from.value] || again[link.to.value]) continue;
            again[link.to.value] = grew = true;
        }
    }
    std::vector<core::Member> pins;
    for (const engine::NodeView& node : history.view->nodes()) {
        const core::NodeIndex index = *plan.find(node.id);
        const engine::PlanNode& planned = plan.node(index);
        const bool keeps = node.status == core::NodeStatus::completed && !again[index.value] &&
                           planned.role() != core::NodeRole::trigger && !planned.fallback_for;
        if (!keeps) continue;
        std::vector<core::Member> ports;
        for (const engine::PortValue& output : node.outputs)
            ports.push_back(
                {planned.definition->type.outputs[output.port.value].name, output.value});
        pins.push_back({node.id, Value::object(std::move(ports))});
    }
    engine::ExecutionOptions options;
    if (!pins.empty()) options.pins = Value::object(std::move(pins));
    options.from_path = plan.node(from).id;
    if (dice.percent(30)) options.inputs = Value::object({{options.from_path, "edited"}});
    return options;
}

void SimulatedWorld::fork(const engine::ExecutionRow& row) {
    if (!faults_.forks || forks_left_ == 0) return;
    Dice dice = dice_for(for_forks, core::fnv1a64(row.id.text()));
    if (!dice.percent(40)) return;
    --forks_left_;
    const StoredHistory& history = history_.all().at(row.id);
    engine::ExecutionOptions options = fork_options(dice, history);
    options.forked_from = row.id;
    create(now_ + Duration{dice.between(0, 500)}, history.plan, history.view->inputs(),
           std::move(options), dice);
}

void SimulatedWorld::hear(const engine::Answer& answer, const engine::Frame& frame) {
    if (answer.token == 0) return;
    const Call& call = calls_.at(answer.token - 1);
    if (answer.result) return;
    using engine::CommandErrc;
    const auto& error = answer.result.error();
    if (!call.creates) {
        const bool fits = error.is(CommandErrc::not_found) || error.is(CommandErrc::not_allowed) ||
                          error.is(CommandErrc::already_finished) ||
                          error.is(CommandErrc::unknown_node);
        if (!fits) violated("a command is refused: " + error.message());
        return;
    }
    if (error.is(CommandErrc::already_exists)) return;
    if (!call.reject_from || !error.is(CommandErrc::too_many_executions))
        violated("a creation is refused: " + error.message());
    wanted_.erase(call.id);
    std::size_t live = 0;
    for (const auto& [id, history] : history_.all()) {
        const bool counts = history.is_live() ||
                            std::ranges::count(frame.finished, id, &engine::ExecutionRow::id) > 0;
        live += counts && error.message().contains("`" + history.row->workflow_id + "`") ? 1 : 0;
    }
    if (live < *call.reject_from) violated("a creation is refused though there is room");
}

}  // namespace millrace::simulation
