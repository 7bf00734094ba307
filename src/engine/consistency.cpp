// SPDX-License-Identifier: Apache-2.0
#include "consistency.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "container_work.hpp"
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
    std::uint32_t container = 0;

    std::uint32_t starts() const { return skip + pure_start + effect_start; }
    std::uint32_t all() const {
        return starts() + outcome + expired + failure + interrupted + container;
    }
};

class Checker {
public:
    Checker(const Executions& executions, const ExecutionState& x)
        : executions_{executions}, x_{x} {}

    /// Empty when nothing is wrong.
    std::string_view contradiction() {
        if (x_.trigger.value >= x_.plan->nodes().size() ||
            x_.plan->node(x_.trigger).role() != core::NodeRole::trigger)
            return "it was not started by a trigger";
        if (is_terminal(x_.status)) return "it has ended";
        if ((x_.status == core::ExecutionStatus::paused) != x_.is_paused())
            return "its status contradicts that it is paused";
        if (x_.is_delayed() && (has_started() || x_.control->has_permit))
            return "it has started before its time";
        if (x_.undoing != 0 && executions_.find_scope(x_, x_.undoing) == nullptr)
            return "it undoes something nowhere";
        if (!count_agenda()) return "the agenda names what is not there";
        if (const auto wrong = scope_contradiction(x_.top); !wrong.empty()) return wrong;
        for (const auto& [number, entity] : x_.scopes) {
            const ScopeState& scope = executions_.scope(x_, number);
            if (!instance_fits(scope)) return "a scope contradicts its container";
            if (const auto wrong = scope_contradiction(scope); !wrong.empty()) return wrong;
        }
        if (!links_fit()) return "what it waits for contradicts its runs";
        if (open_ != x_.open || open_effects_ != x_.open_effects ||
            timed_ + (x_.restart_due ? 1 : 0) != x_.timed)
            return "its counters contradict its runs";
        return {};
    }

private:
    bool has_started() const {
        return x_.status != core::ExecutionStatus::pending && !x_.is_ending();
    }

    bool links_fit() const {
        std::set<RunRef> runs;
        for (const OpenWait& wait : x_.waits.items())
            if (!runs.insert(wait.run).second) return false;
        for (const OpenChild& child : x_.children.items())
            if (!runs.insert(child.run).second || !core::ExecutionId::parse(child.id)) return false;
        return waits_ == x_.waits.size() && children_ == x_.children.size();
    }

    bool count(const Fifo<RunRef>& queue, std::uint32_t Places::*place) {
        for (const RunRef run : queue.items()) {
            if (!executions_.holds(x_, run)) return false;
            ++(places_[run].*place);
        }
        return true;
    }

    bool count_agenda() {
        const Agenda& agenda = x_.agenda;
        for (const LinkRef link : agenda.links.items()) {
            if (!executions_.holds(x_, link)) return false;
            ++evaluations_[link];
        }
        for (const std::uint32_t closing : agenda.closings.items()) {
            if (closing == 0 || executions_.find_scope(x_, closing) == nullptr) return false;
            if (!closings_.insert(closing).second) return false;
        }
        return count(agenda.skips, &Places::skip) && count(agenda.outcomes, &Places::outcome) &&
               count(agenda.expired, &Places::expired) &&
               count(agenda.failures, &Places::failure) &&
               count(agenda.interrupted, &Places::interrupted) &&
               count(agenda.pure_starts, &Places::pure_start) &&
               count(agenda.effect_starts, &Places::effect_start) &&
               count(agenda.containers, &Places::container);
    }

    Phase phase(RunRef run) const { return executions_.run(x_, run).phase; }

    /// The instance belongs to an open container around it.
    bool instance_fits(const ScopeState& scope) const {
        const PlanScope& shape = x_.plan->scope(scope.scope);
        if ((shape.part == ScopePart::undo) != (scope.id == x_.undoing)) return false;
        if (shape.part == ScopePart::undo) return undoing_fits(scope, shape);
        const ScopeState* const outer = executions_.find_scope(x_, scope.container.scope);
        return scope.id <= x_.last_scope && scope.container.scope < scope.id && outer != nullptr &&
               shape.container == scope.container.node && outer->scope == shape.parent &&
               phase(scope.container) == Phase::containing;
    }

