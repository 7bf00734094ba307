// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/library.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/execution_search.hpp"
#include "routes/executions/executions.hpp"

namespace millrace::server {
namespace {

using core::Value;

/// Reads the query, which was checked for its form; the first mistake in its sense is kept.
class QueryReader {
public:
    explicit QueryReader(const Request& request) : request_{request} {}

    std::optional<core::Time> time(std::string_view name) {
        const std::string* const text = request_.query_value(name);
        if (text == nullptr) return std::nullopt;
        const auto time = core::Time::parse(*text);
        if (!time) complain(name, "is not a time such as 2026-01-31T23:59:59Z");
        return time;
    }

    std::optional<core::Duration> duration(std::string_view name) {
        const std::string* const text = request_.query_value(name);
        if (text == nullptr) return std::nullopt;
        const auto duration = core::parse_duration(*text);
        if (duration) return *duration;
        complain(name, duration.error().message());
        return std::nullopt;
    }

    void complain(std::string_view name, const std::string& message) {
        if (!problem_) {
            problem_ =
                problem("bad_request", "query parameter " + std::string{name} + ": " + message);
        }
    }

    const std::optional<Problem>& found_problem() const { return problem_; }

private:
    const Request& request_;
    std::optional<Problem> problem_;
};

std::expected<ExecutionSearch, Problem> search_of(const Request& request) {
    QueryReader query{request};
    ExecutionSearch search;
    search.now = request.received_at;
    search.filter.created_after = query.time("created_after");
    search.filter.created_before = query.time("created_before");
    if (const std::string* const status = request.query_value("status")) {
        search.filter.status = core::parse_execution_status(*status);
        if (!search.filter.status) query.complain("status", "there is no status " + *status);
    }
    if (const std::string* const id = request.query_value("workflow_id"))
        search.filter.workflow_id = *id;
    if (const std::string* const parent = request.query_value("parent_id")) {
        search.filter.parent = core::ExecutionId::parse(*parent);
        if (!search.filter.parent) query.complain("parent_id", *parent + " is no execution's id");
    }
    if (const std::string* const text = request.query_value("text")) search.text = *text;
    search.stuck_for = query.duration("stuck_for");
    const auto running_for = query.duration("running_longer_than");
    for (const auto& at_least : {running_for, search.stuck_for}) {
        if (!at_least) continue;
        search.filter.live_only = true;
        const core::Time latest = request.received_at - *at_least;
        search.filter.created_before =
            std::min(search.filter.created_before.value_or(latest), latest);
    }
    if (query.found_problem()) return std::unexpected(*query.found_problem());
    return search;
}

Answer list(Services& services, const Request& request, const ExecutionSearch& search) {
    const auto page =
        find_executions(services.runtime, search, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    for (const engine::ExecutionRow& row : page->items)
        items.push_back(execution_row_value(row));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Answer list_all(Services& services, const Request& request) {
    const auto search = search_of(request);
    if (!search) return std::unexpected(search.error());
    return list(services, request, *search);
}

Answer list_of_workflow(Services& services, const Request& request) {
    auto search = search_of(request);
    if (!search) return std::unexpected(search.error());
    const std::string& id = request.parameter("id");
    search->filter.workflow_id = id;
    auto answer = list(services, request, *search);
    const bool is_empty = answer && answer->body.starts_with(R"({"items":[])");
    if (!is_empty || !page_cursor(request).empty()) return answer;
    // Executions stay when their workflow is removed: there may be some that were not asked for.
    store::ExecutionFilter of_workflow;
    of_workflow.workflow_id = id;
    const auto any = services.runtime.store().executions(of_workflow, 1, {});
    if (!any) return std::unexpected(problem_of(any.error()));
    if (!any->items.empty()) return answer;
    const auto entry = services.runtime.store().library().find(id);
    if (!entry) return std::unexpected(problem_of(entry.error()));
    return answer;
}

Answer list_children(Services& services, const Request& request) {
    const auto id = execution_id_of(request);
    if (!id) return std::unexpected(id.error());
    const auto parent = services.runtime.store().execution(*id);
    if (!parent) return std::unexpected(problem_of(parent.error()));
    auto search = search_of(request);
    if (!search) return std::unexpected(search.error());
    search->filter.parent = *id;
    return list(services, request, *search);
}

std::vector<Parameter> filter_parameters() {
    std::vector<Parameter> parameters{
        choice_parameter(
            "status", "In this status only.",
            {"pending", "running", "waiting", "paused", "completed", "failed", "canceled"}),
        time_parameter("created_after", "Created at this time or later."),
        time_parameter("created_before", "Created before this time."),
        text_parameter("text",
                       "A part of the id or of the workflow's id, or a text in labels, inputs, "
                       "outputs or error, whatever the case of ASCII letters. One page looks into "
                       "500 executions at most, so it may have fewer items than `limit`, or none, "
                       "and still a `next_cursor`."),
        duration_parameter("running_longer_than",
                           "Unfinished, and created at least that long ago, such as `15m`."),
        duration_parameter(
            "stuck_for",
            "Unfinished and not paused, without any progress for that long, and with "
            "no retry and no wait that is still to come.")};
    for (Parameter& parameter : page_parameters())
        parameters.push_back(std::move(parameter));
    return parameters;
}

Route list_route(std::string pattern, std::string id, std::string summary) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = executions_tag;
    route.summary = std::move(summary);
    route.description = "Newest first. New executions do not move what follows a cursor.";
    route.parameters = filter_parameters();
    route.answers = {{200, "A page.", list_schema("ExecutionSummary")}};
    route.problems = {"bad_request"};
    return route;
}

}  // namespace

void add_execution_list_routes(RouteTable& table, Services& services) {
    Route all = list_route("/api/v1/executions", "listExecutions", "List executions");
    all.parameters.push_back(text_parameter("workflow_id", "Of this workflow only."));
    all.parameters.push_back(text_parameter("parent_id", "Started by this execution only."));
    all.handler = [&services](const Request& request) { return list_all(services, request); };
    table.routes.push_back(std::move(all));

    Route children = list_route("/api/v1/executions/{id}/children", "listExecutionChildren",
                                "List the executions that an execution has started");
    children.parameters.push_back(path_parameter("id", "The execution."));
    children.problems.emplace_back("not_found");
    children.handler = [&services](const Request& request) {
        return list_children(services, request);
    };
    table.routes.push_back(std::move(children));

    Route of_one = list_route("/api/v1/workflows/{id}/executions", "listWorkflowExecutions",
                              "List the executions of a workflow");
    of_one.parameters.push_back(path_parameter("id", "The workflow."));
    of_one.problems.emplace_back("not_found");
    of_one.handler = [&services](const Request& request) {
        return list_of_workflow(services, request);
    };
    table.routes.push_back(std::move(of_one));
}

}  // namespace millrace::server
