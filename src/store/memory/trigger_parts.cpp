// SPDX-License-Identifier: Apache-2.0
#include "memory/trigger_parts.hpp"

#include <algorithm>
#include <limits>

#include "millrace/store/store.hpp"
#include "part_rules.hpp"
#include "wait_rules.hpp"

namespace millrace::store::memory {

// ---- Waits ----------------------------------------------------------------------------------

core::Result<Wait> MemoryWaits::find(std::string_view token_hash) {
    const std::scoped_lock lock{mutex_};
    if (!token_hash.empty()) {
        for (const auto& [number, wait] : waits_)
            if (wait.token_hash == token_hash) return wait;
    }
    return std::unexpected(wait_not_found());
}

core::Result<Wait> MemoryWaits::find(core::ExecutionId id, const engine::RunKey& run) {
    const std::scoped_lock lock{mutex_};
    const auto found = by_run_.find({id, run});
    if (found == by_run_.end()) return std::unexpected(wait_not_found(id));
    return waits_.at(found->second);
}

core::Result<WaitPage> MemoryWaits::list(const WaitFilter& filter, std::size_t limit,
                                         const std::string& cursor) {
    const auto start = list_start(limit, cursor, wait_cursor, "waits");
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    auto at =
        *start ? waits_.lower_bound(static_cast<std::uint64_t>((*start)->first)) : waits_.end();
    WaitPage page;
    while (at != waits_.begin()) {
        const Wait& wait = (--at)->second;
        if (!matches(filter, wait)) continue;
        if (page.items.size() == limit) {
            const auto last = static_cast<std::int64_t>(page.items.back().number);
            page.next_cursor = list_cursor(wait_cursor, {last, 0});
            break;
        }
        page.items.push_back(wait);
    }
    return page;
}

core::Result<std::vector<Wait>> MemoryWaits::open_events(std::size_t limit, std::uint64_t after) {
    if (auto checked = check_waits_limit(limit); !checked) return std::unexpected(checked.error());
    const std::scoped_lock lock{mutex_};
    std::vector<Wait> open;
    for (auto at = waits_.upper_bound(after); at != waits_.end() && open.size() < limit; ++at)
        if (at->second.state == WaitState::open && at->second.what == WaitWhat::event)
            open.push_back(at->second);
    return open;
}

core::Result<std::vector<Wait>> MemoryWaits::finished_children(std::size_t limit,
                                                               std::uint64_t after) {
    return children(WaitState::open, false, limit, after);
}

core::Result<std::vector<Wait>> MemoryWaits::abandoned_children(std::size_t limit,
                                                                std::uint64_t after) {
    return children(WaitState::ended, true, limit, after);
}

core::Result<std::vector<Wait>> MemoryWaits::children(WaitState state, bool is_live,
                                                      std::size_t limit, std::uint64_t after) {
    if (auto checked = check_waits_limit(limit); !checked) return std::unexpected(checked.error());
    std::vector<Wait> candidates;
    {
        const std::scoped_lock lock{mutex_};
        for (auto at = waits_.upper_bound(after); at != waits_.end(); ++at)
            if (at->second.state == state && at->second.what == WaitWhat::child)
                candidates.push_back(at->second);
    }
    std::vector<Wait> found;
    for (const Wait& wait : candidates) {
        const auto child = core::ExecutionId::parse(wait.name);
        if ((child && is_live_(*child)) != is_live) continue;
        found.push_back(wait);
        if (found.size() == limit) break;
    }
    return found;
}

void MemoryWaits::write(const engine::WaitRow& row) {
    const std::scoped_lock lock{mutex_};
    Wait wait = wait_of(row);
    const auto known = by_run_.find({row.id, row.run});
    if (wait.state != WaitState::open) {
        if (known == by_run_.end()) return;
        Wait& kept = waits_.at(known->second);
        kept.state = wait.state;
        kept.closed_at = wait.closed_at;
        kept.answer = wait.state == WaitState::answered ? wait.answer : core::Value{};
        return;
    }
    if (known != by_run_.end()) waits_.erase(known->second);
    wait.number = ++last_number_;
    wait.answer = {};
    by_run_[{row.id, row.run}] = last_number_;
    waits_.emplace(last_number_, std::move(wait));
}

void MemoryWaits::postpone(const engine::PostponedWait& postponed) {
    const std::scoped_lock lock{mutex_};
    const auto known = by_run_.find({postponed.id, postponed.run});
    if (known == by_run_.end()) return;
    Wait& wait = waits_.at(known->second);
    if (wait.state == WaitState::open) wait.until = postponed.until;
}

bool MemoryWaits::has_open_child(core::ExecutionId parent, core::ExecutionId child) {
    const std::scoped_lock lock{mutex_};
    for (auto at = by_run_.lower_bound({parent, {}});
         at != by_run_.end() && at->first.first == parent; ++at) {
        const Wait& wait = waits_.at(at->second);
        if (wait.what == WaitWhat::child && wait.state == WaitState::open &&
            wait.name == child.text())
            return true;
    }
    return false;
}

void MemoryWaits::erase(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    auto at = by_run_.lower_bound({id, {}});
    while (at != by_run_.end() && at->first.first == id) {
        waits_.erase(at->second);
        at = by_run_.erase(at);
    }
}

// ---- Schedules ------------------------------------------------------------------------------

core::Result<std::vector<ScheduleState>> MemorySchedules::list() {
    const std::scoped_lock lock{mutex_};
    std::vector<ScheduleState> all;
    for (const auto& [name, state] : states_)
        all.push_back(state);
    return all;
}

core::Result<ScheduleState> MemorySchedules::find(const std::string& workflow_id,
                                                  const std::string& node_id) {
    const std::scoped_lock lock{mutex_};
    const auto found = states_.find({workflow_id, node_id});
    if (found == states_.end()) return std::unexpected(schedule_not_found(workflow_id, node_id));
    return found->second;
}

core::Result<> MemorySchedules::put(std::span<const ScheduleState> states) {
    const std::scoped_lock lock{mutex_};
    for (const ScheduleState& state : states)
        states_[{state.workflow_id, state.node_id}] = state;
    return {};
}

core::Result<> MemorySchedules::remove(const std::string& workflow_id, const std::string& node_id) {
    const std::scoped_lock lock{mutex_};
    std::erase_if(states_, [&](const auto& kept) {
        return kept.first.first == workflow_id && (node_id.empty() || kept.first.second == node_id);
    });
    return {};
}

// ---- Triggers -------------------------------------------------------------------------------

core::Result<std::vector<ActiveTrigger>> MemoryTriggers::active() {
    return library_.triggers(std::nullopt);
}

core::Result<std::vector<ActiveTrigger>> MemoryTriggers::active(const std::string& workflow_id) {
    return library_.triggers(workflow_id);
}

// ---- Counts ---------------------------------------------------------------------------------

core::Result<> MemoryTriggerCounts::add(std::span<const TriggerCount> counts) {
    const std::scoped_lock lock{mutex_};
    for (const TriggerCount& more : counts) {
        const auto [at, is_new] = counts_.try_emplace({more.workflow_id, more.node_id}, more);
        if (is_new) continue;
        TriggerCount& sum = at->second;
        sum.calls += more.calls;
        sum.succeeded += more.succeeded;
        sum.failed += more.failed;
        sum.refused += more.refused;
        sum.total_us += more.total_us;
        sum.last_at = std::max(sum.last_at, more.last_at);
    }
    return {};
}

core::Result<std::vector<TriggerCount>> MemoryTriggerCounts::list(
    const std::optional<std::string>& workflow_id) {
    const std::scoped_lock lock{mutex_};
    std::vector<TriggerCount> all;
    for (const auto& [name, count] : counts_)
        if (!workflow_id || name.first == *workflow_id) all.push_back(count);
    return all;
}

// ---- Cursors --------------------------------------------------------------------------------

core::Result<std::optional<FeedPosition>> MemoryCursors::get(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    const auto found = positions_.find(name);
    if (found == positions_.end()) return std::nullopt;
    return found->second;
}

core::Result<> MemoryCursors::put(const std::string& name, FeedPosition position) {
    const std::scoped_lock lock{mutex_};
    positions_[name] = position;
    return {};
}

}  // namespace millrace::store::memory
