// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "memory/memory_store.hpp"
#include "retention_rules.hpp"
#include "rows.hpp"

namespace millrace::store::memory {

namespace {

bool concerns(const PruneRequest& request, const engine::ExecutionRow& row) {
    if (request.workflow_id && row.workflow_id != *request.workflow_id) return false;
    return std::ranges::find(request.except, row.workflow_id) == request.except.end();
}

}  // namespace

std::optional<core::ExecutionId> MemoryStore::newest_from(const PruneRequest& request) const {
    std::uint64_t seen = 0;
    for (auto at = executions_.rbegin(); at != executions_.rend(); ++at) {
        const engine::ExecutionRow& row = at->second.row;
        if (!concerns(request, row)) continue;
        if (is_terminal(row.status) && ++seen == *request.keep_newest) return row.id;
    }
    return std::nullopt;
}

std::optional<core::Error> MemoryStore::needed(core::ExecutionId id) {
    if (dead_letters_.has_open(id)) return is_needed_by_letter(id);
    for (const auto& [other, entry] : executions_)
        if (entry.row.forked_from == id && !is_terminal(entry.row.status))
            return is_needed_by_fork(id);
    const auto found = executions_.find(id);
    if (found != executions_.end() && found->second.row.parent &&
        waits_.has_open_child(*found->second.row.parent, id))
        return is_needed_by_parent(id);
    return std::nullopt;
}

bool MemoryStore::is_live(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = executions_.find(id);
    return found != executions_.end() && !is_terminal(found->second.row.status);
}

bool MemoryStore::is_there(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    return executions_.contains(id);
}

void MemoryStore::erase(core::ExecutionId id) {
    dead_letters_.erase(id);
    waits_.erase(id);
    start_keys_.erase(id);
    executions_.erase(id);
}

core::Result<Prunable> MemoryStore::prunable(const PruneRequest& request) {
    auto place = prune_start(request);
    if (!place) return std::unexpected(place.error());
    const std::scoped_lock lock{mutex_};
    Prunable found;
    if (request.keep_newest.value_or(0) > 0 && !place->below) {
        place->below = newest_from(request);
        if (!place->below) return found;
    }
    const std::size_t looks_max = prune_looks_max(request);
    for (auto at = executions_.upper_bound(place->after);
         at != executions_.end() && (!place->below || at->first < *place->below); ++at) {
        if (found.looked_at == looks_max || found.ids.size() == request.limit) {
            found.next_cursor = prune_cursor(*place);
            break;
        }
        const engine::ExecutionRow& row = at->second.row;
        place->after = row.id;
        ++found.looked_at;
        if (concerns(request, row) && is_terminal(row.status) &&
            (!request.completed_before ||
             row.completed_at.value_or(row.created_at) < *request.completed_before))
            found.ids.push_back(row.id);
    }
    return found;
}

core::Result<std::vector<core::ExecutionId>> MemoryStore::removable(
    std::span<const core::ExecutionId> ids) {
    const std::scoped_lock lock{mutex_};
    std::vector<core::ExecutionId> found;
    for (const core::ExecutionId id : ids) {
        const auto at = executions_.find(id);
        if (at != executions_.end() && is_terminal(at->second.row.status) && !needed(id))
            found.push_back(id);
    }
    return found;
}

core::Result<ExecutionPage> MemoryStore::failures(core::Time since,
                                                  const std::optional<std::string>& workflow_id,
                                                  std::size_t limit, const std::string& cursor) {
    const auto start = failures_start(limit, cursor);
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    std::map<FailurePlace, const engine::ExecutionRow*, std::greater<>> ordered;
    for (const auto& [id, entry] : executions_) {
        const engine::ExecutionRow& row = entry.row;
        if (row.status != core::ExecutionStatus::failed || !row.completed_at) continue;
        if (*row.completed_at < since || (workflow_id && row.workflow_id != *workflow_id)) continue;
        const FailurePlace place{*row.completed_at, id};
        if (!*start || place < **start) ordered.emplace(place, &row);
    }
    ExecutionPage page;
    FailurePlace last;
    for (const auto& [place, row] : ordered) {
        if (page.items.size() == limit) {
            page.next_cursor = failures_cursor(last);
            break;
        }
        page.items.push_back(*row);
        last = place;
    }
    return page;
}

core::Result<Pruned> MemoryStore::prune(std::span<const core::ExecutionId> ids) {
    const std::scoped_lock lock{mutex_};
    Pruned pruned;
    for (const core::ExecutionId id : ids) {
        ++pruned.done;
        const auto found = executions_.find(id);
        if (found == executions_.end() || !is_terminal(found->second.row.status) || needed(id))
            continue;
        erase(id);
        ++pruned.executions;
    }
    return pruned;
}

core::Result<> MemoryStore::remove(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = executions_.find(id);
    if (found == executions_.end()) return std::unexpected(execution_not_found(id));
    if (!is_terminal(found->second.row.status)) return std::unexpected(is_unfinished(id));
    if (auto reason = needed(id)) return std::unexpected(std::move(*reason));
    erase(id);
    return {};
}

}  // namespace millrace::store::memory
