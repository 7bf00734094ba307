// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "service/services.hpp"

// Each folder of routes adds its own to the one table. An adder only captures `services` by
// reference for its handlers and looks at none of it: to describe the API, routes are made without
// services.

namespace millrace::server {

void add_workflow_routes(RouteTable& table, Services& services);
void add_analytics_routes(RouteTable& table, Services& services);
void add_node_type_routes(RouteTable& table, Services& services);
void add_node_library_routes(RouteTable& table, Services& services);
void add_execution_routes(RouteTable& table, Services& services);
void add_webhook_routes(RouteTable& table, Services& services);
void add_event_routes(RouteTable& table, Services& services);
void add_notification_routes(RouteTable& table, Services& services);
void add_dead_letter_routes(RouteTable& table, Services& services);
void add_cache_routes(RouteTable& table, Services& services);
void add_secret_routes(RouteTable& table, Services& services);
void add_variable_routes(RouteTable& table, Services& services);
void add_metrics_routes(RouteTable& table, Services& services);
void add_form_routes(RouteTable& table, Services& services);
void add_schedule_routes(RouteTable& table, Services& services);
void add_wait_routes(RouteTable& table, Services& services);
void add_system_routes(RouteTable& table, Services& services);

/// All of the above, with the schemas that they share.
RouteTable all_routes(Services& services);
/// The same to be read: no handler may be called.
RouteTable described_routes();

}  // namespace millrace::server
