// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/connection.hpp"

// The queries. Each expects to run in one read transaction.

namespace millrace::store::sqlite {

core::Result<WorkflowVersion> find_version(Connection& connection, const std::string& workflow_id,
                                           std::uint32_t number);
core::Result<WorkflowVersion> find_version_by_hash(Connection& connection,
                                                   const std::string& workflow_id,
                                                   const std::string& hash);
core::Result<engine::ExecutionRow> find_execution(Connection& connection, core::ExecutionId id);
core::Result<ExecutionPage> list_executions(Connection& connection, const ExecutionFilter& filter,
                                            std::size_t limit,
                                            std::optional<core::ExecutionId> below);
core::Result<StoredHistory> read_history(Connection& connection, core::ExecutionId id);
core::Result<std::vector<std::string>> read_journal(Connection& connection, core::ExecutionId id,
                                                    std::uint64_t after_seq);
core::Result<StoreStatus> read_status(Connection& connection);

}  // namespace millrace::store::sqlite
