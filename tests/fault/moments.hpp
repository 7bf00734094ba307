// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace millrace::testing {

/// When a process is killed: once the outside has seen so many effects, and then a while later.
struct Moment {
    std::size_t effects = 0;
    /// What happens when these had been seen before the process began: it waits for one more call,
    /// or else it falls into the start.
    bool after_start = true;
    std::chrono::microseconds later{0};
};

/// MILLRACE_SEED, or a new one; printed, so that a failure can be repeated. The moments are the
/// same for a seed; what the process does in them is for the machine to decide.
std::uint64_t kill_seed();
/// MILLRACE_KILLS, or `normally`.
std::size_t kill_count(std::size_t normally);

/// In order, spread over `effects` effects. Some fall between two effects, in a commit, in an
/// answer; several for one effect fall into the start of a process.
std::vector<Moment> random_moments(std::uint64_t seed, std::size_t count, std::size_t effects);

}  // namespace millrace::testing
