// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "turn.hpp"

namespace millrace::engine {

// The systems decide. Each takes the first item of its queues on the execution's agenda, if any,
// and answers whether it found one. They run in this order until none does; see turn_loop.cpp.

/// Evaluates filters and transforms.
struct ConnectionSystem {
    static bool decide(Turn& turn);
};
/// Skips runs whose required port is dead, completes those whose outcome is recorded.
struct ReadinessSystem {
    static bool decide(Turn& turn);
};
/// Timeouts, interrupted attempts, retries, and what follows when attempts are used up.
struct RecoverySystem {
    static bool decide(Turn& turn);
    /// Closes attempts whose time is up, which also happens while the execution is paused.
    static bool decide_expired(Turn& turn);
};
/// Starts runs: computes pure ones, emits effects for the others within max_parallel_nodes.
struct DispatchSystem {
    static bool decide(Turn& turn);
    /// Hands an open attempt out again after a crash.
    static void reissue(Turn& turn, RunRef run);
};
/// Opens and closes what lives in containers, and decides what becomes of them.
struct ScopeSystem {
    static bool decide(Turn& turn);
};
/// Winds up scopes that end before their time, and has undone what has completed in them.
struct EndingSystem {
    static bool decide(Turn& turn);
    /// Some run can be ended, or the scope closed.
    static bool has_work(const Executions& executions, const ExecutionState& x,
                         const ScopeState& scope);
};
/// Ends the execution in order, or tells that it waits.
struct CompletionSystem {
    static bool decide(Turn& turn);
};

/// Its runs end by what the wait announced, not by an attempt's outputs.
inline bool is_wait(core::NodeRole role) {
    return role == core::NodeRole::delay || role == core::NodeRole::wait;
}

/// Lets the systems decide until the execution waits for the outside or has used up its share of
/// the frame.
void run_systems(Turn& turn);

/// Would the systems decide anything now? A function of the state alone, so that a rebuilt shard
/// knows which executions go on by themselves.
bool has_work(const Executions& executions, const ExecutionState& x);

}  // namespace millrace::engine
