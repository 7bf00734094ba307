// SPDX-License-Identifier: Apache-2.0
#include "api/schemas.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

/// Room for services that are not there. Adders bind references to it, which is all they do.
union NoServices {
    NoServices() {}
    ~NoServices() {}
    Services services;
};

}  // namespace

RouteTable all_routes(Services& services) {
    RouteTable table;
    add_common_schemas(table);
    add_workflow_routes(table, services);
    add_execution_routes(table, services);
    add_analytics_routes(table, services);
    add_webhook_routes(table, services);
    add_event_routes(table, services);
    add_notification_routes(table, services);
    add_node_type_routes(table, services);
    add_node_library_routes(table, services);
    add_dead_letter_routes(table, services);
    add_cache_routes(table, services);
    add_secret_routes(table, services);
    add_variable_routes(table, services);
    add_metrics_routes(table, services);
    add_form_routes(table, services);
    add_wait_routes(table, services);
    add_schedule_routes(table, services);
    add_system_routes(table, services);
    return table;
}

RouteTable described_routes() {
    static NoServices none;
    return all_routes(none.services);
}

}  // namespace millrace::server
