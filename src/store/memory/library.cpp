// SPDX-License-Identifier: Apache-2.0
#include "memory/library.hpp"

#include <algorithm>
#include <utility>

#include "part_rules.hpp"
#include "rows.hpp"
#include "wait_rules.hpp"

namespace millrace::store::memory {

MemoryLibrary::Workflow& MemoryLibrary::of(const std::string& workflow_id) {
    const auto [at, is_new] = workflows_.try_emplace(workflow_id);
    if (is_new) at->second.place = static_cast<std::int64_t>(workflows_.size());
    return at->second;
}

const WorkflowVersion& MemoryLibrary::save(Workflow& workflow, const std::string& workflow_id,
                                           const std::string& hash, const std::string& document,
                                           core::Time now) {
    for (const WorkflowVersion& saved : workflow.versions)
        if (saved.hash == hash) return saved;
    const auto number = static_cast<std::uint32_t>(workflow.versions.size() + 1);
    return workflow.versions.emplace_back(workflow_id, number, hash, document, now);
}

void MemoryLibrary::set_head(Workflow& workflow, const WorkflowVersion& version,
                             WorkflowOrigin origin, core::Time now) {
    DocumentSummary summary = summarize(version.document);
    WorkflowEntry& entry = workflow.entry;
    entry.id = version.workflow_id;
    entry.name = std::move(summary.name);
    entry.folder = std::move(summary.folder);
    entry.tags = std::move(summary.tags);
    entry.origin = origin;
    entry.head = version.number;
    entry.head_hash = version.hash;
    if (!workflow.is_listed) entry.created_at = now;
    entry.updated_at = now;
    workflow.is_listed = true;
}

void MemoryLibrary::activate(Workflow& workflow, std::optional<std::uint32_t> number) {
    workflow.entry.active = number;
    workflow.triggers.clear();
    if (!number) return;
    const WorkflowVersion& version = workflow.versions[*number - 1];
    workflow.triggers = triggers_in(version.document, version.workflow_id, version.number);
}

std::vector<ActiveTrigger> MemoryLibrary::triggers(
    const std::optional<std::string>& workflow_id) const {
    const std::scoped_lock lock{mutex_};
    std::vector<ActiveTrigger> all;
    for (const auto& [id, workflow] : workflows_)
        if (!workflow_id || id == *workflow_id)
            all.insert(all.end(), workflow.triggers.begin(), workflow.triggers.end());
    return all;
}

core::Result<WorkflowPage> MemoryLibrary::list(const WorkflowFilter& filter, std::size_t limit,
                                               const std::string& cursor) {
    const auto start = list_start(limit, cursor, workflow_cursor, "workflows");
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    std::map<PagePlace, const WorkflowEntry*, std::greater<>> ordered;
    for (const auto& [id, workflow] : workflows_) {
        if (!workflow.is_listed || !matches(filter, workflow.entry)) continue;
        const PagePlace place{workflow.entry.updated_at.ms, workflow.place};
        if (!*start || place < **start) ordered.emplace(place, &workflow.entry);
    }
    WorkflowPage page;
    PagePlace last;
    for (const auto& [place, entry] : ordered) {
        if (page.items.size() == limit) {
            page.next_cursor = list_cursor(workflow_cursor, last);
            break;
        }
        page.items.push_back(*entry);
        last = place;
    }
    return page;
}

core::Result<WorkflowEntry> MemoryLibrary::find(const std::string& workflow_id) {
    const std::scoped_lock lock{mutex_};
    const auto found = workflows_.find(workflow_id);
    if (found == workflows_.end() || !found->second.is_listed)
        return std::unexpected(workflow_not_found(workflow_id));
    return found->second.entry;
}

core::Result<std::vector<VersionEntry>> MemoryLibrary::versions(const std::string& workflow_id,
                                                                std::size_t limit,
                                                                std::uint32_t below) {
    const std::scoped_lock lock{mutex_};
    const auto found = workflows_.find(workflow_id);
    if (found == workflows_.end() || !found->second.is_listed)
        return std::unexpected(workflow_not_found(workflow_id));
    const Workflow& workflow = found->second;
    std::size_t next = workflow.versions.size();
    if (below > 0) next = std::min<std::size_t>(next, below - 1);
    std::vector<VersionEntry> entries;
    for (; next > 0 && entries.size() < limit; --next) {
        const WorkflowVersion& version = workflow.versions[next - 1];
        entries.push_back({version.number, version.hash, version.created_at,
                           version.document.size(), version.number == workflow.entry.head,
                           version.number == workflow.entry.active});
    }
    return entries;
}

core::Result<WorkflowSaved> MemoryLibrary::put(const WorkflowPut& wanted, core::Time now) {
    const std::scoped_lock lock{mutex_};
    return put_locked(wanted, now);
}

core::Result<std::vector<WorkflowSaved>> MemoryLibrary::apply(std::span<const WorkflowPut> puts,
                                                              std::span<const std::string> gone,
                                                              core::Time now) {
    const std::scoped_lock lock{mutex_};
    const std::map<std::string, Workflow, std::less<>> before = workflows_;
    const auto undone = [&](const core::Error& error) {
        workflows_ = before;
        return std::unexpected(error);
    };
    std::vector<WorkflowSaved> saved;
    for (const WorkflowPut& wanted : puts) {
        auto put = put_locked(wanted, now);
        if (!put) return undone(put.error());
        saved.push_back(std::move(*put));
    }
    for (const std::string& id : gone) {
        const auto found = workflows_.find(id);
        if (found == workflows_.end() || !found->second.is_listed)
            return undone(workflow_not_found(id));
        activate(found->second, std::nullopt);
        found->second.is_listed = false;
    }
    return saved;
}

core::Result<WorkflowSaved> MemoryLibrary::put_locked(const WorkflowPut& wanted, core::Time now) {
    const auto found = workflows_.find(wanted.workflow_id);
    const bool is_known = found != workflows_.end() && found->second.is_listed;
    if (auto checked = check_put(wanted, is_known ? &found->second.entry : nullptr); !checked)
        return std::unexpected(checked.error());
    Workflow& workflow = of(wanted.workflow_id);
    const WorkflowVersion& version =
        save(workflow, wanted.workflow_id, wanted.hash, wanted.document, now);
    WorkflowSaved saved;
    saved.is_new = !is_known;
    saved.has_changed = !is_known || workflow.entry.head != version.number;
    if (saved.has_changed || workflow.entry.origin != wanted.origin)
        set_head(workflow, version, wanted.origin, now);
    if (wanted.activate && workflow.entry.active != version.number) {
        activate(workflow, version.number);
        workflow.entry.updated_at = now;
        saved.has_activated = true;
    }
    saved.entry = workflow.entry;
    return saved;
}

core::Result<WorkflowEntry> MemoryLibrary::set_active(const std::string& workflow_id,
                                                      std::optional<std::uint32_t> number,
                                                      core::Time now) {
    const std::scoped_lock lock{mutex_};
    const auto found = workflows_.find(workflow_id);
    if (found == workflows_.end() || !found->second.is_listed)
        return std::unexpected(workflow_not_found(workflow_id));
    Workflow& workflow = found->second;
    if (number && (*number == 0 || *number > workflow.versions.size()))
        return std::unexpected(version_not_found(workflow_id, *number));
    if (workflow.entry.active != number) {
        activate(workflow, number);
        workflow.entry.updated_at = now;
    }
    return workflow.entry;
}

core::Result<> MemoryLibrary::remove(const std::string& workflow_id) {
    const std::scoped_lock lock{mutex_};
    const auto found = workflows_.find(workflow_id);
    if (found == workflows_.end() || !found->second.is_listed)
        return std::unexpected(workflow_not_found(workflow_id));
    if (found->second.entry.active) return std::unexpected(workflow_is_active(found->second.entry));
    found->second.is_listed = false;
    return {};
}

core::Result<WorkflowVersion> MemoryLibrary::save_version(const std::string& workflow_id,
                                                          const std::string& hash,
                                                          const std::string& document,
                                                          core::Time now) {
    const std::scoped_lock lock{mutex_};
    Workflow& workflow = of(workflow_id);
    const WorkflowVersion& version = save(workflow, workflow_id, hash, document, now);
    const bool follows = workflow.entry.origin == WorkflowOrigin::run;
    if (!workflow.is_listed || (follows && workflow.entry.head != version.number))
        set_head(workflow, version, WorkflowOrigin::run, now);
    return version;
}

core::Result<WorkflowVersion> MemoryLibrary::version(const std::string& workflow_id,
                                                     std::uint32_t number) const {
    const std::scoped_lock lock{mutex_};
    const auto found = workflows_.find(workflow_id);
    if (found == workflows_.end() || number == 0 || number > found->second.versions.size())
        return std::unexpected(version_not_found(workflow_id, number));
    return found->second.versions[number - 1];
}

}  // namespace millrace::store::memory
