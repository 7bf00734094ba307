// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/time.hpp"

namespace millrace::server {

/// How long a caller wants to wait for the end: `?wait=30s`, or `Prefer: wait=30` as RFC 7240 has
/// it. The query goes before the header.
struct WaitWish {
    core::Duration at_most;      ///< zero: not at all
    std::string applied_prefer;  ///< `wait=30` when that header was followed
};

/// Longer waits than `wait_max` become that long. A `Prefer` that cannot be understood is no
/// mistake; a `wait` in the query is.
std::expected<WaitWish, Problem> read_wait_wish(const Request& request, core::Duration wait_max);

}  // namespace millrace::server
