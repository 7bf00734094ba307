// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/waits.hpp"

namespace millrace::server {

/// What is behind a link.
struct LinkedWait {
    enum class State : std::uint8_t {
        unknown,  ///< nobody has made such a link
        early,    ///< its run does not wait yet
        open,
        closed,  ///< answered, expired, or nobody waits any more: see `wait`
        gone,    ///< its execution has ended before it waited
    };
    State state = State::unknown;
    runtime::LinkTarget target;
    store::Wait wait;  ///< open and closed; early: only `what` and `details`
};

/// Reads the store.
core::Result<LinkedWait> find_link(runtime::Runtime& runtime, std::string_view token);

}  // namespace millrace::server
