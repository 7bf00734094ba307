// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "service/services.hpp"

namespace millrace::server {

inline constexpr const char* node_types_tag = "Node types";

/// Checks and tries of one node, or of many side by side.
void add_node_trial_routes(RouteTable& table, Services& services);

}  // namespace millrace::server
