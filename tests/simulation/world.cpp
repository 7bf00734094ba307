// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <tuple>
#include <utility>

#include "millrace/core/hash.hpp"
#include "millrace/core/random.hpp"
#include "purpose.hpp"

namespace millrace::simulation {
namespace {

constexpr std::uint64_t steps_max = 200'000;

/// Two inputs with the same name tell of the same thing. Names are unique but for results that
/// came twice.
using InputName =
    std::tuple<std::size_t, std::uint64_t, core::ExecutionId, engine::RunKey, std::uint32_t>;

InputName name_of(const engine::Input& input) {
    if (const auto* done = std::get_if<engine::Completion>(&input))
        return {input.index(), 0, done->id, done->run, done->attempt};
    const auto token_of = [](const auto& i) -> std::uint64_t {
        if constexpr (requires { i.token; }) return i.token;
        return 0;
    };
    const auto id_of = [](const auto& i) { return i.id; };
    return {input.index(), std::visit(token_of, input), std::visit(id_of, input), {}, 0};
}

core::ExecutionId target_of(const engine::Input& input) {
    return std::visit([](const auto& i) { return i.id; }, input);
}

engine::ShardOptions options_for(const Faults& faults, Dice& dice) {
    engine::ShardOptions options;
    options.digest = [](std::string_view text) { return std::to_string(core::fnv1a64(text)); };
    options.limits.snapshot_records = 8;
    if (faults.tight_limits) {
        options.limits.frame_inputs_max = 3;
        options.limits.frame_transitions_max = 12;
        options.limits.execution_transitions_max = 4;
        options.limits.inline_weight_max = 8;
    }
    if (faults.parking) options.limits.park_after = core::Duration{dice.between(0, 2'000)};
    return options;
}

}  // namespace

SimulatedWorld::SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode)
    : seed_{seed}, faults_{faults}, mode_{mode} {
    Dice dice = dice_for(for_limits, 0);
    options_ = options_for(faults, dice);
    window_ = core::Duration{dice.between(0, options_.limits.park_after.ms)};
    shard_ = std::make_unique<engine::Shard>(options_);
    history_.know(child_plan_);
    plan_callers();
}

SimulatedWorld::SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode,
                               std::shared_ptr<const engine::Plan> plan,
                               const Appointment& appointment)
    : seed_{seed}, faults_{faults}, mode_{mode}, appointment_{appointment} {
    Dice dice = dice_for(for_limits, 0);
    options_ = options_for(faults, dice);
    shard_ = std::make_unique<engine::Shard>(options_);
    history_.know(child_plan_);
    history_.know(plan);
    create(now_, plan, start_of(*plan, core::Value::object({{"n", 4}}), {}), dice);
}

Dice SimulatedWorld::dice_for(std::uint64_t purpose, std::uint64_t counter) const {
    return Dice{core::counter_random(seed_, purpose, counter, 0)};
}

std::uint64_t SimulatedWorld::run() {
    while (promised_.size() < wanted_.size() || history_.live_count() > 0) {
        if (++steps_ > steps_max)
            violated("an execution never ends, at " + now_.text() + " with " +
                     std::to_string(inbox_.size()) + " inputs" +
                     (shard_->has_backlog() ? " and a backlog:" : ":") + history_.leftovers());
        step();
    }
    history_.finish(options_);
    return history_.hash();
}

// ---- Time -------------------------------------------------------------------------------------

std::optional<core::Time> SimulatedWorld::next_event() const {
    std::optional<core::Time> next = shard_->next_due();
    const auto note = [&](core::Time at) {
        if (!next || at < *next) next = at;
    };
    if (!to_come_.empty()) note(to_come_.begin()->first);
    if (!visits_.empty()) note(visits_.begin()->first);
    for (const auto& [id, history] : history_.all()) {
        const bool sleeps = history.is_live() && history.parked && !awake_.contains(id);
        if (sleeps && history.parked->wake_at) note(*history.parked->wake_at - window_);
        if (const auto due = patrol_due(id, history)) note(*due);
    }
    return next;
}

core::Time SimulatedWorld::next_time() const {
    if (!inbox_.empty() || shard_->has_backlog()) return now_;
    const std::optional<core::Time> next = next_event();
    if (!next)
        violated("nothing can happen any more, and an execution has not ended:" +
                 history_.leftovers());
    return std::max(now_, *next);
}

void SimulatedWorld::gather(core::Time now) {
    while (!visits_.empty() && visits_.begin()->first <= now) {
        const Visit due = visits_.begin()->second;
        visits_.erase(visits_.begin());
        visit(due);
    }
    patrol(now);
    while (!to_come_.empty() && to_come_.begin()->first <= now) {
        inbox_.push_back(std::move(to_come_.begin()->second));
        to_come_.erase(to_come_.begin());
    }
    wake_due(now);
}

// ---- Frames -----------------------------------------------------------------------------------

/// What is for executions that leave memory with a frame that is not committed yet.
std::vector<engine::Input> SimulatedWorld::withhold() {
    std::vector<engine::Input> withheld;
    std::deque<engine::Input> rest;
    for (engine::Input& input : inbox_) {
        const core::ExecutionId id = target_of(input);
        if (parking_.contains(id)) {
            withheld.push_back(std::move(input));
            continue;
        }
        // A command finds a parked execution in the store.
        if (history_.is_parked(id) && !awake_.contains(id)) wake(id);
        rest.push_back(std::move(input));
    }
    inbox_ = std::move(rest);
    return withheld;
}

engine::Frame SimulatedWorld::compute(core::Time now) {
    gather(now);
    std::vector<engine::Input> withheld = withhold();
    creations_.offer(inbox_, workflows_ + 1);  // and that of children
    const std::vector<engine::Input> offered{inbox_.begin(), inbox_.end()};
    engine::Frame frame = shard_->advance(now, inbox_);
    creations_.serve(frame);
    // What the frame left in the inbox, it did not take. Of results that came twice it takes the
    // first.
    std::map<InputName, std::size_t> left;
    for (const engine::Input& input : inbox_)
        ++left[name_of(input)];
    std::vector<engine::Input> taken;
    for (const engine::Input& input : offered | std::views::reverse) {
        std::size_t& count = left[name_of(input)];
        if (count > 0) {
            --count;
        } else {
            taken.push_back(input);
        }
    }
    uncommitted_.insert(uncommitted_.end(), taken.rbegin(), taken.rend());
    for (const engine::ParkedRow& row : frame.parked)
        parking_.insert(row.id);
    std::move(withheld.begin(), withheld.end(), std::back_inserter(inbox_));
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
    if (first.has_records() && faults_.crashes && dice.percent(8) && may_fail())
        return restart(true);
    if (!commit(first)) return;
    release(first);
    if (second) {
        if (!commit(*second)) return;
        release(*second);
    }
    uncommitted_.clear();
    keep_appointment();
    std::erase_if(let_in_, [&](core::ExecutionId id) {
        const StoredHistory& history = history_.all().at(id);
        return !history.is_live() || !history.follower->is_queued();
    });
    // A frame without records changes nothing, but lets go of timers that are no longer current.
    // Whose turn it is to be let in is known to the shard alone until it is recorded.
    if (mode_ == Mode::rebuild && first.has_records() && let_in_.empty()) rebuild();
}

bool SimulatedWorld::may_fail() {
    if (faults_left_ == 0) return false;
    --faults_left_;
    return true;
}

bool SimulatedWorld::commit(const engine::Frame& frame) {
    if (!frame.has_records()) return true;
    Dice dice = dice_for(for_commits, frame.number * 64 + faults_left_);
    const std::uint32_t fate = dice.below(100);
    if (faults_.commit_failed && fate < 4 && may_fail()) return restart(false), false;
    if (faults_.commit_unknown_lost && fate >= 4 && fate < 8 && may_fail())
        return restart(false), false;
    const bool kept = faults_.commit_unknown_kept && fate >= 8 && fate < 12 && may_fail();
    history_.commit(frame);
    if (kept) return restart(false), false;
    if (faults_.crashes && fate >= 12 && fate < 18 && may_fail()) return restart(true), false;
    for (const core::ExecutionId id : frame.unparked)
        awake_.erase(id);
    for (const engine::ParkedRow& row : frame.parked) {
        awake_.erase(row.id);
        parking_.erase(row.id);
    }
    return true;
}

void SimulatedWorld::release(const engine::Frame& frame) {
    for (const engine::Answer& answer : frame.answers)
        hear(answer, frame);
    for (const engine::ExecutionRow& row : frame.inserted)
        promised_.insert(row.id);
    follow_children(frame);
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
    for (const core::ExecutionId id : frame.wanted) {
        trace(" " + id.text() + " is wanted");
        let_in_.insert(id);
        if (history_.is_parked(id) && !awake_.contains(id) && !parking_.contains(id)) wake(id);
    }
    for (const engine::ExecutionRow& row : frame.finished)
        fork(row);
}

// ---- What is in memory ------------------------------------------------------------------------

/// The World, all unreleased effects and answers are gone. Callers that got no answer ask again
/// with the same id; results that the lost frames had taken are still there unless the process
/// died.
void SimulatedWorld::restart(bool process_died) {
    Dice dice = dice_for(for_restarts, ++restarts_);
    trace(process_died ? "the process dies" : "the shard is built anew");
    for (engine::Input& input : uncommitted_)
        inbox_.push_back(std::move(input));
    uncommitted_.clear();
    awake_.clear();
    parking_.clear();
    let_in_.clear();
    creations_.forget();
    if (process_died) {
        // A result may still come from a peer that outlived the process: a zombie's.
        std::erase_if(kept_, [&](const auto& entry) { return entry.second.from > now_; });
        std::erase_if(to_come_, [&](const auto& item) {
            return std::holds_alternative<engine::Completion>(item.second) && dice.percent(70);
        });
    }
    std::deque<engine::Input> again;
    std::set<core::ExecutionId> asked;
    for (engine::Input& input : inbox_) {
        // A caller that got no answer looks first whether its execution exists.
        if (const auto* create = std::get_if<engine::CreateExecution>(&input))
            if (history_.knows(create->id) || !asked.insert(create->id).second) continue;
        const bool result = std::holds_alternative<engine::Completion>(input);
        if (std::holds_alternative<engine::RecoverExecution>(input)) continue;
        if (!result || !process_died) again.push_back(std::move(input));
    }
    inbox_.clear();
    fill_shard(dice.percent(50));
    tell_ends_again();
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
    for (const auto& [key, row] : history_.breakers().rows())
        shard_->restore_shared(row);
    for (const auto& [id, history] : history_.all()) {
        promised_.insert(id);
        if (!history.is_live()) continue;
        if (history.parked && !awake_.contains(id)) {
            if (!history.parked->is_limited) continue;
            shard_->restore_limited({id, history.plan, history.parked->priority,
                                     history.parked->created_at,
                                     history.parked->status != core::ExecutionStatus::pending});
            continue;
        }
        const core::Result<> restored = shard_->restore(history.stored(id, use_snapshots));
        if (!restored) violated(restored.error().message());
        if (use_snapshots && shard_->snapshot(id).empty())
            violated("a restored execution has no state");
    }
}

/// Nothing is recorded of it: whoever is awake has only not done anything yet.
void SimulatedWorld::wake(core::ExecutionId id) {
    Dice dice = dice_for(for_waking, history_.frame());
    trace(" " + id.text() + " wakes");
    const core::Result<> restored =
        shard_->restore(history_.all().at(id).stored(id, dice.percent(80)));
    if (!restored) violated(restored.error().message());
    awake_.insert(id);
}

void SimulatedWorld::wake_due(core::Time now) {
    for (const auto& [id, history] : history_.all()) {
        const bool sleeps =
            history.is_live() && history.parked && !awake_.contains(id) && !parking_.contains(id);
        if (sleeps && history.parked->wake_at && *history.parked->wake_at <= now + window_)
            wake(id);
    }
}

}  // namespace millrace::simulation
