// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

// What callers of webhooks get. A page that a workflow answers with has the server's origin, so all
// of these are sandboxed and none sets a cookie.

namespace millrace::server {

/// 202 `{execution_id, status}`.
Response webhook_accepted(core::ExecutionId id);
/// 202 likewise: it has done its work, and what it has answered is not known any more.
Response webhook_removed(core::ExecutionId id);
/// 200 with the outputs.
Response webhook_outputs(core::ExecutionId id, const core::Value& outputs);
/// `{status, headers, body}` of flow.respond.
Response webhook_response(core::ExecutionId id, const core::Value& response);
/// 204: there was nothing to answer with.
Response webhook_nothing(core::ExecutionId id);
/// 500 without what is inside of the execution but the failure's code.
Response webhook_failed(core::ExecutionId id, const std::optional<core::Failure>& failure,
                        const Request& request);
/// 504; the execution goes on.
Response webhook_timed_out(core::ExecutionId id, core::Duration after, const Request& request);
/// Nothing was started.
Response webhook_problem(const Problem& problem, const Request& request);

/// Why nothing was started: 429 and 503 with Retry-After, 422 where the body is not what the
/// workflow takes, and nothing of the workflow itself.
Problem webhook_start_problem(const core::Error& error);

}  // namespace millrace::server
