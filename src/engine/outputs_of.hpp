// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "container_state.hpp"
#include "executions.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// What a container that has come to its end in order emits: a loop its results in the order of
/// the iterations, or how many there were; a try the result of its body.
std::vector<PortValue> container_outputs(const PlanNode& node, const ContainerState& container);

/// What leaves the container by its entry for the iteration of that index.
core::Value entry_value(const ContainerState& container, core::ContainerKind kind,
                        std::uint32_t index);

/// What the clean-up of a try is told about the body.
core::Value cleanup_value(const ContainerState& container, core::Value input);

/// What arrived at the container's result in this instance; null when nothing did.
const core::Value* result_value(const Executions& executions, const ExecutionState& x,
                                const ScopeState& scope);

}  // namespace millrace::engine
