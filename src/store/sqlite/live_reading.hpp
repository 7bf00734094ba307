// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/connection.hpp"

// The queries about executions that are not finished; they look at no others, but for those that
// began last. Each expects to run in one read transaction.

namespace millrace::store::sqlite {

/// Whether all that `filter` lets through are live.
bool is_about_live(const ExecutionFilter& filter);
/// As `list_executions`, for such a filter.
core::Result<ExecutionPage> list_live(Connection& connection, const ExecutionFilter& filter,
                                      std::size_t limit, std::optional<core::ExecutionId> below);

// See Store for these four.
core::Result<std::vector<engine::ExecutionRow>> list_unparked(Connection& connection,
                                                              std::size_t limit,
                                                              core::ExecutionId after);
core::Result<std::vector<ParkedExecution>> list_due(Connection& connection, core::Time before,
                                                    std::size_t limit, const WakePosition& after);
core::Result<std::optional<core::Time>> find_wake(Connection& connection, core::Time from);
core::Result<std::vector<ParkedExecution>> list_limited(Connection& connection, std::size_t limit,
                                                        core::ExecutionId after);

/// How many are live, parked ones included.
core::Result<std::int64_t> count_live(Connection& connection);
core::Result<std::int64_t> count_parked(Connection& connection);

}  // namespace millrace::store::sqlite
