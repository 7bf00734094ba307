// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// What may go wrong in a simulated world, and what else its people do there. Words on the command
/// line combine freely; without any, the seed chooses.
struct Faults {
    bool effect_failures = false;
    bool timeouts = false;
    bool duplicates = false;
    bool late_results = false;
    bool crashes = false;
    bool commit_failed = false;        ///< the commit fails and nothing is kept
    bool commit_unknown_kept = false;  ///< the commit fails, yet everything is kept
    bool commit_unknown_lost = false;  ///< the outcome is unknown, and nothing is kept
    bool cancels = false;
    bool tight_limits = false;  ///< frames end after a handful of transitions
    bool operators = false;     ///< pause, step, skip, retry and set breakpoints
    bool parking = false;       ///< executions leave memory as soon as they are idle
    bool floods = false;        ///< many creations of one workflow beside a few of others
    bool forks = false;         ///< executions that have ended are forked
    bool stand_ins = false;     ///< effects are mocked, and outputs of nodes given

    /// Sets the fault with this name; false when there is none.
    bool set(std::string_view name);
    std::string text() const;
    static Faults from_bits(std::uint64_t bits);
    static std::vector<std::string_view> names();
};

}  // namespace millrace::simulation
