// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "executions.hpp"
#include "millrace/core/value.hpp"
#include "state.hpp"

namespace millrace::engine {

/// The run whose input ports `node` reads: a fallback reads those of the node it stands in for.
core::NodeIndex reads_inputs_of(const Plan& plan, core::NodeIndex node);

/// What arrived at an input port: the live value, an array of them for a `many` port, or null.
core::Value input_value(const Executions& executions, const ExecutionState& x, RunRef run,
                        std::size_t port);

/// What a slot reads of other runs: an output of a node in the instance `scope` or around it, null
/// before that has ended; or what the iteration around it is about.
core::Value seen_value(const Executions& executions, const ExecutionState& x, std::uint32_t scope,
                       const SlotSource& slot);

/// The run that has just completed, as what may have to be undone.
Undo undo_for(const Executions& executions, const ExecutionState& x, RunRef run, std::uint64_t seq);

/// Every input port of the node in order.
void input_values(const Executions& executions, const ExecutionState& x, RunRef run,
                  std::vector<core::Value>& values);

/// Labels of the live connections at the run's `many` port.
void input_labels(const Executions& executions, const ExecutionState& x, RunRef run,
                  std::vector<std::string_view>& labels);

/// A required port that has connections, all of which are dead.
bool has_dead_port(const Executions& executions, const ExecutionState& x, RunRef run);

}  // namespace millrace::engine
