// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/retention.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"

// What may be done about finished executions.

namespace millrace::server {
namespace {

Answer retry(Services& services, const Request& request) {
    const auto id = execution_id_of(request);
    if (!id) return std::unexpected(id.error());
    runtime::RetryRequest wish;
    if (const core::Value* const from = request.json.find("from")) wish.from = from->as_string();
    if (const core::Value* const version = request.json.find("version"))
        wish.version = static_cast<std::uint32_t>(version->as_integer());
    if (const core::Value* const input = request.json.find("input")) {
        auto decoded = core::decode_bytes(*input);
        if (!decoded) return std::unexpected(invalid_member("/input", decoded.error().message()));
        wish.input = *std::move(decoded);
    }
    const auto started = services.runtime.retry(*id, wish);
    if (!started && started.error().is(engine::CommandErrc::unknown_node))
        return std::unexpected(invalid_member("/from", started.error().message()));
    if (!started) return std::unexpected(start_problem(started.error()));
    return accepted_response(*started, core::ExecutionStatus::pending, 201);
}

Answer remove(Services& services, const Request& request) {
    const auto id = execution_id_of(request);
    if (!id) return std::unexpected(id.error());
    const auto row = services.runtime.store().execution(*id);
    if (!row) return std::unexpected(problem_of(row.error()));
    if (!is_terminal(row->status)) {
        return std::unexpected(
            problem("not_allowed", "execution " + id->text() + " is " +
                                       std::string{core::to_text(row->status)} +
                                       "; only a finished one can be deleted. Cancel it first."));
    }
    const auto removed =
        services.runtime.write([&](store::Store& store) { return store.retention().remove(*id); });
    if (!removed) return std::unexpected(problem_of(removed.error()));
    return empty_response();
}

}  // namespace

void add_execution_retry_routes(RouteTable& table, Services& services) {
    Route again;
    again.method = Method::post;
    again.pattern = "/api/v1/executions/{id}/retry";
    again.id = "retryExecution";
    again.tag = executions_tag;
    again.summary = "Do a finished execution again";
    again.description =
        "Starts a new execution that takes over earlier results; the old one stays as it is. "
        "Without `from`, what did not complete runs again; with it, that run and all that follows "
        "from it. With `input` alone nothing is taken over.";
    again.action = Action::run;
    again.parameters = {path_parameter("id", "The execution.")};
    again.body = {{.description = "Where to begin, and with what.",
                   .schema = schema_of(R"({
                       "type": "object",
                       "additionalProperties": false,
                       "properties": {
                           "from": {
                               "type": "string",
                               "description": "A run: `charge`, or `loop[3].charge` inside a container."
                           },
                           "input": {
                               "description": "With `from` what that run gets at its first input, else the new input of the workflow."
                           },
                           "version": {
                               "type": "integer",
                               "minimum": 1,
                               "maximum": 4294967295,
                               "description": "Of the workflow; else the same."
                           }
                       }
                   })"),
                   .is_required = false}};
    again.answers = {{201, "The new execution is durable; see Location.", schema_ref("Accepted")}};
    again.problems = {"not_found", "not_allowed", "too_many_executions", "unavailable", "stopped"};
    again.is_idempotent_by_key = true;
    again.handler = [&services](const Request& request) { return retry(services, request); };
    table.routes.push_back(std::move(again));

    Route gone;
    gone.method = Method::del;
    gone.pattern = "/api/v1/executions/{id}";
    gone.id = "deleteExecution";
    gone.tag = executions_tag;
    gone.summary = "Delete a finished execution";
    gone.description =
        "With its journal and its dead letters that were decided about. One that an open dead "
        "letter or an unfinished retry still needs stays.";
    gone.action = Action::operate;
    gone.parameters = {path_parameter("id", "The execution.")};
    gone.answers = {{204, "It is gone.", {}}};
    gone.problems = {"not_found", "not_allowed", "conflict", "unavailable"};
    gone.handler = [&services](const Request& request) { return remove(services, request); };
    table.routes.push_back(std::move(gone));
}

}  // namespace millrace::server
