// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "executions.hpp"
#include "state.hpp"

namespace millrace::engine {

/// Is there something to decide about the container now: an iteration to open, a condition to ask,
/// a part to begin, or its end?
bool container_has_work(const Executions& executions, const ExecutionState& x, RunRef container);

/// Its body is over, and its clean-up has not begun.
bool cleanup_is_due(const Executions& executions, const ExecutionState& x, RunRef container);

}  // namespace millrace::engine
