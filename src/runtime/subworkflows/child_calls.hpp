// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"

// How an execution that another one has started hangs on the run that did so. Pure: a rehearsal
// uses it as well.

namespace millrace::runtime {

/// Executions that may stand above one another.
inline constexpr std::uint32_t subworkflow_depth_max = 32;

/// The same for the same attempt, so that what is asked for twice is started once; in the parent's
/// partition and time.
core::ExecutionId child_id_of(const engine::Effect& effect);
engine::ExecutionOptions child_options(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call);
/// Of an attempt whose execution could not start.
core::Failure child_failure(const core::Error& error);
core::Failure too_deep_failure();
/// The attempt has done its part, or waits for the end of what it has started.
engine::Completion completion_of_start(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call,
                                       core::ExecutionId child);
/// What the end of an execution means for the attempt that waits for it.
engine::Completion end_of_child(const engine::ChildEnd& end);

}  // namespace millrace::runtime
