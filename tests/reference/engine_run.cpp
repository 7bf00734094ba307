// SPDX-License-Identifier: Apache-2.0
#include "engine_run.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "../simulation/dice.hpp"
#include "millrace/core/hash.hpp"
#include "millrace/engine/pure_job.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::reference {
namespace {

using core::Time;
using engine::Frame;
using simulation::Dice;

constexpr std::uint32_t frames_max = 100'000;
constexpr std::uint32_t crashes_max = 6;
constexpr std::int64_t answer_ms_max = 400;  // shorter than any timeout

/// The outside of one execution: a store, a clock, and effects that answer when the dice say so.
class Drive {
public:
    Drive(std::shared_ptr<const engine::Plan> plan, const Effects& effects, std::uint64_t seed)
        : plan_{std::move(plan)},
          effects_{effects},
          dice_{seed},
          may_crash_{dice_.percent(40)},
          options_{options()},
          shard_{std::make_unique<engine::Shard>(options_)},
          run_{Observation{plan_}, {}, 0, 0, {}} {}

    EngineRun go(const core::Value& input) {
        id_ = {core::Uuid::v7(now_, dice_.bits(), dice_.bits())};
        view_.emplace(id_, plan_, engine::ExecutionView::every_scope);
        const auto variables = engine::resolve_variables(*plan_, core::Value::object({}));
        engine::CreateExecution create;
        create.id = id_;
        create.plan = plan_;
        create.trigger = *plan_->find("start");
        create.input = create.trigger_data = input;
        create.variables = *variables;
        create.seed_high = dice_.bits();
        inbox_.push_back(std::move(create));
        for (std::uint32_t i = 0; !run_.seen.status && run_.problem.empty(); ++i) {
            if (i == frames_max) run_.problem = "it does not end";
            step();
        }
        run_.viewed = runs_of(*view_);
        return std::move(run_);
    }

private:
    engine::ShardOptions options() {
        engine::ShardOptions options;
        options.digest = [](std::string_view text) { return std::to_string(core::fnv1a64(text)); };
        options.limits.snapshot_records = 1 + dice_.below(40);
        if (dice_.percent(30)) {
            options.limits.frame_inputs_max = 1 + dice_.below(3);
            options.limits.frame_transitions_max = 4 + dice_.below(20);
            options.limits.execution_transitions_max = 1 + dice_.below(10);
        }
        if (dice_.percent(30)) options.limits.inline_weight_max = dice_.below(200);
        if (dice_.percent(30)) options.limits.park_after = core::Duration{dice_.between(0, 400)};
        return options;
    }

    void step() {
        if (!gather()) return;
        const Frame frame = shard_->advance(now_, inbox_);
        commit(frame);
        if (run_.seen.status || !run_.problem.empty()) return;
        const bool dies =
            may_crash_ && run_.crashes < crashes_max && frame.has_records() && dice_.percent(30);
        if (dies) return restart();
        for (const engine::Abort& abort : frame.aborts)
            give_up(abort);
        for (const engine::Effect& effect : frame.effects)
            perform(effect);
        if (!frame.parked.empty()) park(frame.parked.back());
    }

    /// Time goes on to the next thing that happens; false when nothing will.
    bool gather() {
        if (inbox_.empty() && !shard_->has_backlog()) {
            std::optional<Time> next = shard_->next_due();
            if (!to_come_.empty() && (!next || to_come_.begin()->first < *next))
                next = to_come_.begin()->first;
            if (is_parked_ && unpark_at_ && (!next || *unpark_at_ < *next)) next = unpark_at_;
            if (!next) {
                run_.problem = "nothing can happen any more, and it has not ended";
                return false;
            }
            now_ = std::max(now_, *next);
        }
        if (is_parked_ && (!unpark_at_ || *unpark_at_ <= now_ || !to_come_.empty())) {
            is_parked_ = false;
            restore(true);
        }
        while (!to_come_.empty() && to_come_.begin()->first <= now_) {
            inbox_.push_back(std::move(to_come_.begin()->second));
            to_come_.erase(to_come_.begin());
        }
        return true;
    }

    void commit(const Frame& frame) {
        if (frame.has_records()) number_ = frame.number;
        for (const engine::JournalRow& row : frame.journal) {
            rows_.push_back(row.bytes);
            const auto records = engine::read_row(row.bytes);
            if (!records) {
                run_.problem = records.error().message();
                return;
            }
            for (const engine::Record& record : *records) {
                run_.seen.feed(record);
                view_->feed(record);
            }
        }
        for (const engine::SnapshotRow& row : frame.snapshots)
            keep(row.bytes);
        for (const engine::ParkedRow& row : frame.parked)
            keep(row.snapshot);
    }

