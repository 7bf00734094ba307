// SPDX-License-Identifier: Apache-2.0
#include "service/workflow_catalog.hpp"

#include <utility>

#include "millrace/store/library.hpp"

namespace millrace::server {

std::shared_ptr<const engine::Plan> WorkflowCatalog::known(std::string_view workflow_id) const {
    const std::scoped_lock lock{mutex_};
    const auto at = plans_.find(workflow_id);
    return at == plans_.end() ? nullptr : at->second;
}

core::Result<std::uint32_t> WorkflowCatalog::number_of(const std::string& workflow_id,
                                                       const VersionChoice& choice) const {
    if (choice.kind == VersionChoice::Kind::number) return choice.number;
    const auto entry = runtime_.store().library().find(workflow_id);
    if (!entry) return std::unexpected(entry.error());
    const bool wants_head = choice.kind == VersionChoice::Kind::head;
    return wants_head ? entry->head : entry->active.value_or(entry->head);
}

core::Result<std::shared_ptr<const engine::Plan>> WorkflowCatalog::load(
    const std::string& workflow_id, const VersionChoice& choice) {
    const bool is_usual = choice.kind == VersionChoice::Kind::usual;
    std::uint64_t changes = 0;
    {
        const std::scoped_lock lock{mutex_};
        changes = changes_;
        if (const auto at = plans_.find(workflow_id); is_usual && at != plans_.end())
            return at->second;
    }
    const auto number = number_of(workflow_id, choice);
    if (!number) return std::unexpected(number.error());
    auto saved = runtime_.load_workflow(workflow_id, *number);
    if (!saved) return std::unexpected(saved.error());
    if (is_usual) {
        const std::scoped_lock lock{mutex_};
        // To forget all now and then costs less than to keep the order of use on each start.
        if (plans_.size() >= workflows_max) plans_.clear();
        if (changes == changes_) plans_.insert_or_assign(workflow_id, saved->plan);
    }
    return std::move(saved->plan);
}

void WorkflowCatalog::forget(const std::string& workflow_id) {
    {
        const std::scoped_lock lock{mutex_};
        ++changes_;
        plans_.erase(workflow_id);
    }
    if (told_) told_(workflow_id);
}

void WorkflowCatalog::forget_all() {
    {
        const std::scoped_lock lock{mutex_};
        ++changes_;
        plans_.clear();
    }
    if (told_) told_({});
}

}  // namespace millrace::server
