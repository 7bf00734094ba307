// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/route.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/engine/execution_view.hpp"
#include "routes/executions/wait_list.hpp"
#include "service/services.hpp"

// The routes about executions, by what they do; `add_execution_routes` adds all of them.

namespace millrace::server {

inline constexpr std::string_view executions_tag = "Executions";

void add_execute_routes(RouteTable& table, Services& services);
void add_execute_batch_routes(RouteTable& table, Services& services);
void add_execution_list_routes(RouteTable& table, Services& services);
void add_execution_reading_routes(RouteTable& table, Services& services);
void add_node_history_routes(RouteTable& table, Services& services);
void add_execution_control_routes(RouteTable& table, Services& services);
void add_execution_bulk_routes(RouteTable& table, Services& services);
void add_execution_retry_routes(RouteTable& table, Services& services);

/// `/api/v1/executions/{id}`.
std::string execution_path(core::ExecutionId id);
/// `{execution_id, status}` with the execution's Location.
Response accepted_response(core::ExecutionId id, core::ExecutionStatus status, int code);

/// All that is known of an execution.
Response execution_response(const engine::ExecutionView& view);

/// The answer of what has one only later, on another thread.
void reply_with(const Reply& reply, const Request& request, Answer answer);

}  // namespace millrace::server