    void keep(std::string snapshot) {
        snapshot_ = std::move(snapshot);
        rows_in_snapshot_ = rows_.size();
    }

    void park(const engine::ParkedRow& row) {
        ++run_.parkings;
        is_parked_ = true;
        unpark_at_ = row.wake_at;
    }

    void restore(bool was_parked) {
        engine::StoredExecution stored{id_, plan_, {}, rows_, was_parked};
        if (!snapshot_.empty() && (was_parked || dice_.percent(50))) {
            stored.snapshot = snapshot_;
            stored.rows.assign(rows_.begin() + static_cast<std::ptrdiff_t>(rows_in_snapshot_),
                               rows_.end());
        }
        const auto restored = shard_->restore(stored);
        if (!restored) run_.problem = restored.error().message();
    }

    /// The process dies between commit and release: effects of the frame were never begun, and
    /// most answers that were on their way are lost with it.
    void restart() {
        ++run_.crashes;
        std::erase_if(to_come_, [&](const auto&) { return dice_.percent(70); });
        inbox_.clear();
        is_parked_ = false;
        shard_ = std::make_unique<engine::Shard>(options_);
        shard_->set_position(number_, now_);
        restore(false);
        shard_->shuffle_rows(dice_.bits());
        inbox_.push_back(engine::RecoverExecution{id_});
    }

    void perform(const engine::Effect& effect) {
        engine::Completion completion{effect.id, effect.run, effect.attempt, {}, "reference", {}};
        if (const auto* job =
                std::get_if<std::shared_ptr<const engine::PureJob>>(&effect.request)) {
            auto result = (*job)->run();
            if (auto* failure = std::get_if<core::Failure>(&result)) {
                completion.outcome = std::move(*failure);
            } else {
                completion.outcome = std::move(std::get<engine::Emit>(result).ports);
            }
        } else {
            const auto& call = std::get<engine::FunctionCall>(effect.request);
            const std::uint32_t generation = run_.seen.generation();
            const std::string path = (generation == 0 ? "" : std::to_string(generation) + ":") +
                                     run_.seen.path_of(effect.run);
            const bool has_timeout = plan_->node(effect.run.node).timeout.has_value();
            if (has_timeout && effects_.is_silent(path, effect.attempt)) return;
            auto answer = effects_.answer(path, effect.attempt, call.input);
            if (auto* failure = std::get_if<core::Failure>(&answer)) {
                completion.outcome = std::move(*failure);
            } else {
                completion.outcome = std::vector<engine::PortValue>{
                    {core::PortIndex{0}, std::move(std::get<core::Value>(answer))}};
            }
        }
        to_come_.emplace(now_ + core::Duration{dice_.between(0, answer_ms_max)},
                         std::move(completion));
    }

    void give_up(const engine::Abort& abort) {
        engine::Completion completion{abort.id, abort.run, abort.attempt, {}, "reference", {}};
        core::Failure failure;
        failure.code = "canceled";
        failure.error_class = core::ErrorClass::canceled;
        completion.outcome = std::move(failure);
        to_come_.emplace(now_ + core::Duration{20}, std::move(completion));
    }

    std::shared_ptr<const engine::Plan> plan_;
    const Effects& effects_;
    Dice dice_;
    bool may_crash_;
    engine::ShardOptions options_;
    std::unique_ptr<engine::Shard> shard_;
    EngineRun run_;
    std::optional<engine::ExecutionView> view_;
    core::ExecutionId id_;
    Time now_{1'700'000'000'000};
    std::deque<engine::Input> inbox_;
    std::multimap<Time, engine::Input> to_come_;
    std::vector<std::string> rows_;
    std::string snapshot_;
    std::size_t rows_in_snapshot_ = 0;
    std::uint64_t number_ = 0;
    bool is_parked_ = false;
    std::optional<Time> unpark_at_;
};

}  // namespace

EngineRun run_in_engine(const std::shared_ptr<const engine::Plan>& plan, const core::Value& input,
                        const Effects& effects, std::uint64_t seed) {
    return Drive{plan, effects, seed}.go(input);
}

}  // namespace millrace::reference
