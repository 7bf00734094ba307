// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/store/library.hpp"
#include "millrace/store/triggers.hpp"

namespace millrace::store::memory {

/// Workflows and their versions. Thread-safe.
class MemoryLibrary final : public Library {
public:
    core::Result<WorkflowPage> list(const WorkflowFilter& filter, std::size_t limit,
                                    const std::string& cursor) override;
    core::Result<WorkflowEntry> find(const std::string& workflow_id) override;
    core::Result<std::vector<VersionEntry>> versions(const std::string& workflow_id,
                                                     std::size_t limit,
                                                     std::uint32_t below) override;
    core::Result<WorkflowSaved> put(const WorkflowPut& wanted, core::Time now) override;
    core::Result<std::vector<WorkflowSaved>> apply(std::span<const WorkflowPut> puts,
                                                   std::span<const std::string> gone,
                                                   core::Time now) override;
    core::Result<WorkflowEntry> set_active(const std::string& workflow_id,
                                           std::optional<std::uint32_t> number,
                                           core::Time now) override;
    core::Result<> remove(const std::string& workflow_id) override;

    // See Store.
    core::Result<WorkflowVersion> save_version(const std::string& workflow_id,
                                               const std::string& hash, const std::string& document,
                                               core::Time now);
    core::Result<WorkflowVersion> version(const std::string& workflow_id,
                                          std::uint32_t number) const;
    /// See Triggers; of all workflows without an id.
    std::vector<ActiveTrigger> triggers(const std::optional<std::string>& workflow_id) const;

private:
    struct Workflow {
        std::int64_t place = 0;                 // in the order in which they came
        std::vector<WorkflowVersion> versions;  // number n at n - 1
        bool is_listed = false;
        WorkflowEntry entry;
        std::vector<ActiveTrigger> triggers;  // of the active version
    };

    core::Result<WorkflowSaved> put_locked(const WorkflowPut& wanted, core::Time now);
    static void activate(Workflow& workflow, std::optional<std::uint32_t> number);
    Workflow& of(const std::string& workflow_id);
    static const WorkflowVersion& save(Workflow& workflow, const std::string& workflow_id,
                                       const std::string& hash, const std::string& document,
                                       core::Time now);
    static void set_head(Workflow& workflow, const WorkflowVersion& version, WorkflowOrigin origin,
                         core::Time now);

    mutable std::mutex mutex_;
    std::map<std::string, Workflow, std::less<>> workflows_;
};

}  // namespace millrace::store::memory
