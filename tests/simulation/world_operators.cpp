// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <string>
#include <utility>

#include "world.hpp"

// Those who pause, cancel and repair executions.

namespace millrace::simulation {

using core::Duration;

template <class Command>
void SimulatedWorld::tell(core::Time at, Command command, Call call) {
    command.token = calls_.size() + 1;
    command.id = call.id;
    calls_.push_back(std::move(call));
    to_come_.emplace(at, std::move(command));
}

void SimulatedWorld::plan_visits(Dice& dice, core::Time at, core::ExecutionId id) {
    if (!faults_.operators || !dice.percent(60)) return;
    constexpr Operation kinds[] = {
        Operation::pause,       Operation::pause_briefly, Operation::step,   Operation::skip,
        Operation::skip,        Operation::cancel_run,    Operation::retry,  Operation::retry,
        Operation::breakpoints, Operation::variables,     Operation::signal, Operation::signal,
        Operation::answer,      Operation::answer};
    const std::uint32_t count = 1 + dice.below(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        const core::Time due = at + Duration{dice.between(0, 5'000)};
        visits_.emplace(due, Visit{id, kinds[dice.below(std::size(kinds))], dice.bits(), {}});
    }
}

void SimulatedWorld::visit(const Visit& visit) {
    const auto found = history_.all().find(visit.id);
    if (found == history_.all().end() || !found->second.is_live()) return;
    const Call call{visit.id, false, {}};
    Dice dice{visit.chance};
    switch (visit.operation) {
        case Operation::pause:
        case Operation::pause_briefly:
        case Operation::step:
        case Operation::variables: return visit_paused(visit, dice);
        case Operation::cancel: return tell(now_, engine::CancelExecution{0, {}, "once"}, call);
        case Operation::cancel_twice:
            tell(now_, engine::CancelExecution{0, {}, "once"}, call);
            tell(now_ + Duration{dice.between(0, 400)}, engine::CancelExecution{0, {}, "twice"},
                 call);
            // What was done is undone even then, unless people insist.
            if (dice.percent(40))
                tell(now_ + Duration{dice.between(0, 900)},
                     engine::CancelExecution{0, {}, "thrice"}, call);
            return;
        case Operation::skip: return visit_run(visit, engine::NodeAction::skip);
        case Operation::cancel_run: return visit_run(visit, engine::NodeAction::cancel);
        case Operation::retry: return visit_run(visit, engine::NodeAction::retry);
        case Operation::breakpoints: {
            const auto nodes = found->second.plan->nodes();
            engine::SetBreakpoints set;
            for (std::uint32_t i = 0; i < 2; ++i)
                set.nodes.push_back(nodes[dice.below(static_cast<std::uint32_t>(nodes.size()))].id);
            return tell(now_, std::move(set), call);
        }
        case Operation::signal:
            return tell(now_,
                        engine::SendSignal{0,
                                           {},
                                           "s" + std::to_string(dice.below(2)),
                                           core::Value{static_cast<std::int64_t>(dice.below(9))}},
                        call);
        case Operation::answer: return visit_wait(visit);
        case Operation::crash: return restart(true);
    }
}

/// Whoever answers does not know whether the run waits, has not begun to, or has ended.
void SimulatedWorld::visit_wait(const Visit& visit) {
    const std::vector<engine::RunKey> runs = history_.all().at(visit.id).follower->open_runs();
    if (runs.empty()) return;
    Dice dice{visit.chance};
    engine::AnswerWait answer;
    answer.run = runs[visit.run ? *visit.run % runs.size()
                                : dice.below(static_cast<std::uint32_t>(runs.size()))];
    answer.answer = core::Value{static_cast<std::int64_t>(dice.below(9))};
    answer.may_be_early = dice.percent(50);
    const bool comes_twice = dice.percent(30);
    tell(now_, answer, {visit.id, false, {}});
    if (comes_twice) tell(now_, std::move(answer), {visit.id, false, {}});
}

void SimulatedWorld::visit_paused(const Visit& visit, Dice& dice) {
    const Call call{visit.id, false, {}};
    tell(now_, engine::PauseExecution{0, {}, "simulated"}, call);
    const core::Time later = now_ + Duration{dice.between(1, 600)};
    if (visit.operation == Operation::step) stepped_.insert(visit.id);
    if (visit.operation == Operation::variables) {
        const core::Value values = core::Value::object({{"limit", dice.between(0, 9)}});
        tell(now_, engine::ChangeVariables{0, {}, values}, call);
    }
    if (visit.operation != Operation::pause && visit.operation != Operation::step)
        tell(later, engine::ResumeExecution{}, call);
}

void SimulatedWorld::visit_run(const Visit& visit, engine::NodeAction action) {
    const std::vector<std::string> paths = history_.all().at(visit.id).follower->open_paths();
    Dice dice{visit.chance};
    engine::CommandNode command;
    command.action = action;
    command.path = "nowhere[3].at_all";
    if (!paths.empty() && !dice.percent(2)) {
        const auto count = static_cast<std::uint32_t>(paths.size());
        command.path = paths[visit.run ? *visit.run % count : dice.below(count)];
    }
    tell(now_, std::move(command), {visit.id, false, {}});
}

void SimulatedWorld::keep_appointment() {
    if (!appointment_ || history_.frame() < appointment_->frame) return;
    const Appointment due = *appointment_;
    appointment_.reset();
    const auto& [id, history] = *history_.all().begin();
    if (!history.is_live()) return;
    runs_at_appointment_ = history.follower->open_paths().size();
    visit({id, due.operation, due.frame, due.run});
}

/// When somebody looks after an execution that stands still and that nobody else has resumed.
std::optional<core::Time> SimulatedWorld::patrol_due(core::ExecutionId id,
                                                     const StoredHistory& history) const {
    constexpr Duration patience{30'000};
    if (!history.is_live() || !history.follower->is_paused()) return std::nullopt;
    const auto last = resumed_.find(id);
    if (last != resumed_.end() && last->second == history.follower->pauses()) return std::nullopt;
    return history.follower->paused_at() + (stepped_.contains(id) ? Duration{100} : patience);
}

void SimulatedWorld::patrol(core::Time now) {
    for (const auto& [id, history] : history_.all()) {
        const auto due = patrol_due(id, history);
        if (!due || *due > now) continue;
        resumed_[id] = history.follower->pauses();
        if (stepped_.contains(id)) {
            tell(now_, engine::StepExecution{}, {id, false, {}});
        } else {
            tell(now_, engine::ResumeExecution{}, {id, false, {}});
        }
    }
}

}  // namespace millrace::simulation
