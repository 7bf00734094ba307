// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string_view>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"

namespace millrace::server {

/// Every call passes here once, after its route is known: whether the caller may do this to that
/// resource, which is the request's path. Whoever got past the door may do all of it; there are no
/// roles. The problem says which permission is missing.
std::expected<void, Problem> authorize(const Caller& caller, Action action,
                                       std::string_view resource);

}  // namespace millrace::server
