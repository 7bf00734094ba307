// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::engine {

/// Where a node run stands; finer than its status. The numbers are stored in snapshots.
enum class Phase : std::uint8_t {
    blocked = 0,            ///< connections into it are open, or it is an unused fallback
    ready = 1,              ///< on the agenda, to be started or skipped
    attempting = 2,         ///< an attempt is open
    succeeded = 3,          ///< the attempt's outputs are recorded, the run's are not yet
    recovering = 4,         ///< the attempt failed; what follows is not decided
    backing_off = 5,        ///< waits for the retry's timer
    delaying = 6,           ///< waits for the node's own timer
    awaiting_fallback = 7,  ///< its fallback runs in its place
    done = 8,               ///< terminal
    containing = 9,         ///< a container whose iterations or parts are live, or about to be
};
inline constexpr Phase phase_last = Phase::containing;

std::string_view to_text(Phase phase);

/// The table of legal changes. A change outside it is a bug of the engine.
bool may_follow(Phase from, Phase to);

}  // namespace millrace::engine
