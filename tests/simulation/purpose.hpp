// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace millrace::simulation {

/// What a throw of the dice is for; no two purposes share one.
enum Purpose : std::uint64_t {
    for_setup = 1,
    for_commits,
    for_steps,
    for_effects,
    for_restarts,
    for_rebuilds,
    for_limits,
    for_waking,
    for_forks
};

}  // namespace millrace::simulation
