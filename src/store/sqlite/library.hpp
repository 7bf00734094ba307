// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/store/library.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteLibrary final : public Library {
public:
    /// `access` outlives it.
    explicit SqliteLibrary(PartAccess& access) : access_{access} {}

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

private:
    PartAccess& access_;
};

/// See Store; in a transaction of its own, if there is something to write.
core::Result<WorkflowVersion> save_version(Connection& connection, const std::string& workflow_id,
                                           const std::string& hash, const std::string& document,
                                           core::Time now);

}  // namespace millrace::store::sqlite
