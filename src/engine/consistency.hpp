// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "executions.hpp"
#include "millrace/core/result.hpp"
#include "state.hpp"

namespace millrace::engine {

/// `journal_corrupt` when parts of a live execution's state contradict each other, which only
/// damaged bytes bring about. Deciding from such a state could break the engine's invariants, so
/// whoever reads a state from bytes asks here first. O(nodes + connections).
core::Result<> check_consistency(const Executions& executions, const ExecutionState& x);

}  // namespace millrace::engine
