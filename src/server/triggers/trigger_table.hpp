// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/triggers.hpp"

namespace millrace::server {

/// A trigger node of a workflow's active version. Immutable; the same object as long as nothing
/// about it changes.
using TriggerPtr = std::shared_ptr<const store::ActiveTrigger>;

/// What starts workflows, in memory: the trigger nodes of all active versions. Nothing is compiled
/// or read from documents for it, so thousands of workflows cost no time at the start. Thread-safe.
class TriggerTable {
public:
    using Snapshot = std::shared_ptr<const std::vector<TriggerPtr>>;
    /// Told which workflow's triggers have changed; empty: perhaps those of many.
    using Changed = std::function<void(const std::string& workflow_id)>;

    /// Both outlive the table. Empty until `load`.
    TriggerTable(runtime::Runtime& runtime, runtime::Log& log);

    /// Reads all from the store, and tells the subscribers of each type that has changed.
    core::Result<> load();
    /// Reads those of one workflow, empty: of all; what WorkflowCatalog forgets comes here, so
    /// whoever changes an active version need not think of it. When the store cannot be read, the
    /// log hears of it and the next call reads everything.
    void refresh(const std::string& workflow_id);

    /// Of this type, whatever its version, in order of workflows and documents. O(1) when nothing
    /// has changed since the last call.
    Snapshot of_type(std::string_view type) const;
    /// Null when the active version has no such trigger.
    TriggerPtr find(std::string_view workflow_id, std::string_view node_id) const;

    /// `changed` is called after each change of triggers of this type, on the thread that changed
    /// them and without a lock; it may read the table. It must stay callable as long as the table
    /// is refreshed.
    void subscribe(std::string type, Changed changed);

private:
    using Triggers = std::vector<TriggerPtr>;
    using Types = std::vector<std::string>;  ///< sorted, each once

    /// Puts `found` in the place of a workflow's triggers; which types have changed. Under the
    /// lock.
    Types exchange(const std::string& workflow_id, std::vector<store::ActiveTrigger> found);
    void tell(const Types& types, const std::string& workflow_id) const;

    runtime::Runtime& runtime_;
    runtime::Log& log_;
    std::mutex reading_;        ///< held from reading to changing: what was read later stays
    bool is_outdated_ = false;  ///< under `reading_`: a workflow could not be read
    mutable std::mutex mutex_;  ///< guards what follows
    std::map<std::string, Triggers, std::less<>> by_workflow_;
    mutable std::map<std::string, Snapshot, std::less<>> by_type_;  ///< made when asked for
    std::vector<std::pair<std::string, std::shared_ptr<const Changed>>> subscribers_;
};

}  // namespace millrace::server
