// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/executions.hpp"

#include <utility>

#include "api/problem.hpp"
#include "routes/routes.hpp"

namespace millrace::server {

std::string execution_path(core::ExecutionId id) {
    return "/api/v1/executions/" + id.text();
}

Response accepted_response(core::ExecutionId id, core::ExecutionStatus status, int code) {
    Response response;
    response.status = code;
    response.headers.add("Location", execution_path(id));
    // Written by hand: every start is answered so, and nothing in it needs to be escaped.
    response.body.append(R"({"execution_id":")")
        .append(id.text())
        .append(R"(","status":")")
        .append(core::to_text(status))
        .append("\"}");
    return response;
}

Response execution_response(const engine::ExecutionView& view) {
    constexpr std::size_t bytes_of_node = 512;  // about; without values
    Response response;
    response.body.reserve((view.nodes().size() + 2) * bytes_of_node);
    view.append_json(response.body);
    return response;
}

void reply_with(const Reply& reply, const Request& request, Answer answer) {
    reply(answer ? *std::move(answer) : to_response(answer.error(), request));
}

void add_execution_routes(RouteTable& table, Services& services) {
    add_execute_routes(table, services);
    add_execute_batch_routes(table, services);
    add_execution_list_routes(table, services);
    add_execution_reading_routes(table, services);
    add_node_history_routes(table, services);
    add_execution_control_routes(table, services);
    add_execution_bulk_routes(table, services);
    add_execution_retry_routes(table, services);
}

}  // namespace millrace::server
