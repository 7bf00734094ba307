// SPDX-License-Identifier: Apache-2.0
#include "schedules/schedule_planner.hpp"

#include <algorithm>

#include "millrace/core/hash.hpp"

namespace millrace::server {
namespace {

using nodes::MissedPolicy;
using nodes::OverlapPolicy;

/// The same for a schedule at all times, so that what is due keeps its distances.
core::Duration delay_of(const ScheduleKey& key, core::Duration jitter) {
    if (jitter.ms <= 0) return core::Duration{0};
    const std::uint64_t hash = core::fnv1a64(key.workflow_id + "\n" + key.node_id);
    return core::Duration{static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(jitter.ms))};
}

}  // namespace

// ---- What there is ------------------------------------------------------------------------

void SchedulePlanner::put(const ScheduleKey& key, nodes::Schedule schedule,
                          const store::ScheduleState* state, core::Time now) {
    notice_time(now);
    const auto [at, is_new] = entries_.try_emplace(key, Entry{.known = {.schedule = schedule}});
    Entry& entry = at->second;
    const bool goes_on = !is_new && entry.known.schedule.text() == schedule.text();
    entry.known.schedule = std::move(schedule);
    const nodes::Schedule& made = entry.known.schedule;
    entry.delay = delay_of(key, made.jitter());
    if (goes_on) {
        set_running(entry, entry.known.state.last_execution);
        return plan(key, entry, now);
    }
    entry.life = ++lives_;
    entry.steps.clear();
    entry.is_starting = false;
    entry.not_before.reset();
    entry.known.last_error.clear();
    if (is_new && state != nullptr && state->spec == made.text()) {
        go_on(entry, *state);
        if (entry.decided > now + back_max) begin_at(entry, now);
    } else {
        entry.known.state = {.workflow_id = key.workflow_id, .node_id = key.node_id};
        entry.known.state.spec = made.text();
        set_running(entry, std::nullopt);
        begin_at(entry, now);
        mark(key, entry);
    }
    plan(key, entry, now);
}

void SchedulePlanner::go_on(Entry& entry, const store::ScheduleState& state) {
    entry.known.state = state;
    entry.steps.assign(state.waiting.begin(), state.waiting.end());
    begin_at(entry, state.updated_at);
    // It may have ended meanwhile: that is found out before it keeps anything from starting.
    set_running(entry, state.last_execution);
}

void SchedulePlanner::begin_at(Entry& entry, core::Time at) {
    entry.decided = at;
    entry.next = entry.known.schedule.next_after(at);
    entry.known.state.next_due = entry.next;
}

void SchedulePlanner::set_running(Entry& entry, std::optional<core::ExecutionId> id) {
    entry.known.running = may_overlap(entry) ? std::nullopt : id;
}

void SchedulePlanner::remove(const ScheduleKey& key) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    if (at->second.wake) wakes_.erase({*at->second.wake, key});
    changed_.erase(key);
    entries_.erase(at);
}

bool SchedulePlanner::set_paused(const ScheduleKey& key, bool is_paused, core::Time now) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) return false;
    Entry& entry = at->second;
    if (entry.known.state.is_paused == is_paused) return true;
    entry.known.state.is_paused = is_paused;
    if (!is_paused) begin_at(entry, std::max(now, entry.decided));
    mark(key, entry);
    plan(key, entry, now);
    return true;
}

const PlannedSchedule* SchedulePlanner::find(const ScheduleKey& key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? nullptr : &at->second.known;
}

std::vector<const PlannedSchedule*> SchedulePlanner::list() const {
    std::vector<const PlannedSchedule*> all;
    for (const auto& [key, entry] : entries_)
        all.push_back(&entry.known);
    return all;
}

// ---- What is due --------------------------------------------------------------------------

