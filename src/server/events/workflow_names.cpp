// SPDX-License-Identifier: Apache-2.0
#include "events/workflow_names.hpp"

#include <utility>

namespace millrace::server {

WorkflowNames::Name WorkflowNames::note(core::ExecutionId id, const std::string& workflow_id) {
    static constexpr std::size_t known_max = 4'096;
    const std::scoped_lock lock{mutex_};
    std::weak_ptr<const std::string>& known = known_[workflow_id];
    Name name = known.lock();
    if (name == nullptr) {
        name = std::make_shared<const std::string>(workflow_id);
        known = name;
    }
    names_.put(id, name);
    if (known_.size() > known_max)
        std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    return name;
}

WorkflowNames::Name WorkflowNames::find(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    const Name* const name = names_.find(id);
    return name == nullptr ? nullptr : *name;
}

core::Result<WorkflowNames::Name> WorkflowNames::of(core::ExecutionId id, Journals& journals) {
    if (Name name = find(id)) return name;
    auto row = journals.execution(id);
    if (!row) return std::unexpected(std::move(row.error()));
    return note(id, row->workflow_id);
}

}  // namespace millrace::server
