// SPDX-License-Identifier: Apache-2.0
#include "consistency.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/engine/record.hpp"
#include "timing.hpp"

namespace millrace::engine {
namespace {

using Settled = LinkState::Settled;

/// How often a run stands in the queues of the agenda.
struct Places {
    std::uint32_t skip = 0;
    std::uint32_t outcome = 0;
    std::uint32_t expired = 0;
    std::uint32_t failure = 0;
    std::uint32_t interrupted = 0;
    std::uint32_t pure_start = 0;
    std::uint32_t effect_start = 0;

    std::uint32_t starts() const { return skip + pure_start + effect_start; }
    std::uint32_t all() const { return starts() + outcome + expired + failure + interrupted; }
};

class Checker {
public:
    Checker(const Executions& executions, const ExecutionState& x)
        : executions_{executions}, x_{x}, places_(x.runs.size()), evaluations_(x.links.size()) {}

    /// Empty when nothing is wrong.
    std::string_view contradiction() {
        if (x_.trigger.value >= x_.runs.size() ||
            x_.plan->node(x_.trigger).role() != core::NodeRole::trigger)
            return "it was not started by a trigger";
        if (is_terminal(x_.status)) return "it has ended";
        if (x_.status == core::ExecutionStatus::paused) return "it is paused";
        count_agenda();
        for (std::uint32_t i = 0; i < x_.links.size(); ++i)
            if (!link_fits({i})) return "a connection contradicts its source";
        for (std::uint32_t i = 0; i < x_.runs.size(); ++i) {
            const RunState& run = executions_.run(x_, {i});
            if (!run_fits(run)) return "a run contradicts itself";
            if (!agenda_fits(run, places_[i])) return "the agenda contradicts a run";
        }
        if (unfinished_ != x_.unfinished || open_ != x_.open || open_effects_ != x_.open_effects ||
            timed_ != x_.timed)
            return "its counters contradict its runs";
        return {};
    }

private:
    void count(const Fifo<core::NodeIndex>& queue, std::uint32_t Places::*place) {
        for (const core::NodeIndex node : queue.items())
            ++(places_[node.value].*place);
    }

    void count_agenda() {
        const Agenda& agenda = x_.agenda;
        count(agenda.skips, &Places::skip);
        count(agenda.outcomes, &Places::outcome);
        count(agenda.expired, &Places::expired);
        count(agenda.failures, &Places::failure);
        count(agenda.interrupted, &Places::interrupted);
        count(agenda.pure_starts, &Places::pure_start);
        count(agenda.effect_starts, &Places::effect_start);
        for (const core::ConnectionIndex link : agenda.links.items())
            ++evaluations_[link.value];
        unsettled_.resize(x_.runs.size());
    }

    bool ends() const { return x_.ending != Ending::none; }
    Phase phase(core::NodeIndex node) const { return executions_.run(x_, node).phase; }

    bool link_fits(core::ConnectionIndex index) {
        const PlanConnection& connection = x_.plan->connection(index);
        const bool open = executions_.link(x_, index).settled == Settled::open;
        const std::uint32_t evaluations = evaluations_[index.value];
        if (open) ++unsettled_[connection.to.value];
        if (phase(connection.from) != Phase::done) return open && evaluations == 0;
        if (ends()) return evaluations == 0;
        return open ? !connection.is_plain() && evaluations == 1 : evaluations == 0;
    }

    bool run_fits(const RunState& run) {
        const bool done = run.phase == Phase::done;
        const bool effect = x_.plan->node(run.node).role() == core::NodeRole::effect;
        if (!done) ++unfinished_;
        if (run.phase == Phase::attempting) {
            ++open_;
            if (effect) ++open_effects_;
        }
        if (run.phase == Phase::backing_off || run.phase == Phase::delaying) ++timed_;
        if (is_terminal(run.status) != done) return false;
        if (run.unsettled != unsettled_[run.node.value]) return false;
        const bool needs_failure =
            run.phase == Phase::recovering || run.phase == Phase::awaiting_fallback;
        return !needs_failure || executions_.data(x_, run.node).failure != nullptr;
    }

    bool agenda_fits(const RunState& run, const Places& at) const {
        if (ends()) return at.all() == 0;
        if (x_.status == core::ExecutionStatus::pending && run.phase != Phase::blocked)
            return false;
        const PlanNode& node = x_.plan->node(run.node);
        if (run.phase != Phase::blocked && !fallback_is_called(node)) return false;
        if (at.expired > 1 || (at.expired == 1 && !may_expire(run))) return false;
        const std::uint32_t others = at.all() - at.expired;
        switch (run.phase) {
            case Phase::blocked: return others == 0 && !waits_in_vain(run, node);
            case Phase::ready: {
                const bool effect = node.role() == core::NodeRole::effect;
                const bool queued = at.skip + (effect ? at.effect_start : at.pure_start) == 1;
                return others == 1 && queued;
            }
            case Phase::attempting:
                return others == at.interrupted && at.expired + at.interrupted <= 1;
            case Phase::succeeded: return others == 1 && at.outcome == 1;
            case Phase::recovering: return others == 1 && at.failure == 1;
            case Phase::awaiting_fallback: {
                const bool settled = node.fallback && phase(*node.fallback) == Phase::done;
                const bool called = node.fallback && phase(*node.fallback) != Phase::blocked;
                return called && others == at.outcome && at.outcome == (settled ? 1u : 0u);
            }
            case Phase::backing_off:
            case Phase::delaying:
            case Phase::done: return others == 0;
        }
        return false;
    }

    bool may_expire(const RunState& run) const {
        const bool known =
            run.expired == TimerPurpose::attempt_timeout || run.expired == TimerPurpose::deadline;
        return known && timer_due(*x_.plan, run, run.expired).has_value();
    }

    /// A run whose connections are all settled has gone on, and so has an unused fallback.
    bool waits_in_vain(const RunState& run, const PlanNode& node) const {
        if (x_.status == core::ExecutionStatus::pending) return false;
        return node.fallback_for ? phase(*node.fallback_for) == Phase::done : run.unsettled == 0;
    }

    /// A fallback starts when its node has failed, or is skipped when its node has ended.
    bool fallback_is_called(const PlanNode& node) const {
        if (!node.fallback_for) return true;
        const Phase failed = phase(*node.fallback_for);
        return failed == Phase::awaiting_fallback || failed == Phase::done;
    }

    const Executions& executions_;
    const ExecutionState& x_;
    std::vector<Places> places_;              // by node
    std::vector<std::uint32_t> evaluations_;  // by connection: how often on the agenda
    std::vector<std::uint32_t> unsettled_;    // by node
    std::uint32_t unfinished_ = 0;
    std::uint32_t open_ = 0;
    std::uint32_t open_effects_ = 0;
    std::uint32_t timed_ = 0;
};

}  // namespace

core::Result<> check_consistency(const Executions& executions, const ExecutionState& x) {
    const std::string_view wrong = Checker{executions, x}.contradiction();
    if (wrong.empty()) return {};
    return core::fail(JournalErrc::corrupt,
                      "the stored state contradicts itself: " + std::string{wrong});
}

}  // namespace millrace::engine
