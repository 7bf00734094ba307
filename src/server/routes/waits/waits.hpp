// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "service/services.hpp"

namespace millrace::server {

/// `/wait/{token}`.
void add_wait_link_routes(RouteTable& table, Services& services);

}  // namespace millrace::server
