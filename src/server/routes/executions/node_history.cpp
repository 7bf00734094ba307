// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/server/values.hpp"
#include "routes/executions/execution_history.hpp"
#include "routes/executions/execution_search.hpp"
#include "routes/executions/executions.hpp"
#include "service/workflow_catalog.hpp"

// What one node has done over all executions of its workflow.

namespace millrace::server {
namespace {

/// `ID:RUNS:REST`: go on behind so many runs of that execution, then with the store's cursor.
struct Place {
    std::optional<core::ExecutionId> within;
    std::size_t runs_before = 0;
    std::string rest;  ///< the store's cursor behind that execution

    std::string text() const {
        return within->text() + ":" + std::to_string(runs_before) + ":" + rest;
    }
    static std::optional<Place> parse(const std::string& text) {
        if (text.empty()) return Place{};
        const std::size_t first = text.find(':');
        const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
        if (second == std::string::npos) return std::nullopt;
        Place place;
        place.rest = text.substr(second + 1);
        place.within = core::ExecutionId::parse(std::string_view{text}.substr(0, first));
        const char* const begin = text.data() + first + 1;
        const char* const end = text.data() + second;
        const auto [stop, error] = std::from_chars(begin, end, place.runs_before);
        const bool is_number = begin != end && error == std::errc{} && stop == end;
        return is_number && place.within ? std::optional{place} : std::nullopt;
    }
};

core::Value item_value(const engine::ExecutionRow& row, const engine::NodeView& run,
                       const engine::Plan& plan) {
    std::vector<core::Member> members{{"execution_id", row.id.text()},
                                      {"workflow_version", row.workflow_version},
                                      {"execution_status", core::to_text(row.status)}};
    const core::Value value = run_value(run, plan);
    for (const core::Member& member : value.as_object())
        members.push_back(member);
    return core::Value::object(std::move(members));
}

/// Of one node, the newest first.
std::vector<engine::NodeView> runs_of(const engine::ExecutionView& view, const std::string& node) {
    std::vector<engine::NodeView> runs;
    const auto add = [&](const std::vector<engine::NodeView>& nodes) {
        for (const engine::NodeView& one : nodes)
            if (one.id == node) runs.push_back(one);
    };
    add(view.nodes());
    if (runs.empty()) add(view.scope_nodes());
    std::ranges::reverse(runs);
    return runs;
}

class NodeHistory {
public:
    NodeHistory(Services& services, const Request& request)
        : runtime_{services.runtime},
          node_{request.parameter("node")},
          limit_{page_limit(request)} {
        filter_.workflow_id = request.parameter("id");
    }

    Answer page(const Place& from) {
        std::string cursor = from.rest;
        if (from.within) {
            const auto row = runtime_.store().execution(*from.within);
            // What was deleted meanwhile has no further runs.
            if (row) add_runs(*row, from.runs_before, cursor);
        }
        bool is_at_end = from.within && cursor.empty();
        while (!is_at_end && !next_ && items_.size() < limit_ &&
               looked_at_ < searched_executions_max && bytes_ < searched_bytes_max) {
            const auto rows = runtime_.store().executions(filter_, 1, cursor);
            if (!rows) return std::unexpected(problem_of(rows.error()));
            cursor = rows->next_cursor.value_or("");
            is_at_end = cursor.empty();
            for (const engine::ExecutionRow& row : rows->items)
                add_runs(row, 0, cursor);
        }
        if (!next_ && !is_at_end) next_ = Place{last_, all_runs, cursor};
        return list_response(std::move(items_), next_ ? next_->text() : "");
    }

private:
    /// No execution has as many: nothing of it is left.
    static constexpr std::size_t all_runs = 1u << 30;

    void add_runs(const engine::ExecutionRow& row, std::size_t skipped, const std::string& rest) {
        last_ = row.id;
        if (skipped >= all_runs) return;
        ++looked_at_;
        const auto history = read_history(runtime_, row, engine::ExecutionView::every_scope);
        // One that cannot be read hides nothing of the others.
        if (!history) return;
        bytes_ += history->bytes;
        const std::vector<engine::NodeView> runs = runs_of(history->view, node_);
        const std::size_t begin = std::min(skipped, runs.size());
        const std::size_t end = std::min(runs.size(), begin + (limit_ - items_.size()));
        for (std::size_t i = begin; i < end; ++i)
            items_.push_back(item_value(row, runs[i], history->view.plan()));
        if (end < runs.size()) next_ = Place{row.id, end, rest};
    }

    runtime::Runtime& runtime_;
    const std::string node_;
    const std::size_t limit_;
    store::ExecutionFilter filter_;
    std::vector<core::Value> items_;
    core::ExecutionId last_;
    std::optional<Place> next_;
    std::size_t looked_at_ = 0;
    std::size_t bytes_ = 0;
};

Answer list_node_runs(Services& services, const Request& request) {
    const auto place = Place::parse(page_cursor(request));
    if (!place) {
        return std::unexpected(
            problem("bad_request",
                    "query parameter cursor: this is no cursor of this list; use "
                    "the next_cursor of its last page"));
    }
    const auto plan = services.catalog.load(request.parameter("id"));
    const bool is_known = plan && (*plan)->find(request.parameter("node"));
    // A node of an earlier version, or of a workflow that is gone, may still have runs.
    auto answer = NodeHistory{services, request}.page(*place);
    const bool has_nothing =
        answer && answer->body.starts_with(R"({"items":[],"next_cursor":null)");
    if (!has_nothing || is_known) return answer;
    if (!plan) return std::unexpected(problem_of(plan.error()));
    return std::unexpected(problem("not_found", "workflow " + request.parameter("id") +
                                                    " has no node " + request.parameter("node")));
}

}  // namespace

void add_node_history_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("NodeExecution", schema_of(R"({
        "description": "A run of a node with the execution it belongs to.",
        "allOf": [
            {"$ref": "#/components/schemas/NodeRun"},
            {
                "type": "object",
                "required": ["execution_id", "workflow_version", "execution_status"],
                "properties": {
                    "execution_id": {"type": "string", "format": "uuid"},
                    "workflow_version": {"type": "integer"},
                    "execution_status": {"$ref": "#/components/schemas/ExecutionStatus"}
                }
            }
        ]
    })"));
    Route route;
    route.pattern = "/api/v1/workflows/{id}/nodes/{node}/executions";
    route.id = "listNodeExecutions";
    route.tag = executions_tag;
    route.summary = "List the runs of one node over executions";
    route.description =
        "Newest first, those inside containers too. One page looks into 500 executions at most, so "
        "it may have fewer items than `limit`, or none, and still a `next_cursor`.";
    route.parameters = {path_parameter("id", "The workflow."),
                        path_parameter("node", "The node's id.")};
    for (Parameter& parameter : page_parameters())
        route.parameters.push_back(std::move(parameter));
    route.answers = {{200, "A page.", list_schema("NodeExecution")}};
    route.problems = {"bad_request", "not_found"};
    route.handler = [&services](const Request& request) {
        return list_node_runs(services, request);
    };
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
