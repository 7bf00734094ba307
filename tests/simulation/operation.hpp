// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "millrace/core/ids.hpp"

namespace millrace::simulation {

/// What the people of a simulated world do to one execution.
enum class Operation : std::uint8_t {
    pause,          ///< until somebody looks after it
    pause_briefly,  ///< and resume it a moment later
    step,           ///< pause it, and go on run by run
    cancel,
    cancel_twice,
    skip,        ///< one run
    cancel_run,  ///< one run
    retry,       ///< one run
    breakpoints,
    variables,
    signal,  ///< that some wait may be for
    answer,  ///< one run, whether it waits or not
    crash,   ///< the process dies
};

inline constexpr std::array<std::pair<std::string_view, Operation>, 13> operations = {{
    {"pause", Operation::pause},
    {"pause_briefly", Operation::pause_briefly},
    {"step", Operation::step},
    {"cancel", Operation::cancel},
    {"cancel_twice", Operation::cancel_twice},
    {"skip", Operation::skip},
    {"cancel_run", Operation::cancel_run},
    {"retry", Operation::retry},
    {"breakpoints", Operation::breakpoints},
    {"variables", Operation::variables},
    {"signal", Operation::signal},
    {"answer", Operation::answer},
    {"crash", Operation::crash},
}};

/// Is it about one run of the execution?
constexpr bool is_about_run(Operation operation) {
    return operation == Operation::skip || operation == Operation::cancel_run ||
           operation == Operation::retry || operation == Operation::answer;
}

/// Somebody is to do something to an execution; which run it is about is found when it happens.
struct Visit {
    core::ExecutionId id;
    Operation operation = Operation::pause;
    std::uint64_t chance = 0;               ///< seed of what else is to be chosen
    std::optional<std::uint32_t> run = {};  ///< of those that are open then; none: by chance
};

/// Makes the visit after a frame, to the first execution.
struct Appointment {
    std::uint64_t frame = 1;
    Operation operation = Operation::pause;
    std::uint32_t run = 0;
};

}  // namespace millrace::simulation
