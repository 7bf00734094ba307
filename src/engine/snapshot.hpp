// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "executions.hpp"
#include "millrace/core/result.hpp"
#include "state.hpp"

namespace millrace::engine {

/// The execution's state as versioned bytes, a function of its history alone. What plain
/// connections carry is left out: it is their source's output.
std::string write_snapshot(const Executions& executions, const ExecutionState& x);

/// Fills a freshly created execution; nothing to do for empty bytes. After an error the execution
/// is in no defined state and must be dropped.
core::Result<> read_snapshot(Executions& executions, ExecutionState& x, std::string_view bytes);

}  // namespace millrace::engine
