// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "service/services.hpp"

namespace millrace::server {

/// `POST /events`: events from outside.
void add_event_intake(RouteTable& table, Services& services);

}  // namespace millrace::server
