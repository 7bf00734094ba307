// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"
#include "rows.hpp"
#include "sqlite/connection.hpp"

// The queries. Each expects to run in one read transaction.

namespace millrace::store::sqlite {

/// Longer than any id, so above all of them.
inline constexpr std::string_view above_all_ids =
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

/// `corrupt` for a number that no status has.
core::Result<core::ExecutionStatus> stored_status(std::int64_t number, core::ExecutionId id,
                                                  const Connection& from);

/// Where to begin when executions created at `before` or later are not asked for.
std::optional<core::ExecutionId> lower(std::optional<core::ExecutionId> below, core::Time before);

core::Result<WorkflowVersion> find_version(Connection& connection, const std::string& workflow_id,
                                           std::uint32_t number);
core::Result<WorkflowVersion> find_version_by_hash(Connection& connection,
                                                   const std::string& workflow_id,
                                                   const std::string& hash);
core::Result<engine::ExecutionRow> find_execution(Connection& connection, core::ExecutionId id);
core::Result<ExecutionPage> list_executions(Connection& connection, const ExecutionFilter& filter,
                                            std::size_t limit,
                                            std::optional<core::ExecutionId> below);
/// Those that come after `below` in that order.
core::Result<ExecutionPage> list_failures(Connection& connection, core::Time since,
                                          const std::optional<std::string>& workflow_id,
                                          std::size_t limit,
                                          const std::optional<FailurePlace>& below);
core::Result<StoredHistory> read_history(Connection& connection, core::ExecutionId id);
core::Result<std::vector<std::string>> read_journal(Connection& connection, core::ExecutionId id,
                                                    std::uint64_t after_seq);
/// In the order of `ids`; what is wrong with one is told in its place, and a failure to read at all
/// ends it.
core::Result<std::vector<core::Result<StoredHistory>>> read_histories(
    Connection& connection, std::span<const core::ExecutionId> ids);
core::Result<StoreStatus> read_status(Connection& connection);
core::Result<StoreExtent> read_extent(Connection& connection);

}  // namespace millrace::store::sqlite