void SchedulePlanner::add_steps(Entry& entry, core::Time until, core::Time last) const {
    const nodes::Schedule& schedule = entry.known.schedule;
    store::ScheduleState& state = entry.known.state;
    const bool waits = schedule.overlap() == OverlapPolicy::queue;
    // Other policies may have let more of them come together than may wait now.
    const std::size_t waiting = std::min(entry.steps.size(), waiting_max);
    const std::size_t room = waits ? waiting_max - waiting : made_up_max;
    std::vector<core::Time> starting{last};
    if (schedule.missed() == MissedPolicy::run_all)
        starting = schedule.within(entry.decided, until, std::max<std::size_t>(room, 1));
    if (schedule.missed() == MissedPolicy::skip && until - last > late_after) starting.clear();
    const core::Time given_up = starting.empty() ? last : starting.front() - core::Duration{1};
    state.missed += schedule.count_within(entry.decided, given_up, counted_max);
    if (room == 0) {
        state.skipped += starting.size();
        starting.clear();
    }
    entry.steps.insert(entry.steps.end(), starting.begin(), starting.end());
}

void SchedulePlanner::decide(const ScheduleKey& key, Entry& entry, core::Time now) {
    const bool waits = entry.known.schedule.overlap() == OverlapPolicy::queue;
    // While something starts, what comes due after it can be missed, and is decided then.
    if (entry.known.state.is_paused || (!waits && !entry.steps.empty())) return;
    const core::Time until = now - entry.delay;
    if (!entry.next || *entry.next > until) return;
    const auto last = entry.known.schedule.last_within(entry.decided, until);
    if (!last) return;
    const std::size_t before = entry.steps.size();
    add_steps(entry, until, *last);
    begin_at(entry, *last);
    // Where one execution may keep the next from starting, the state must name each before it
    // starts: else a crash in between would leave one behind that nobody knows of.
    if (!may_overlap(entry) || entry.steps.size() == before) mark(key, entry);
}

bool SchedulePlanner::is_blocked(const Entry& entry) {
    return entry.known.running && !may_overlap(entry);
}

bool SchedulePlanner::may_overlap(const Entry& entry) {
    return entry.known.schedule.overlap() == OverlapPolicy::allow;
}

bool SchedulePlanner::advance(const ScheduleKey& key, Entry& entry, core::Time now) {
    const nodes::Schedule& schedule = entry.known.schedule;
    store::ScheduleState& state = entry.known.state;
    while (!entry.steps.empty() && !entry.is_starting && !state.is_paused) {
        const bool waits = schedule.overlap() == OverlapPolicy::queue;
        const core::Time due = entry.steps.front();
        if (may_overlap(entry) && schedule.missed() == MissedPolicy::skip &&
            now - entry.delay - due > late_after) {
            ++state.missed;  // it could not be started for too long
        } else if (entry.not_before && *entry.not_before > now) {
            return false;
        } else if (!is_blocked(entry)) {
            return true;
        } else if (waits) {
            return false;
        } else {
            ++state.skipped;
        }
        after_start(key, entry, now);
    }
    return false;
}

void SchedulePlanner::notice_time(core::Time now) {
    if (now + back_max >= latest_) {
        latest_ = std::max(latest_, now);
        return;
    }
    // The clock was wrong by far, and has been put right. What was due by the wrong one is over,
    // and must not keep what is due now waiting; executions' ids see to it that nothing starts
    // twice.
    latest_ = now;
    for (auto& [key, entry] : entries_) {
        if (entry.decided <= now + back_max) continue;
        begin_at(entry, now);
        mark(key, entry);
        plan(key, entry, now);
    }
}

std::vector<Firing> SchedulePlanner::take(core::Time now, std::size_t max) {
    notice_time(now);
    std::vector<Firing> firings;
    while (firings.size() < max && !wakes_.empty() && wakes_.begin()->first <= now) {
        const ScheduleKey key = wakes_.begin()->second;
        Entry& entry = entries_.find(key)->second;
        decide(key, entry, now);
        if (advance(key, entry, now)) {
            entry.is_starting = true;
            firings.push_back({key, entry.steps.front(), entry.life});
        }
        plan(key, entry, now);
    }
    return firings;
}

SchedulePlanner::Entry* SchedulePlanner::answered(const Firing& firing) {
    const auto at = entries_.find(firing.key);
    if (at == entries_.end() || at->second.life != firing.life) return nullptr;
    if (!at->second.is_starting || at->second.steps.front() != firing.due) return nullptr;
    at->second.is_starting = false;
    return &at->second;
}

void SchedulePlanner::after_start(const ScheduleKey& key, Entry& entry, core::Time now) {
    entry.steps.pop_front();
    entry.not_before.reset();
    entry.backoff = core::Duration{0};
    mark(key, entry);
    plan(key, entry, now);
}

