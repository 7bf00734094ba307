// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "millrace/core/failure.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/plan.hpp"
#include "state.hpp"

namespace millrace::engine {

/// A clock of the execution, not of one of its runs.
bool is_of_execution(TimerPurpose purpose);
/// When the execution's clock for `purpose` fires; nothing when it does not run.
std::optional<core::Time> timer_due(const ExecutionState& x, TimerPurpose purpose);
/// The same for a run's clock.
std::optional<core::Time> timer_due(const Plan& plan, const RunState& run, TimerPurpose purpose);

core::Failure execution_timeout_failure(const Plan& plan);
/// What an attempt fails with when its timeout or its node's deadline is over.
core::Failure expiry_failure(const PlanNode& node, const RunState& run);

}  // namespace millrace::engine
