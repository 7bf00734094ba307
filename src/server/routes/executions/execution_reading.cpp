// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/server/values.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/executions/run_path.hpp"

namespace millrace::server {
namespace {

std::expected<engine::ExecutionView, Problem> view_of(Services& services, const Request& request,
                                                      std::string scope = {}) {
    const auto id = execution_id_of(request);
    if (!id) return std::unexpected(id.error());
    auto view = services.runtime.view(*id, std::move(scope));
    if (!view) return std::unexpected(command_problem(view.error()));
    return *std::move(view);
}

Answer get_execution(Services& services, const Request& request) {
    const auto view = view_of(services, request);
    if (!view) return std::unexpected(view.error());
    return execution_response(*view);
}

/// A cursor is the place of the next run: runs are only ever added behind.
std::expected<std::size_t, Problem> first_of_page(const Request& request) {
    const std::string cursor = page_cursor(request);
    std::size_t first = 0;
    const char* const end = cursor.data() + cursor.size();
    const auto [stop, error] = std::from_chars(cursor.data(), end, first);
    if (!cursor.empty() && (error != std::errc{} || stop != end)) {
        return std::unexpected(problem(
            "bad_request", "query parameter cursor: " + cursor +
                               " is no cursor of this list; use the next_cursor of its last page"));
    }
    return first;
}

Answer list_runs(Services& services, const Request& request) {
    const auto first = first_of_page(request);
    if (!first) return std::unexpected(first.error());
    const std::string* const given = request.query_value("scope");
    const std::string scope = given != nullptr ? *given : "";
    const auto view = view_of(services, request, scope);
    if (!view) return std::unexpected(view.error());
    const std::vector<engine::NodeView> nodes = scope.empty() ? view->nodes() : view->scope_nodes();
    if (nodes.empty() && !view->plan().find(run_path(scope).node)) {
        return std::unexpected(
            problem("not_found", "there is no scope " + scope +
                                     "; a scope is a container, such as loop, or one iteration of "
                                     "it, such as loop[3]"));
    }
    const std::size_t begin = std::min(*first, nodes.size());
    const std::size_t end = std::min(nodes.size(), begin + page_limit(request));
    std::vector<core::Value> items;
    for (std::size_t i = begin; i < end; ++i)
        items.push_back(run_value(nodes[i], view->plan()));
    return list_response(std::move(items), end < nodes.size() ? std::to_string(end) : "");
}

Answer get_run(Services& services, const Request& request) {
    const std::string& path = request.parameter("node");
    const RunPath run = run_path(path);
    const auto view = view_of(services, request, run.scope);
    if (!view) return std::unexpected(view.error());
    const std::vector<engine::NodeView> nodes =
        run.scope.empty() ? view->nodes() : view->scope_nodes();
    const auto found = std::ranges::find(nodes, path, &engine::NodeView::path);
    if (found != nodes.end()) return json_response(run_value(*found, view->plan()));
    std::string detail = "execution " + view->id().text() + " has no run " + path;
    if (view->plan().find(run.node)) {
        detail +=
            "; the node runs inside a container: name the iteration too, as in loop[3].charge";
    }
    return std::unexpected(problem("not_found", std::move(detail)));
}

Route reading_route(std::string pattern, std::string id, std::string summary) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = executions_tag;
    route.summary = std::move(summary);
    route.parameters = {path_parameter("id", "The execution.")};
    route.problems = {"not_found"};
    return route;
}

}  // namespace

void add_execution_reading_routes(RouteTable& table, Services& services) {
    Route one = reading_route("/api/v1/executions/{id}", "getExecution", "Read an execution");
    one.description =
        "All that is known of it, with the nodes of the top level; containers count what runs "
        "inside them.";
    one.answers = {{200, "The execution as it is now.", schema_ref("Execution")}};
    one.handler = [&services](const Request& request) { return get_execution(services, request); };
    table.routes.push_back(std::move(one));

    Route runs = reading_route("/api/v1/executions/{id}/nodes", "listExecutionNodes",
                               "List the runs of nodes");
    runs.description = "Of the top level, or of a container's iterations.";
    runs.parameters.push_back(text_parameter(
        "scope", "Inside this: `loop`, `loop[3]` or `outer[2].guard`; else the top level."));
    for (Parameter& parameter : page_parameters())
        runs.parameters.push_back(std::move(parameter));
    runs.answers = {{200, "A page, in the order of the document.", list_schema("NodeRun")}};
    runs.problems.emplace_back("bad_request");
    runs.handler = [&services](const Request& request) { return list_runs(services, request); };
    table.routes.push_back(std::move(runs));

    Route run = reading_route("/api/v1/executions/{id}/nodes/{node}", "getExecutionNode",
                              "Read one run of a node");
    run.parameters.push_back(
        path_parameter("node", "A node's id, or `loop[3].charge` inside a container."));
    run.answers = {{200, "The run as it is now.", schema_ref("NodeRun")}};
    run.handler = [&services](const Request& request) { return get_run(services, request); };
    table.routes.push_back(std::move(run));
}

}  // namespace millrace::server
