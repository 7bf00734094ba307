// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/waits.hpp"
#include "service/services.hpp"

namespace millrace::server {

/// An item of `GET /waits`. Nothing in it lets anybody answer.
core::Value wait_value(const store::Wait& wait);

/// `/wait/{token}`.
void add_wait_link_routes(RouteTable& table, Services& services);

}  // namespace millrace::server
