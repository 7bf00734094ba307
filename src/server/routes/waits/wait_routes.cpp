// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/store.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/routes.hpp"
#include "routes/waits/wait_answer.hpp"
#include "routes/waits/waits.hpp"

// What executions wait for, for those who operate them.

namespace millrace::server {
namespace {

using core::Value;
using store::Wait;

constexpr std::string_view tag = "Waits";
/// An execution with more open waits is answered by their links.
constexpr std::size_t searched_max = 1'000;

void add_schemas(RouteTable& table) {
    table.schemas.emplace_back("Wait", schema_of(R"json({
        "description": "A run that waits, or has waited, for something outside of its execution.",
        "type": "object",
        "required": ["execution_id", "path", "node_id", "workflow_id", "workflow_version", "what",
                     "name", "details", "status", "opened_at", "until", "closed_at", "answer"],
        "properties": {
            "execution_id": {"type": "string", "format": "uuid"},
            "path": {"description": "Of the run: `decide`, or `loop[3].decide`.", "type": "string"},
            "node_id": {"type": "string"},
            "workflow_id": {"type": "string"},
            "workflow_version": {"type": "integer", "minimum": 1},
            "what": {"enum": ["signal", "webhook", "approval", "event", "child"]},
            "name": {"description": "Of the signal; of an event its types; of a child its id.",
                     "type": ["string", "null"]},
            "details": {"description": "What those who answer need to know; of an approval `{title, message?, fields?, approvers?}`."},
            "status": {"description": "`ended`: nobody waits any more, because the execution went on without an answer or has ended.",
                       "enum": ["open", "answered", "expired", "ended"]},
            "opened_at": {"$ref": "#/components/schemas/Time"},
            "until": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
            "closed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
            "answer": {"description": "Of one that was answered; else null."}
        }
    })json"));
    table.schemas.emplace_back("WaitAnswered", schema_of(R"json({
        "type": "object",
        "required": ["execution_id", "path", "status"],
        "properties": {
            "execution_id": {"type": "string", "format": "uuid"},
            "path": {"type": "string"},
            "status": {"const": "answered"}
        }
    })json"));
}

Answer list(Services& services, const store::WaitFilter& filter, const Request& request) {
    const auto page =
        services.runtime.store().waits().list(filter, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    items.reserve(page->items.size());
    for (const Wait& wait : page->items)
        items.push_back(wait_value(wait));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Answer list_all(Services& services, const Request& request) {
    store::WaitFilter filter;
    if (const std::string* const workflow = request.query_value("workflow_id"))
        filter.workflow_id = *workflow;
    if (const std::string* const what = request.query_value("what"))
        filter.what = store::parse_wait_what(*what);
    const std::string* const open = request.query_value("open");
    filter.open_only = open != nullptr && *open == "true";
    return list(services, filter, request);
}

Answer list_of_execution(Services& services, const Request& request) {
    const auto id = execution_id_of(request);
    if (!id) return std::unexpected(id.error());
    if (const auto row = services.runtime.store().execution(*id); !row)
        return std::unexpected(problem_of(row.error()));
    store::WaitFilter filter;
    filter.id = *id;
    return list(services, filter, request);
}

/// The newest wait of the run.
std::expected<Wait, Problem> find_wait(Services& services, core::ExecutionId id,
                                       const std::string& path) {
    if (const auto row = services.runtime.store().execution(id); !row)
        return std::unexpected(problem_of(row.error()));
    store::WaitFilter filter;
    filter.id = id;
    auto page = services.runtime.store().waits().list(filter, searched_max, {});
    if (!page) return std::unexpected(problem_of(page.error()));
    for (Wait& wait : page->items)
        if (wait.path == path) return std::move(wait);
    return std::unexpected(
        problem("not_found", "execution " + id.text() + " has no run " + path + " that waits"));
}

void answer_wait(Services& services, const std::shared_ptr<const Request>& request,
                 const Reply& reply) {
    const auto fail = [request, reply](const Problem& problem) {
        reply(to_response(problem, *request));
    };
    const auto id = execution_id_of(*request);
    if (!id) return fail(id.error());
    const auto wait = find_wait(services, *id, request->parameter("path"));
    if (!wait) return fail(wait.error());
    auto answer = judged_answer(*wait, request->json, request->caller.name, request->received_at);
    if (!answer) return fail(answer.error());
    engine::AnswerWait command;
    command.id = *id;
    command.run = wait->run;
    command.answer = *std::move(answer);
    services.runtime.send(std::move(command), [reply, fail, path = wait->path](const auto& done) {
        if (!done) return fail(command_problem(done.error()));
        reply(json_response(Value::object(
            {{"execution_id", done->text()}, {"path", path}, {"status", "answered"}})));
    });
}

Parameter execution_parameter() {
    return path_parameter("id", "The execution.");
}

void add_lists(RouteTable& table, Services& services) {
    Route all;
    all.pattern = "/api/v1/waits";
    all.id = "listWaits";
    all.tag = tag;
    all.summary = "What executions wait for, the newest first";
    all.parameters = page_parameters();
    all.parameters.push_back(text_parameter("workflow_id", "Only those of this workflow."));
    all.parameters.push_back(choice_parameter("what", "Only those for this.",
                                              {"signal", "webhook", "approval", "event", "child"}));
    all.parameters.push_back(
        choice_parameter("open", "`true`: only those that still wait.", {"true", "false"}));
    all.answers = {{200, "The waits.", list_schema("Wait")}};
    all.handler = [&services](const Request& request) { return list_all(services, request); };
    table.routes.push_back(std::move(all));

    Route one;
    one.pattern = "/api/v1/executions/{id}/waits";
    one.id = "listExecutionWaits";
    one.tag = tag;
    one.summary = "What an execution waits for, or has waited for";
    one.parameters = page_parameters();
    one.parameters.push_back(execution_parameter());
    one.answers = {{200, "The waits.", list_schema("Wait")}};
    one.problems = {"not_found"};
    one.handler = [&services](const Request& request) {
        return list_of_execution(services, request);
    };
    table.routes.push_back(std::move(one));
}

void add_answer(RouteTable& table, Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/executions/{id}/waits/{path}/answer";
    route.id = "answerExecutionWait";
    route.tag = tag;
    route.summary = "Answer a run that waits, as its operator";
    route.description =
        "Of an approval the body is `{approved, by?, reason?, values?}`, where `by` is the caller "
        "if nobody is named. Of a webhook it is the body that the call would have had, of a signal "
        "or an event what leaves the node.";
    route.action = Action::operate;
    route.parameters = {execution_parameter(),
                        path_parameter("path", "Of the run: `decide`, or `loop[3].decide`.")};
    route.body = {{.description = "The answer.", .schema = {}, .is_required = false}};
    route.answers = {{200, "It was taken.", schema_ref("WaitAnswered")}};
    route.problems = {"not_found", "already_finished", "not_allowed", "invalid"};
    route.handler = [&services](const std::shared_ptr<const Request>& request, const Reply& reply) {
        answer_wait(services, request, reply);
    };
    table.routes.push_back(std::move(route));
}

}  // namespace

Value wait_value(const Wait& wait) {
    return Value::object({{"execution_id", wait.id.text()},
                          {"path", wait.path},
                          {"node_id", wait.node_id},
                          {"workflow_id", wait.workflow_id},
                          {"workflow_version", wait.workflow_version},
                          {"what", store::to_text(wait.what)},
                          {"name", wait.name.empty() ? Value{} : Value{wait.name}},
                          {"details", wait.details},
                          {"status", store::to_text(wait.state)},
                          {"opened_at", wait.opened_at.text()},
                          {"until", time_or_null(wait.until)},
                          {"closed_at", time_or_null(wait.closed_at)},
                          {"answer", wait.answer}});
}

void add_wait_routes(RouteTable& table, Services& services) {
    add_schemas(table);
    add_lists(table, services);
    add_answer(table, services);
    add_wait_link_routes(table, services);
}

}  // namespace millrace::server
