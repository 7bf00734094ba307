// SPDX-License-Identifier: Apache-2.0
#include "triggers/trigger_table.hpp"

#include <algorithm>

#include "millrace/store/store.hpp"

namespace millrace::server {

TriggerTable::TriggerTable(runtime::Runtime& runtime, runtime::Log& log)
    : runtime_{runtime}, log_{log} {}

core::Result<> TriggerTable::load() {
    Types changed;
    {
        const std::scoped_lock reading{reading_};
        auto found = runtime_.store().triggers().active();
        if (!found) {
            is_outdated_ = true;
            return std::unexpected(found.error());
        }
        is_outdated_ = false;
        std::map<std::string, std::vector<store::ActiveTrigger>> by_workflow;
        for (store::ActiveTrigger& trigger : *found)
            by_workflow[trigger.workflow_id].push_back(std::move(trigger));
        const std::scoped_lock lock{mutex_};
        for (const auto& [workflow_id, triggers] : by_workflow_)
            by_workflow.try_emplace(workflow_id);
        for (auto& [workflow_id, triggers] : by_workflow) {
            const Types of_one = exchange(workflow_id, std::move(triggers));
            changed.insert(changed.end(), of_one.begin(), of_one.end());
        }
    }
    std::ranges::sort(changed);
    const auto repeated = std::ranges::unique(changed);
    changed.erase(repeated.begin(), repeated.end());
    tell(changed, {});
    return {};
}

void TriggerTable::refresh(const std::string& workflow_id) {
    Types changed;
    bool reads_all = workflow_id.empty();
    if (!reads_all) {
        const std::scoped_lock reading{reading_};
        auto found = runtime_.store().triggers().active(workflow_id);
        reads_all = !found || is_outdated_;
        if (!reads_all) {
            const std::scoped_lock lock{mutex_};
            changed = exchange(workflow_id, *std::move(found));
        }
    }
    if (!reads_all) return tell(changed, workflow_id);
    if (const auto loaded = load(); !loaded) {
        log_.write(runtime::LogLevel::error, "the triggers cannot be read; they stay as they were",
                   {{"workflow_id", workflow_id}, {"error", loaded.error().message()}});
    }
}

TriggerTable::Types TriggerTable::exchange(const std::string& workflow_id,
                                           std::vector<store::ActiveTrigger> found) {
    Triggers after;
    Types changed;
    const auto at = by_workflow_.find(workflow_id);
    const Triggers before = at == by_workflow_.end() ? Triggers{} : at->second;
    for (store::ActiveTrigger& trigger : found) {
        const auto same = std::ranges::find_if(
            before, [&](const TriggerPtr& known) { return *known == trigger; });
        if (same != before.end()) {
            after.push_back(*same);
            continue;
        }
        changed.push_back(trigger.type);
        after.push_back(std::make_shared<const store::ActiveTrigger>(std::move(trigger)));
    }
    for (const TriggerPtr& known : before) {
        if (std::ranges::find(after, known) == after.end()) changed.push_back(known->type);
    }
    if (after.empty()) {
        if (at != by_workflow_.end()) by_workflow_.erase(at);
    } else {
        by_workflow_.insert_or_assign(workflow_id, std::move(after));
    }
    std::ranges::sort(changed);
    const auto repeated = std::ranges::unique(changed);
    changed.erase(repeated.begin(), repeated.end());
    for (const std::string& type : changed)
        by_type_.erase(type);
    return changed;
}

TriggerTable::Snapshot TriggerTable::of_type(std::string_view type) const {
    const std::scoped_lock lock{mutex_};
    if (const auto at = by_type_.find(type); at != by_type_.end()) return at->second;
    auto made = std::make_shared<Triggers>();
    for (const auto& [workflow_id, triggers] : by_workflow_) {
        for (const TriggerPtr& trigger : triggers) {
            if (trigger->type == type) made->push_back(trigger);
        }
    }
    return by_type_.emplace(type, std::move(made)).first->second;
}

TriggerPtr TriggerTable::find(std::string_view workflow_id, std::string_view node_id) const {
    const std::scoped_lock lock{mutex_};
    const auto at = by_workflow_.find(workflow_id);
    if (at == by_workflow_.end()) return nullptr;
    const auto found = std::ranges::find_if(
        at->second, [&](const TriggerPtr& trigger) { return trigger->node_id == node_id; });
    return found == at->second.end() ? nullptr : *found;
}

void TriggerTable::subscribe(std::string type, Changed changed) {
    const std::scoped_lock lock{mutex_};
    subscribers_.emplace_back(std::move(type), std::make_shared<const Changed>(std::move(changed)));
}

void TriggerTable::tell(const Types& types, const std::string& workflow_id) const {
    std::vector<std::shared_ptr<const Changed>> told;
    {
        const std::scoped_lock lock{mutex_};
        for (const auto& [type, changed] : subscribers_) {
            if (std::ranges::binary_search(types, type)) told.push_back(changed);
        }
    }
    for (const auto& changed : told)
        (*changed)(workflow_id);
}

}  // namespace millrace::server
