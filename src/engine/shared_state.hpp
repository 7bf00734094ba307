// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "breakers.hpp"
#include "millrace/engine/frame.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// What the executions of a shard share. A replay has none: there everything that came from
/// outside of its one execution is in the history.
struct SharedState {
    Breakers breakers;
    /// Attempts that were refused in this turn; they arrive like any other completion, so that a
    /// replay, which finds them among its inputs, decides in the same order.
    std::vector<Completion> refused;
};

/// Asks the node's breaker, if it has one. True when the open attempt of the run was refused.
bool refuse_call(Turn& turn, RunRef run);

/// Lets a record that was just applied tell breakers and dead letters what concerns them.
void note_record(Turn& turn, const RecordBody& body);

}  // namespace millrace::engine
