// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "analytics/analytics_values.hpp"
#include "api/answer.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/store.hpp"
#include "routes/analytics/analytics_query.hpp"
#include "service/workflow_catalog.hpp"

// What became of one workflow's executions, and of the runs of its nodes.

namespace millrace::server {
namespace {

using core::Value;
using store::RollupSpan;

store::Rollups& rollups(Services& services) {
    return services.runtime.store().rollups();
}

bool is_empty(const store::Rollup& rollup) {
    return rollup.started + rollup.ended() + rollup.skipped == 0;
}

/// Counts and trend of one series.
Answer series(Services& services, const AnalyticsQuery& query, const store::RollupSubject& subject,
              std::vector<core::Member> members) {
    const AnalyticsWindow trend = cover_evenly(query.from, query.to, query.bucket, query.now);
    const AnalyticsWindow window = cover(trend.from, trend.before, query.bucket, query.now);
    const auto total = rollups(services).total(subject, window.parts);
    if (!total) return std::unexpected(problem_of(total.error()));
    const auto rows = rollups(services).rows(subject, trend.parts.front());
    if (!rows) return std::unexpected(problem_of(rows.error()));
    const bool of_node = !subject.node_id.empty();
    if (is_empty(*total)) {
        if (auto unknown = unknown_workflow(services, subject.workflow_id))
            return std::unexpected(*std::move(unknown));
        const auto plan = services.catalog.load(subject.workflow_id);
        if (of_node && plan && !(*plan)->find(subject.node_id)) {
            return std::unexpected(problem("not_found", "workflow " + subject.workflow_id +
                                                            " has no node " + subject.node_id));
        }
    }
    for (core::Member& member : rollup_members(*total, of_node))
        members.push_back(std::move(member));
    members.push_back({"bucket", to_text(query.bucket)});
    members.push_back({"trend", trend_value(*rows, trend)});
    return analytics_answer(services, trend, std::move(members));
}

Answer of_workflow(Services& services, const Request& request) {
    const auto query = analytics_query(request);
    if (!query) return std::unexpected(query.error());
    const std::string& id = request.parameter("id");
    return series(services, *query, {id, ""}, {{"workflow_id", id}});
}

Answer of_node(Services& services, const Request& request) {
    const auto query = analytics_query(request, core::Duration{86'400'000}, RollupSpan::hour);
    if (!query) return std::unexpected(query.error());
    const std::string& id = request.parameter("id");
    const std::string& node = request.parameter("node");
    return series(services, *query, {id, node}, {{"workflow_id", id}, {"node_id", node}});
}

Answer of_nodes(Services& services, const Request& request) {
    const auto query = analytics_query(request, core::Duration{86'400'000}, RollupSpan::hour);
    if (!query) return std::unexpected(query.error());
    const std::string& id = request.parameter("id");
    const AnalyticsWindow window = cover(query->from, query->to, RollupSpan::hour, query->now);
    const auto nodes = rollups(services).totals(id, window.parts);
    if (!nodes) return std::unexpected(problem_of(nodes.error()));
    if (nodes->empty()) {
        if (auto unknown = unknown_workflow(services, id))
            return std::unexpected(*std::move(unknown));
    }
    std::vector<Value> items;
    for (const auto& [subject, rollup] : *nodes) {
        std::vector<core::Member> members{{"node_id", subject.node_id}};
        for (core::Member& member : rollup_members(rollup, true))
            members.push_back(std::move(member));
        items.push_back(Value::object(std::move(members)));
    }
    return analytics_answer(services, window,
                            {{"workflow_id", id}, {"items", Value::array(std::move(items))}});
}

Answer heatmap(Services& services, const Request& request) {
    constexpr core::Duration four_weeks{28LL * 24 * 3'600'000};
    const auto query = analytics_query(request, four_weeks);
    if (!query) return std::unexpected(query.error());
    const std::string& id = request.parameter("id");
    const AnalyticsWindow window =
        cover_evenly(query->from, query->to, RollupSpan::hour, query->now);
    const auto rows = rollups(services).rows({id, ""}, window.parts.front());
    if (!rows) return std::unexpected(problem_of(rows.error()));
    if (rows->empty()) {
        if (auto unknown = unknown_workflow(services, id))
            return std::unexpected(*std::move(unknown));
    }
    const std::string* const slots = request.query_value("slots");
    const bool by_hour = slots != nullptr && *slots == "hour";
    return analytics_answer(services, window,
                            {{"workflow_id", id},
                             {"timezone", query->zone},
                             {"slots", by_hour ? hours_value(*rows, window, query->zone)
                                               : week_value(*rows, query->zone)}});
}

Value timeline_item(const engine::ExecutionRow& row) {
    Value duration;
    if (row.completed_at) duration = (*row.completed_at - row.created_at).ms;
    return Value::object({{"id", row.id.text()},
                          {"workflow_version", row.workflow_version},
                          {"status", core::to_text(row.status)},
                          {"created_at", row.created_at.text()},
                          {"completed_at", time_or_null(row.completed_at)},
                          {"duration_ms", duration}});
}

Answer timeline(Services& services, const Request& request) {
    const auto query = analytics_query(request);
    if (!query) return std::unexpected(query.error());
    store::ExecutionFilter filter;
    filter.workflow_id = request.parameter("id");
    filter.created_after = query->from;
    filter.created_before = query->to;
    if (const std::string* const status = request.query_value("status"))
        filter.status = core::parse_execution_status(*status);
    const auto page =
        services.runtime.store().executions(filter, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    if (page->items.empty() && page_cursor(request).empty()) {
        if (auto unknown = unknown_workflow(services, *filter.workflow_id))
            return std::unexpected(*std::move(unknown));
    }
    std::vector<Value> items;
    for (const engine::ExecutionRow& row : page->items)
        items.push_back(timeline_item(row));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Route workflow_route(std::string_view rest, std::string id, std::string summary) {
    Route route = analytics_route("/api/v1/workflows/{id}/analytics" + std::string{rest},
                                  std::move(id), std::move(summary));
    route.parameters = window_parameters();
    route.parameters.push_back(path_parameter("id", "The workflow."));
    route.problems.emplace_back("not_found");
    return route;
}

constexpr const char* lag =
    "Counts follow the executions within about two seconds, and stay when those are removed. "
    "Quantiles are within 3.2 %; counts, sums, least and greatest are exact.";

void add_series_routes(RouteTable& table, Services& services) {
    Route one = workflow_route("", "getWorkflowAnalytics", "Count the executions of a workflow");
    one.description = lag;
    one.parameters.push_back(bucket_parameter());
    one.answers = {{200, "Counts, durations, errors and their trend.", schema_ref("Analytics")}};
    one.handler = [&services](const Request& request) { return of_workflow(services, request); };
    table.routes.push_back(std::move(one));

    Route nodes = workflow_route("/nodes", "listNodeAnalytics", "Count the runs of each node");
    nodes.description = lag;
    nodes.answers = {{200, "One entry for each node that ran.", schema_ref("NodeAnalyticsList")}};
    nodes.handler = [&services](const Request& request) { return of_nodes(services, request); };
    table.routes.push_back(std::move(nodes));

    Route node = workflow_route("/nodes/{node}", "getNodeAnalytics", "Count the runs of a node");
    node.description = lag;
    node.parameters.push_back(path_parameter("node", "The node's id."));
    node.parameters.push_back(bucket_parameter());
    node.answers = {{200, "Counts, durations, errors and their trend.", schema_ref("Analytics")}};
    node.handler = [&services](const Request& request) { return of_node(services, request); };
    table.routes.push_back(std::move(node));
}

}  // namespace

void add_workflow_analytics_routes(RouteTable& table, Services& services) {
    add_series_routes(table, services);

    Route map = workflow_route("/heatmap", "getWorkflowHeatmap",
                               "Count the executions of a workflow by weekday and hour");
    map.description =
        "Of the last four weeks unless `from` says otherwise, at most of the last 35 days. Hours "
        "are full ones of UTC: in a zone that is not a whole number of hours away from it, one "
        "counts for the local hour that it begins in.";
    map.parameters.push_back(
        text_parameter("timezone", "An IANA time zone such as `Europe/Berlin`; else UTC."));
    map.parameters.push_back(choice_parameter(
        "slots", "`week`: 168 slots, one for each hour of each weekday; `hour`: one for each hour.",
        {"week", "hour"}));
    map.answers = {{200, "Counts and success rates.", schema_ref("Heatmap")}};
    map.handler = [&services](const Request& request) { return heatmap(services, request); };
    table.routes.push_back(std::move(map));

    Route line = workflow_route("/timeline", "listWorkflowTimeline",
                                "List when executions of a workflow began and how long they took");
    line.description =
        "Those created from `from` on and before `to`, newest first. `duration_ms` "
        "is from their creation to their end. With a `status` one page looks through a bounded "
        "number of others, so it may have fewer items than `limit`, or none, and still a "
        "`next_cursor`.";
    line.parameters.push_back(choice_parameter(
        "status", "In this status only.",
        {"pending", "running", "waiting", "paused", "completed", "failed", "canceled"}));
    for (Parameter& parameter : page_parameters())
        line.parameters.push_back(std::move(parameter));
    line.answers = {{200, "A page.", list_schema("TimelineEntry")}};
    line.handler = [&services](const Request& request) { return timeline(services, request); };
    table.routes.push_back(std::move(line));
}

}  // namespace millrace::server