void SchedulePlanner::started(const Firing& firing, core::ExecutionId id, core::Time now) {
    Entry* const entry = answered(firing);
    if (entry == nullptr) return;
    store::ScheduleState& state = entry->known.state;
    ++state.started;
    state.last_due = firing.due;
    state.last_execution = id;
    entry->known.last_error.clear();
    set_running(*entry, id);
    after_start(firing.key, *entry, now);
}

void SchedulePlanner::refused(const Firing& firing, std::string why, core::Time now) {
    Entry* const entry = answered(firing);
    if (entry == nullptr) return;
    ++entry->known.state.skipped;
    entry->known.last_error = std::move(why);
    after_start(firing.key, *entry, now);
}

void SchedulePlanner::failed(const Firing& firing, core::Time now) {
    Entry* const entry = answered(firing);
    if (entry == nullptr) return;
    entry->backoff = std::clamp(entry->backoff + entry->backoff, retry_min, retry_max);
    entry->not_before = now + entry->backoff;
    plan(firing.key, *entry, now);
}

std::vector<std::pair<ScheduleKey, core::ExecutionId>> SchedulePlanner::doubtful(
    core::Time now) const {
    std::vector<std::pair<ScheduleKey, core::ExecutionId>> asked;
    for (const auto& [wake, key] : wakes_) {
        if (wake > now) break;
        const Entry& entry = entries_.find(key)->second;
        if (is_blocked(entry)) asked.emplace_back(key, *entry.known.running);
    }
    return asked;
}

void SchedulePlanner::ended(const ScheduleKey& key, core::ExecutionId id, core::Time now) {
    const auto at = entries_.find(key);
    if (at == entries_.end() || at->second.known.running != id) return;
    at->second.known.running.reset();
    plan(key, at->second, now);
}

// ---- When and what ------------------------------------------------------------------------

std::optional<core::Time> SchedulePlanner::wake_of(const Entry& entry, core::Time now) {
    if (entry.known.state.is_paused || entry.is_starting) return std::nullopt;
    std::optional<core::Time> wake;
    const bool waits = entry.known.schedule.overlap() == OverlapPolicy::queue;
    if (entry.next && (waits || entry.steps.empty())) wake = *entry.next + entry.delay;
    if (entry.steps.empty()) return wake;
    core::Time try_at = entry.not_before.value_or(now);
    if (waits && is_blocked(entry)) try_at = now + ask_every;
    return wake ? std::min(*wake, try_at) : try_at;
}

void SchedulePlanner::plan(const ScheduleKey& key, Entry& entry, core::Time now) {
    entry.known.waiting = entry.steps.size();
    const std::optional<core::Time> wake = wake_of(entry, now);
    if (wake == entry.wake) return;
    if (entry.wake) wakes_.erase({*entry.wake, key});
    entry.wake = wake;
    if (wake) wakes_.emplace(*wake, key);
}

std::optional<core::Time> SchedulePlanner::next_wake() const {
    return wakes_.empty() ? std::nullopt : std::optional{wakes_.begin()->first};
}

void SchedulePlanner::mark(const ScheduleKey& key, Entry& entry) {
    store::ScheduleState& state = entry.known.state;
    state.updated_at = entry.decided;
    state.next_due = state.is_paused ? std::nullopt : entry.next;
    changed_.insert(key);
}

std::vector<store::ScheduleState> SchedulePlanner::take_changed() {
    std::vector<store::ScheduleState> states;
    for (const ScheduleKey& key : changed_) {
        Entry& entry = entries_.find(key)->second;
        // More may have been decided since it was marked: counts and place belong together.
        entry.known.state.updated_at = entry.decided;
        entry.known.state.waiting.assign(entry.steps.begin(), entry.steps.end());
        states.push_back(entry.known.state);
    }
    changed_.clear();
    return states;
}

void SchedulePlanner::keep_changed(const std::vector<store::ScheduleState>& states) {
    for (const store::ScheduleState& state : states) {
        ScheduleKey key{state.workflow_id, state.node_id};
        if (entries_.contains(key)) changed_.insert(std::move(key));
    }
}

}  // namespace millrace::server
