// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "executions.hpp"
#include "millrace/core/result.hpp"
#include "state.hpp"

namespace millrace::engine {

/// The execution's state as versioned bytes, a function of its history alone. What plain
/// connections carry is left out: it is their source's output.
std::string write_snapshot(const Executions& executions, const ExecutionState& x);

/// Would the snapshot's values weigh more than `weight_max`? They share their parts in memory, but
/// not when they are written.
bool snapshot_exceeds(const Executions& executions, const ExecutionState& x,
                      std::size_t weight_max);

/// Fills a freshly created execution; nothing to do for empty bytes. After an error the execution
/// is in no defined state and must be dropped.
core::Result<> read_snapshot(Executions& executions, ExecutionState& x, std::string_view bytes);

}  // namespace millrace::engine
