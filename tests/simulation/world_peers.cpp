// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "millrace/core/hash.hpp"
#include "millrace/engine/pure_job.hpp"
#include "millrace/engine/trace.hpp"
#include "purpose.hpp"
#include "testing/library.hpp"
#include "world.hpp"

// Those outside who perform effects, each in its own way and time.

namespace millrace::simulation {
namespace {

bool is_job(const engine::Effect& effect) {
    return std::holds_alternative<std::shared_ptr<const engine::PureJob>>(effect.request);
}

core::Failure random_failure(Dice& dice) {
    using core::ErrorClass;
    const ErrorClass classes[] = {ErrorClass::timeout, ErrorClass::connection, ErrorClass::http_4xx,
                                  ErrorClass::http_5xx, ErrorClass::validation};
    core::Failure failure;
    failure.error_class = classes[dice.below(5)];
    failure.code = dice.percent(30) ? "boom" : std::string{core::to_text(failure.error_class)};
    failure.message = "simulated";
    if (dice.percent(20)) failure.retry_after_ms = dice.between(0, 2'000);
    return failure;
}

engine::Completion completion_of(const engine::Effect& effect) {
    engine::Completion completion;
    completion.id = effect.id;
    completion.run = effect.run;
    completion.attempt = effect.attempt;
    completion.executor = "simulated";
    return completion;
}

engine::Completion run_job(const engine::Effect& effect) {
    engine::Completion completion = completion_of(effect);
    auto result = std::get<std::shared_ptr<const engine::PureJob>>(effect.request)->run();
    if (auto* failure = std::get_if<core::Failure>(&result)) {
        completion.outcome = std::move(*failure);
    } else {
        auto& emit = std::get<engine::Emit>(result);
        completion.outcome = std::move(emit.ports);
        completion.note = std::move(emit.note);
    }
    return completion;
}

}  // namespace

/// Nothing leaves an execution that was to leave the outside alone.
void SimulatedWorld::check_effect(const engine::Effect& effect) const {
    if (!history_.all().at(effect.id).follower->is_open(effect.run, effect.attempt))
        violated("an effect of an attempt that is not open");
    const auto asked = asked_.find(effect.id);
    const bool is_inside =
        is_job(effect) || std::holds_alternative<engine::SubworkflowCall>(effect.request);
    if (asked != asked_.end() && asked->second.mock_external && !is_inside)
        violated("an effect leaves an execution that is mocked");
}

/// An equal call that is under way answers this one, too.
bool SimulatedWorld::answer_from_cache(const engine::Effect& effect) {
    if (!effect.cache) return false;
    const auto kept = kept_.find(effect.cache->key);
    if (kept == kept_.end() || kept->second.until <= now_) return false;
    engine::Completion completion = completion_of(effect);
    completion.executor = engine::cached_executor;
    completion.outcome = kept->second.outputs;
    to_come_.emplace(std::max(now_, kept->second.from), std::move(completion));
    return true;
}

void SimulatedWorld::keep(const engine::Effect& effect, const engine::Completion& completion,
                          core::Time at) {
    const auto* const outputs = std::get_if<std::vector<engine::PortValue>>(&completion.outcome);
    if (effect.cache && outputs != nullptr)
        kept_[effect.cache->key] = {*outputs, at, at + effect.cache->ttl};
}

void SimulatedWorld::perform(const engine::Effect& effect) {
    check_effect(effect);
    if (answer_from_cache(effect)) return;
    if (is_job(effect)) {
        to_come_.emplace(now_, run_job(effect));
        return;
    }
    const std::string key = effect.id.text() + std::to_string(effect.run.scope) + "." +
                            std::to_string(effect.run.node.value) + "." +
                            std::to_string(effect.run.generation) + "/" +
                            std::to_string(effect.attempt);
    Dice dice = dice_for(for_effects, core::fnv1a64(key));
    engine::Completion completion = completion_of(effect);
    if (std::holds_alternative<engine::SubworkflowCall>(effect.request))
        return start_child(effect, dice);
    const engine::PlanNode& node = history_.all().at(effect.id).plan->node(effect.run.node);
    const bool bounded = node.timeout || node.deadline;
    if (faults_.timeouts && bounded && dice.percent(15)) return;
    std::int64_t delay = dice.between(0, 400);
    if (faults_.late_results && dice.percent(15)) delay += 5'000;
    if (faults_.effect_failures && dice.percent(35)) {
        completion.outcome = random_failure(dice);
    } else {
        completion.outcome = std::vector<engine::PortValue>{
            {core::PortIndex{0}, core::Value{static_cast<std::int64_t>(dice.below(1'000))}}};
    }
    keep(effect, completion, now_ + core::Duration{delay});
    to_come_.emplace(now_ + core::Duration{delay}, completion);
    if (faults_.duplicates && dice.percent(25)) {
        completion.outcome = random_failure(dice);
        to_come_.emplace(now_ + core::Duration{delay + dice.between(0, 300)}, completion);
    }
}

// ---- Other workflows ------------------------------------------------------------------------

/// What is started for others: it works, waits, and starts something in its turn.
std::shared_ptr<const engine::Plan> SimulatedWorld::child_plan() {
    engine::PlanBuilder plan{"child-of-others"};
    plan.variable("limit", 3).node("start", "trigger.manual").node("work", "test.effect");
    plan.on_error(core::NodeOnError::Kind::proceed);
    plan.node("pause", "test.delay", R"({"ms": 400})").node("deeper", "test.child");
    return plan.connect("start -> work").connect("start -> pause -> deeper").plan();
}

/// As the runtime does it: one execution for an attempt, whatever is lost and done again.
void SimulatedWorld::start_real_child(const engine::Effect& effect, Dice& dice) {
    const auto& call = std::get<engine::SubworkflowCall>(effect.request);
    const core::ExecutionId child{core::Uuid::v7(core::Time{}, dice.bits(), dice.bits())};
    children_[child] = {completion_of(effect), call.abandons};
    if (history_.knows(child)) return tell_of_child(child);
    // Whoever asked first still does.
    if (!wanted_.insert(child).second) return;
    engine::Fork what =
        start_of(*child_plan_, core::Value::object({{"n", dice.between(0, 9)}}), {});
    engine::CreateExecution create;
    create.id = child;
    create.plan = child_plan_;
    create.trigger = what.trigger;
    create.input = std::move(what.input);
    create.trigger_data = std::move(what.trigger_data);
    create.variables = std::move(what.variables);
    create.seed_high = dice.bits();
    create.seed_low = dice.bits();
    create.options.priority = call.priority;
    create.options.mock_external = call.mock_external;
    create.options.parent =
        engine::ParentLink{effect.id, effect.run, effect.attempt, effect.path, call.depth, true};
    create.options.trace = engine::trace_of(effect);
    asked_[child] = create.options;
    create.token = calls_.size() + 1;
    calls_.push_back({child, true, {}});
    to_come_.emplace(now_ + core::Duration{dice.between(0, 200)}, std::move(create));
}

/// Tells the parent that it is there, or that it has ended.
void SimulatedWorld::tell_of_child(core::ExecutionId child) {
    const Child& known = children_.at(child);
    const StoredHistory& history = history_.all().at(child);
    engine::Completion completion = known.parent;
    if (history.is_live()) {
        completion.outcome = engine::Detached{child, known.abandons};
        to_come_.emplace(now_, std::move(completion));
        return;
    }
    if (history.row->status == core::ExecutionStatus::completed) {
        completion.outcome =
            std::vector<engine::PortValue>{{core::PortIndex{0}, history.view->outputs()}};
    } else {
        core::Failure canceled;
        canceled.code = "child_canceled";
        canceled.error_class = core::ErrorClass::canceled;
        completion.outcome = history.view->error().value_or(std::move(canceled));
    }
    end_child(completion, now_);
}

/// What the frame says of executions that others have started.
void SimulatedWorld::follow_children(const engine::Frame& frame) {
    for (const engine::ExecutionRow& row : frame.inserted) {
        const auto child = children_.find(row.id);
        if (child == children_.end()) continue;
        if (row.parent != child->second.parent.id) violated("a child has lost its parent");
        engine::Completion completion = child->second.parent;
        completion.outcome = engine::Detached{row.id, child->second.abandons};
        to_come_.emplace(now_, std::move(completion));
    }
    for (const engine::ChildEnd& end : frame.child_ends) {
        const engine::Completion& parent = children_.at(end.child).parent;
        if (end.parent.id != parent.id || end.parent.run != parent.run ||
            end.parent.attempt != parent.attempt)
            violated("a child tells another parent of its end");
        tell_of_child(end.child);
    }
}

/// Their ends may have been told to nobody.
void SimulatedWorld::tell_ends_again() {
    for (const auto& [child, known] : children_)
        if (history_.knows(child) && !history_.all().at(child).is_live()) tell_of_child(child);
}

/// Whether there was one to give up.
bool SimulatedWorld::give_up_child(const engine::Abort& aborted) {
    for (const auto& [child, known] : children_) {
        const bool is_meant =
            aborted.child ? child == *aborted.child
                          : known.parent.id == aborted.id && known.parent.run == aborted.run &&
                                known.parent.attempt == aborted.attempt && !known.abandons;
        if (!is_meant) continue;
        engine::CancelExecution cancel;
        cancel.id = child;
        cancel.token = calls_.size() + 1;
        cancel.reason = "given up";
        calls_.push_back({child, false, {}});
        to_come_.emplace(now_, std::move(cancel));
        return true;
    }
    return false;
}

/// The same attempt finds the same child. What that tells of its end outlives the process, as the
/// store's list of waits does, and may come twice.
void SimulatedWorld::start_child(const engine::Effect& effect, Dice& dice) {
    constexpr std::uint32_t real_depth_max = 3;
    const std::uint32_t depth = std::get<engine::SubworkflowCall>(effect.request).depth;
    if (dice.percent(50) && depth <= real_depth_max) return start_real_child(effect, dice);
    engine::Completion completion = completion_of(effect);
    const core::Time begun = now_ + core::Duration{dice.between(0, 300)};
    if (dice.percent(15)) {
        completion.outcome = random_failure(dice);
        to_come_.emplace(begun, std::move(completion));
        return;
    }
    const bool abandons = std::get<engine::SubworkflowCall>(effect.request).abandons;
    const core::ExecutionId child{core::Uuid::v7(core::Time{}, dice.bits(), dice.bits())};
    completion.outcome = engine::Detached{child, abandons};
    to_come_.emplace(begun, completion);
    if (dice.percent(30)) {
        completion.outcome = random_failure(dice);
    } else {
        completion.outcome =
            std::vector<engine::PortValue>{{core::PortIndex{0}, core::Value{"of a child"}}};
    }
    // A short one may have ended before its parent hears that it has begun.
    const core::Time ended = begun + core::Duration{dice.between(-100, 6'000)};
    end_child(completion, std::max(now_, ended));
    if (dice.percent(25)) end_child(completion, ended + core::Duration{dice.between(0, 300)});
}

void SimulatedWorld::end_child(const engine::Completion& completion, core::Time at) {
    engine::EndChild end;
    end.id = completion.id;
    end.completion = completion;
    end.token = calls_.size() + 1;
    calls_.push_back({completion.id, false, {}});
    to_come_.emplace(at, std::move(end));
}

void SimulatedWorld::abort(const engine::Abort& aborted) {
    // One that really runs ends by itself, and tells of it.
    if (give_up_child(aborted) && aborted.child) return;
    engine::Completion completion;
    completion.id = aborted.id;
    completion.run = aborted.run;
    completion.attempt = aborted.attempt;
    core::Failure failure;
    failure.code = "canceled";
    failure.error_class = core::ErrorClass::canceled;
    completion.outcome = std::move(failure);
    if (aborted.child) return end_child(completion, now_ + core::Duration{20});
    to_come_.emplace(now_ + core::Duration{20}, std::move(completion));
}

}  // namespace millrace::simulation
