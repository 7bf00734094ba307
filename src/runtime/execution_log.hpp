// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/log.hpp"

// What the log tells of executions and their effects. Costs next to nothing where the log does not
// take the level.

namespace millrace::runtime {

/// Executions that ended in a committed frame: failed ones as info, others as debug.
void log_ends(Log& log, const engine::Frame& frame);

/// An effect's attempt that has ended: a failed one as info, another as debug.
void log_attempt(Log& log, const engine::Effect& effect, const engine::Completion& completion,
                 core::Duration lasted);

}  // namespace millrace::runtime
