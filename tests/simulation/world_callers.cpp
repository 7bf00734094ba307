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
        // Now and then more at once than the stated bound lets others wait for.
        const bool is_great = floods && dice.percent(12);
        const auto plan =
            random_plan(dice, "w" + std::to_string(p), is_great ? 2 : (floods ? 5 : 16));
        history_.know(plan);
        if (floods) {
            plan_calls(dice, plan, is_great ? 40 + dice.below(30) : 8 + dice.below(16),
                       is_great ? 2 : 50);
        } else {
            plan_calls(dice, plan, 1 + dice.below(3), faults_.floods ? 10 : 2'000);
        }
    }
}

void SimulatedWorld::plan_calls(Dice& dice, const std::shared_ptr<const engine::Plan>& plan,
                                std::uint32_t count, std::int64_t within_ms) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const core::Time at = now_ + Duration{dice.between(0, within_ms)};
        const Value input = Value::object({{"n", dice.between(0, 9)}});
        const core::ExecutionId id =
            create(at, plan, start_of(*plan, input, random_options(dice, *plan)), dice);
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

engine::Fork SimulatedWorld::start_of(const engine::Plan& plan, Value input,
                                      engine::ExecutionOptions options) {
    return {*plan.find("start"), input, input,
            engine::resolve_variables(plan, Value::object({})).value(), std::move(options)};
}

core::ExecutionId SimulatedWorld::create(core::Time at,
                                         const std::shared_ptr<const engine::Plan>& plan,
                                         engine::Fork what, Dice& dice) {
    engine::CreateExecution create;
    create.id = {core::Uuid::v7(at, dice.bits(), dice.bits())};
    create.plan = plan;
    create.trigger = what.trigger;
    create.input = std::move(what.input);
    create.trigger_data = std::move(what.trigger_data);
    create.variables = std::move(what.variables);
    create.seed_high = dice.bits();
    create.seed_low = dice.bits();
    create.options = std::move(what.options);
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
    if (faults_.operators && dice.percent(8))
        options.start_at = now_ + core::Duration{dice.between(-2'000, 90'000)};
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

void SimulatedWorld::fork(const engine::ExecutionRow& row) {
    if (!faults_.forks || forks_left_ == 0) return;
    Dice dice = dice_for(for_forks, core::fnv1a64(row.id.text()));
    if (!dice.percent(40)) return;
    --forks_left_;
    const StoredHistory& history = history_.all().at(row.id);
    std::vector<std::string> paths;
    for (const engine::NodeView& node : history.view->nodes())
        paths.push_back(node.path);
    for (const engine::NodeView& node : history.view->scope_nodes())
        paths.push_back(node.path);
    engine::ForkRequest request;
    if (dice.percent(80))
        request.from = paths[dice.below(static_cast<std::uint32_t>(paths.size()))];
    if (dice.percent(30)) request.input = Value::object({{"n", 7}});
    auto forked = engine::fork_of(*history.view, *history.plan, request);
    if (!forked) {
        // The run may have stood in for another one.
        if (!forked.error().is(engine::CommandErrc::not_allowed))
            violated("a fork from `" + request.from + "` is refused: " + forked.error().message());
        return;
    }
    create(now_ + Duration{dice.between(0, 500)}, history.plan, *std::move(forked), dice);
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
        // One that began and ended in this frame may have been live between.
        const bool counts = history.is_live() ||
                            std::ranges::count(frame.finished, id, &engine::ExecutionRow::id) > 0 ||
                            std::ranges::count(frame.inserted, id, &engine::ExecutionRow::id) > 0;
        live += counts && error.message().contains("`" + history.row->workflow_id + "`") ? 1 : 0;
    }
    if (live < *call.reject_from) violated("a creation is refused though there is room");
}

}  // namespace millrace::simulation
