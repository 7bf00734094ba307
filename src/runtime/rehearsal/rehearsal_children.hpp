// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"

// How a sub-workflow that really runs in a rehearsal hangs on the run that has started it.

namespace millrace::runtime {

engine::ExecutionOptions child_options(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call);
/// Of an attempt whose execution could not start.
core::Failure child_failure(const core::Error& error);
/// The attempt has done its part, or waits for the end of what it has started.
engine::Completion completion_of_start(const engine::Effect& effect,
                                       const engine::SubworkflowCall& call,
                                       core::ExecutionId child);
/// What the end of an execution means for the attempt that waits for it.
engine::Completion end_of_child(const engine::ChildEnd& end);

}  // namespace millrace::runtime