    /// The instance undoes what is next of one that is wound up.
    bool undoing_fits(const ScopeState& scope, const PlanScope& shape) const {
        const ScopeState* const owner = executions_.find_scope(x_, scope.container.scope);
        return scope.id <= x_.last_scope && scope.container.scope < scope.id && owner != nullptr &&
               owner->ending != Ending::none && owner->unfinished == 0 && !owner->undos.empty() &&
               owner->undos.back().run.node == scope.container.node &&
               x_.plan->node(shape.nodes.front()).undoes == scope.container.node;
    }

    /// Each has run in the scope or inside of it, one after the other.
    bool undos_fit(const ScopeState& scope) const {
        std::uint64_t before = 0;
        for (const Undo& undo : scope.undos) {
            const PlanNode& node = x_.plan->node(undo.run.node);
            std::uint32_t around = node.scope;
            while (around != scope.scope && around != 0)
                around = x_.plan->scope(around).parent;
            const bool is_known =
                undo.run.scope <= x_.last_scope && undo.reads.size() == node.undo_reads.size();
            if (!is_known || around != scope.scope) return false;
            if (undo.seq <= before || undo.seq >= x_.next_seq) return false;
            before = undo.seq;
        }
        return true;
    }

    std::string_view scope_contradiction(const ScopeState& scope) {
        if (!undos_fit(scope)) return "a scope would undo what did not happen in it";
        const PlanScope& shape = x_.plan->scope(scope.scope);
        Counts counts;
        counts.unsettled.resize(shape.nodes.size());
        for (const core::ConnectionIndex link : shape.connections)
            if (!link_fits(scope, link, counts)) return "a connection contradicts its source";
        for (const core::NodeIndex node : shape.nodes) {
            const RunState& run = executions_.run(x_, {scope.id, node});
            if (!run_fits(scope, run, counts)) return "a run contradicts itself";
            if (!agenda_fits(scope, run)) return "the agenda contradicts a run";
        }
        if (counts.unfinished != scope.unfinished || counts.open != scope.open ||
            counts.containing != scope.containing || counts.open_results != scope.open_results)
            return "the counters of a scope contradict its runs";
        const bool closes = scope.id != 0 && scope.ending == Ending::none &&
                            scope.unfinished == 0 && scope.open_results == 0;
        if (closes != closings_.contains(scope.id)) return "the agenda contradicts a scope";
        return {};
    }

    struct Counts {
        std::uint32_t unfinished = 0;
        std::uint32_t open = 0;
        std::uint32_t containing = 0;
        std::uint32_t open_results = 0;
        std::vector<std::uint32_t> unsettled;  // by place in the PlanScope
    };

    bool link_fits(const ScopeState& scope, core::ConnectionIndex index, Counts& counts) {
        const PlanConnection& connection = x_.plan->connection(index);
        const LinkRef ref{scope.id, index};
        const bool open = executions_.link(x_, ref).settled == Settled::open;
        const auto found = evaluations_.find(ref);
        const std::uint32_t evaluations = found == evaluations_.end() ? 0 : found->second;
        if (open) {
            ++(connection.is_result ? counts.open_results
                                    : counts.unsettled[x_.plan->node(connection.to).local]);
        }
        const bool is_entry = x_.plan->scope(scope.scope).container == connection.from;
        if (!is_entry && phase({scope.id, connection.from}) != Phase::done)
            return open && evaluations == 0;
        if (scope.ending != Ending::none) return evaluations == 0;
        return open ? !connection.is_plain() && evaluations == 1 : evaluations == 0;
    }

    bool run_fits(const ScopeState& scope, const RunState& run, Counts& counts) {
        const bool done = run.phase == Phase::done;
        const bool effect = x_.plan->node(run.node).role() == core::NodeRole::effect;
        if (!done) ++counts.unfinished;
        if (run.phase == Phase::attempting) {
            ++open_;
            ++counts.open;
            const bool is_detached = x_.child_of(run.ref()) != nullptr;
            if (is_detached) ++children_;
            if (is_detached && !effect) return false;
            if (effect && !is_detached) ++open_effects_;
        }
        if (run.phase == Phase::containing) {
            ++counts.containing;
            if (!container_fits(run)) return false;
        }
        if (run.phase == Phase::backing_off || run.phase == Phase::delaying) ++timed_;
        const bool is_waiting =
            run.phase == Phase::delaying && x_.plan->node(run.node).role() == core::NodeRole::wait;
        if (is_waiting != (x_.wait_of(run.ref()) != nullptr)) return false;
        if (is_waiting) ++waits_;
        if (is_terminal(run.status) != done) return false;
        if (run.unsettled != counts.unsettled[x_.plan->node(run.node).local]) return false;
        const bool needs_failure =
            run.phase == Phase::recovering || run.phase == Phase::awaiting_fallback;
        return !needs_failure || executions_.data(x_, {scope.id, run.node}).failure != nullptr;
    }

