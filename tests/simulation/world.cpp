// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "millrace/core/hash.hpp"
#include "millrace/core/random.hpp"
#include "millrace/engine/pure_job.hpp"
#include "random_plan.hpp"

namespace millrace::simulation {
namespace {

// What a throw of the dice is for; no two purposes share one.
enum Purpose : std::uint64_t {
    for_setup = 1,
    for_commits,
    for_steps,
    for_effects,
    for_restarts,
    for_rebuilds
};

constexpr std::uint64_t steps_max = 200'000;

engine::Completion completion_of(const engine::Effect& effect) {
    engine::Completion completion;
    completion.id = effect.id;
    completion.run = effect.run;
    completion.attempt = effect.attempt;
    completion.executor = "simulated";
    return completion;
}

/// Equal enough to stand for each other: told of the same thing by the same one.
bool is_same(const engine::Input& a, const engine::Input& b) {
    if (a.index() != b.index()) return false;
    if (const auto* done = std::get_if<engine::Completion>(&a)) {
        const auto& other = std::get<engine::Completion>(b);
        return done->id == other.id && done->run == other.run && done->attempt == other.attempt;
    }
    const auto id_of = [](const auto& input) { return input.id; };
    return std::visit(id_of, a) == std::visit(id_of, b);
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

}  // namespace

SimulatedWorld::SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode)
    : seed_{seed}, faults_{faults}, mode_{mode} {
    options_.digest = [](std::string_view text) { return std::to_string(core::fnv1a64(text)); };
    options_.limits.snapshot_records = 8;
    if (faults_.tight_limits) {
        options_.limits.frame_inputs_max = 3;
        options_.limits.frame_transitions_max = 12;
        options_.limits.execution_transitions_max = 4;
        options_.limits.inline_weight_max = 8;
    }
    shard_ = std::make_unique<engine::Shard>(options_);
    plan_callers();
}

Dice SimulatedWorld::dice_for(std::uint64_t purpose, std::uint64_t counter) const {
    return Dice{core::counter_random(seed_, purpose, counter, 0)};
}

void SimulatedWorld::plan_callers() {
    Dice dice = dice_for(for_setup, 0);
    const std::uint32_t plans = 1 + dice.below(2);
    for (std::uint32_t p = 0; p < plans; ++p) {
        const std::shared_ptr<const engine::Plan> plan = random_plan(dice);
        history_.know(plan);
        const std::uint32_t runs = 1 + dice.below(3);
        for (std::uint32_t i = 0; i < runs; ++i) {
            const core::Time at = now_ + core::Duration{dice.between(0, 2'000)};
            const core::ExecutionId id{core::Uuid::v7(at, dice.bits(), dice.bits())};
            const core::Value input = core::Value::object({{"n", dice.between(0, 9)}});
            const auto trigger = plan->find("start");
            to_come_.emplace(
                at, engine::CreateExecution{1, id, plan, *trigger, input, input,
                                            core::Value::object({}), dice.bits(), dice.bits()});
            wanted_.insert(id);
            if (!faults_.cancels || !dice.percent(40)) continue;
            const core::Time cancel = at + core::Duration{dice.between(0, 4'000)};
            to_come_.emplace(cancel, engine::CancelExecution{2, id, "simulated"});
            if (dice.percent(30))
                to_come_.emplace(cancel + core::Duration{dice.between(0, 500)},
                                 engine::CancelExecution{3, id, "again"});
        }
    }
}

std::uint64_t SimulatedWorld::run() {
    while (promised_.size() < wanted_.size() || history_.live_count() > 0) {
        if (++steps_ > steps_max) violated("an execution never ends");
        step();
    }
    for (const auto& [id, history] : history_.all()) {
        check_history(id, history);
        check_replay(id, history, options_);
        rows_ += history.rows.size();
    }
    return history_.hash();
}

core::Time SimulatedWorld::next_time() const {
    if (!inbox_.empty() || shard_->has_backlog()) return now_;
    std::optional<core::Time> next = shard_->next_due();
    if (!to_come_.empty() && (!next || to_come_.begin()->first < *next))
        next = to_come_.begin()->first;
    if (!next) violated("nothing can happen any more, and an execution has not ended");
    return std::max(now_, *next);
}

void SimulatedWorld::gather(core::Time now) {
    while (!to_come_.empty() && to_come_.begin()->first <= now) {
        inbox_.push_back(std::move(to_come_.begin()->second));
        to_come_.erase(to_come_.begin());
    }
}

engine::Frame SimulatedWorld::compute(core::Time now) {
    gather(now);
    const std::vector<engine::Input> offered{inbox_.begin(), inbox_.end()};
    engine::Frame frame = shard_->advance(now, inbox_);
    // What the frame left in the inbox, it did not take.
    auto left = inbox_.begin();
    for (const engine::Input& input : offered) {
        if (left != inbox_.end() && is_same(*left, input)) {
            ++left;
        } else {
            uncommitted_.push_back(input);
        }
    }
    return frame;
}

void SimulatedWorld::step() {
    now_ = next_time();
    engine::Frame first = compute(now_);
    std::optional<engine::Frame> second;
    Dice dice = dice_for(for_steps, first.number);
    // One frame may be computed while the one before it commits.
    if (first.has_records() && dice.percent(30)) {
        now_ = now_ + core::Duration{dice.between(0, 20)};
        second = compute(now_);
    }
    if (first.has_records() && faults_.crashes && dice.percent(8) && may_fail(dice))
        return restart(true);
    if (!commit(first)) return;
    release(first);
    if (second) {
        if (!commit(*second)) return;
        release(*second);
    }
    uncommitted_.clear();
    if (mode_ == Mode::rebuild) rebuild();
}

bool SimulatedWorld::may_fail(Dice& /*dice*/) {
    if (faults_left_ == 0) return false;
    --faults_left_;
    return true;
}

bool SimulatedWorld::commit(const engine::Frame& frame) {
    if (!frame.has_records()) return true;
    Dice dice = dice_for(for_commits, frame.number * 64 + faults_left_);
    const std::uint32_t fate = dice.below(100);
    if (faults_.commit_failed && fate < 4 && may_fail(dice)) return restart(false), false;
    if (faults_.commit_unknown_lost && fate >= 4 && fate < 8 && may_fail(dice))
        return restart(false), false;
    if (faults_.commit_unknown_kept && fate >= 8 && fate < 12 && may_fail(dice)) {
        history_.commit(frame);
        return restart(false), false;
    }
    history_.commit(frame);
    if (faults_.crashes && fate >= 12 && fate < 18 && may_fail(dice)) {
        restart(true);
        return false;
    }
    return true;
}

/// The World, all unreleased effects and answers are gone. Callers that got no answer ask again
/// with the same id; results that the lost frames had taken are still there unless the process
/// died.
void SimulatedWorld::restart(bool process_died) {
    Dice dice = dice_for(for_restarts, ++restarts_);
    for (engine::Input& input : uncommitted_)
        inbox_.push_back(std::move(input));
    uncommitted_.clear();
    if (process_died) {
        // A result may still come from a peer that outlived the process: a zombie's.
        std::erase_if(to_come_, [&](const auto& item) {
            return std::holds_alternative<engine::Completion>(item.second) && dice.percent(70);
        });
    }
    std::deque<engine::Input> again;
    std::set<core::ExecutionId> asked;
    for (engine::Input& input : inbox_) {
        // A caller that got no answer looks first whether its execution exists.
        if (const auto* create = std::get_if<engine::CreateExecution>(&input))
            if (history_.all().contains(create->id) || !asked.insert(create->id).second) continue;
        const bool result = std::holds_alternative<engine::Completion>(input);
        if (std::holds_alternative<engine::RecoverExecution>(input)) continue;
        if (!result || !process_died) again.push_back(std::move(input));
    }
    inbox_.clear();
    fill_shard(dice.percent(50));
    for (const core::ExecutionId id : shard_->live())
        inbox_.push_back(engine::RecoverExecution{id});
    std::move(again.begin(), again.end(), std::back_inserter(inbox_));
}

void SimulatedWorld::rebuild() {
    Dice dice = dice_for(for_rebuilds, steps_);
    fill_shard(dice.percent(50));
    shard_->shuffle_rows(dice.bits());
}

void SimulatedWorld::fill_shard(bool use_snapshots) {
    shard_ = std::make_unique<engine::Shard>(options_);
    shard_->set_position(history_.frame(), history_.time());
    for (const engine::StoredExecution& stored : history_.live(use_snapshots)) {
        const core::Result<> restored = shard_->restore(stored);
        if (!restored) violated(restored.error().message());
        if (use_snapshots && shard_->snapshot(stored.id).empty())
            violated("a restored execution has no state");
    }
    for (const auto& [id, history] : history_.all())
        promised_.insert(id);
}

void SimulatedWorld::release(const engine::Frame& frame) {
    for (const engine::Answer& answer : frame.answers) {
        const bool known =
            answer.result || answer.result.error().is(engine::CommandErrc::already_exists);
        if (answer.token == 1 && !known) violated("a creation was refused");
    }
    for (const engine::ExecutionRow& row : frame.inserted)
        promised_.insert(row.id);
    // As the runtime does it. An effect must not be given up by the frame that releases it.
    for (const engine::Abort& aborted : frame.aborts) {
        for (const engine::Effect& effect : frame.effects)
            if (effect.id == aborted.id && effect.run == aborted.run &&
                effect.attempt == aborted.attempt)
                violated("a frame releases an effect that it gives up");
        abort(aborted);
    }
    for (const engine::Effect& effect : frame.effects)
        perform(effect);
}

void SimulatedWorld::perform(const engine::Effect& effect) {
    const std::string key = effect.id.text() + std::to_string(effect.run.node.value) + "/" +
                            std::to_string(effect.attempt);
    Dice dice = dice_for(for_effects, core::fnv1a64(key));
    engine::Completion completion = completion_of(effect);
    if (const auto* job = std::get_if<std::shared_ptr<const engine::PureJob>>(&effect.request)) {
        auto result = (*job)->run();
        if (auto* failure = std::get_if<core::Failure>(&result)) {
            completion.outcome = std::move(*failure);
        } else {
            auto& emit = std::get<engine::Emit>(result);
            completion.outcome = std::move(emit.ports);
            completion.note = std::move(emit.note);
        }
        to_come_.emplace(now_, std::move(completion));
        return;
    }
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
    to_come_.emplace(now_ + core::Duration{delay}, completion);
    if (faults_.duplicates && dice.percent(25)) {
        completion.outcome = random_failure(dice);
        to_come_.emplace(now_ + core::Duration{delay + dice.between(0, 300)}, completion);
    }
}

void SimulatedWorld::abort(const engine::Abort& aborted) {
    engine::Completion completion;
    completion.id = aborted.id;
    completion.run = aborted.run;
    completion.attempt = aborted.attempt;
    core::Failure failure;
    failure.code = "canceled";
    failure.error_class = core::ErrorClass::canceled;
    completion.outcome = std::move(failure);
    to_come_.emplace(now_ + core::Duration{20}, std::move(completion));
}

}  // namespace millrace::simulation
