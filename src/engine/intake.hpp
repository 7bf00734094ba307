// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/engine/frame.hpp"
#include "turn.hpp"

namespace millrace::engine {

// What the outside told, checked against the state. Answers false when the input no longer counts
// and leaves no record.

bool take_completion(Turn& turn, Completion completion);
/// Gives the caller its answer, too.
bool take_cancel(Turn& turn, const CancelExecution& cancel);
bool take_recovery(Turn& turn);

}  // namespace millrace::engine