    bool container_fits(const RunState& run) const {
        const ContainerState* const state = executions_.data(x_, run.ref()).container.get();
        if (state == nullptr || x_.plan->node(run.node).container == nullptr) return false;
        const auto live = std::ranges::count_if(x_.scopes, [&](const auto& scope) {
            return executions_.scope(x_, scope.first).container == run.ref();
        });
        const std::size_t each = std::max<std::uint32_t>(state->batch_size, 1);
        const bool items_fit =
            state->items.is_null() ||
            (state->items.is_array() && state->total == (state->items.size() + each - 1) / each);
        return items_fit && state->concurrency > 0 && state->next <= state->total &&
               live == static_cast<std::ptrdiff_t>(state->live) &&
               (state->stop != ContainerStop::failed || state->failure != nullptr);
    }

    bool agenda_fits(const ScopeState& scope, const RunState& run) const {
        const auto found = places_.find(run.ref());
        const Places at = found == places_.end() ? Places{} : found->second;
        if (run.phase == Phase::containing) {
            const bool has_work = container_has_work(executions_, x_, run.ref());
            const bool is_stopped = executions_.data(x_, run.ref()).container->is_stopped();
            return at.container == (has_work ? 1u : 0u) && at.all() == at.container + at.expired &&
                   at.expired <= (is_stopped ? 0u : 1u);
        }
        if (at.container != 0) return false;
        if (scope.ending != Ending::none) return at.all() == 0;
        const bool has_not_started =
            x_.status == core::ExecutionStatus::pending || x_.restart_due.has_value();
        if (has_not_started) return run.phase == Phase::blocked && at.all() == 0;
        const PlanNode& node = x_.plan->node(run.node);
        if (!is_open(run.phase)) {
            const bool is_stuck = run.phase == Phase::blocked && waits_in_vain(scope, run, node);
            return at.all() == 0 && !is_stuck;
        }
        if (!fallback_is_called(scope, node)) return false;
        if (at.expired > 1 || (at.expired == 1 && !may_expire(run))) return false;
        return queue_fits(scope, run, node, at);
    }

    static bool is_open(Phase phase) { return phase != Phase::blocked && phase != Phase::done; }

    bool queue_fits(const ScopeState& scope, const RunState& run, const PlanNode& node,
                    const Places& at) const {
        const std::uint32_t others = at.all() - at.expired;
        switch (run.phase) {
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
                if (!node.fallback) return false;
                const Phase stand_in = phase({scope.id, *node.fallback});
                const bool settled = stand_in == Phase::done;
                return stand_in != Phase::blocked && others == at.outcome &&
                       at.outcome == (settled ? 1u : 0u);
            }
            case Phase::blocked:
            case Phase::backing_off:
            case Phase::delaying:
            case Phase::containing:
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
    bool waits_in_vain(const ScopeState& scope, const RunState& run, const PlanNode& node) const {
        return node.fallback_for ? phase({scope.id, *node.fallback_for}) == Phase::done
                                 : run.unsettled == 0;
    }

    /// A fallback starts when its node has failed, or is skipped when its node has ended.
    bool fallback_is_called(const ScopeState& scope, const PlanNode& node) const {
        if (!node.fallback_for) return true;
        const Phase failed = phase({scope.id, *node.fallback_for});
        return failed == Phase::awaiting_fallback || failed == Phase::done;
    }

    const Executions& executions_;
    const ExecutionState& x_;
    std::map<RunRef, Places> places_;
    std::map<LinkRef, std::uint32_t> evaluations_;  // how often on the agenda
    std::set<std::uint32_t> closings_;
    std::uint32_t open_ = 0;
    std::uint32_t open_effects_ = 0;
    std::uint32_t timed_ = 0;
    std::size_t waits_ = 0;     // runs that wait for an answer
    std::size_t children_ = 0;  // attempts that another execution ends
};

}  // namespace

core::Result<> check_consistency(const Executions& executions, const ExecutionState& x) {
    const std::string_view wrong = Checker{executions, x}.contradiction();
    if (wrong.empty()) return {};
    return core::fail(JournalErrc::corrupt,
                      "the stored state contradicts itself: " + std::string{wrong});
}

}  // namespace millrace::engine
