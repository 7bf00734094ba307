// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/retention.hpp"

// What the implementations of Retention have in common.

namespace millrace::store {

/// How far a pass over the executions has come, and where it ends.
struct PrunePlace {
    core::ExecutionId after;  ///< nil: at the beginning
    /// Those from here on are the newest, which stay; none: not looked up yet, or none stays.
    std::optional<core::ExecutionId> below;
};
/// Checks a request; where it goes on.
core::Result<PrunePlace> prune_start(const PruneRequest& request);
std::string prune_cursor(const PrunePlace& place);

/// A pass that finds so many in a row that are too young comes to an end. Not at the first one:
/// a clock may have been wrong for a while.
inline constexpr std::size_t young_in_a_row_max = 1'024;
/// How many executions one call looks at, so that it ends soon where few may go.
std::size_t prune_looks_max(const PruneRequest& request);

core::Error is_unfinished(core::ExecutionId id);
core::Error is_needed_by_letter(core::ExecutionId id);
core::Error is_needed_by_fork(core::ExecutionId id);
core::Error is_needed_by_parent(core::ExecutionId id);

}  // namespace millrace::store
