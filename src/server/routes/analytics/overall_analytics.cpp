// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "analytics/analytics_values.hpp"
#include "api/answer.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/store.hpp"
#include "routes/analytics/analytics_query.hpp"
#include "routes/executions/execution_search.hpp"

// What became of all executions, and which of them somebody should look at.

namespace millrace::server {
namespace {

using core::Value;
using store::RollupSpan;
using Totals = std::vector<std::pair<store::RollupSubject, store::Rollup>>;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t minutes_max = 400LL * 24 * 60;
constexpr std::int64_t hours_max = 400LL * 24;

store::Rollups& rollups(Services& services) {
    return services.runtime.store().rollups();
}

/// Of many series by the hour for a few days, else by the day: there may be thousands of them.
RollupSpan finest_of_many(const AnalyticsQuery& query) {
    return query.to - query.from <= core::Duration{3 * 24 * hour_ms} ? RollupSpan::hour
                                                                     : RollupSpan::day;
}

/// One entry for each workflow, those with most of `rank` first.
template <class Rank, class Entry>
Value ranked(Totals& totals, std::size_t limit, Rank rank, Entry entry) {
    std::ranges::stable_sort(
        totals, [&](const auto& a, const auto& b) { return rank(a.second) > rank(b.second); });
    std::vector<Value> items;
    for (const auto& [subject, rollup] : totals) {
        if (items.size() == limit || rank(rollup) == 0) break;
        items.push_back(entry(subject, rollup));
    }
    return Value::array(std::move(items));
}

Value workflow_entry(const store::RollupSubject& subject, const store::Rollup& rollup) {
    std::vector<core::Member> members{{"workflow_id", subject.workflow_id}};
    for (core::Member& member : rollup_members(rollup, false))
        members.push_back(std::move(member));
    return Value::object(std::move(members));
}

Answer overview(Services& services, const Request& request) {
    const auto query = analytics_query(request);
    if (!query) return std::unexpected(query.error());
    const AnalyticsWindow trend = cover_evenly(query->from, query->to, query->bucket, query->now);
    const AnalyticsWindow window = cover(trend.from, trend.before, query->bucket, query->now);
    const auto total = rollups(services).total({}, window.parts);
    if (!total) return std::unexpected(problem_of(total.error()));
    const auto rows = rollups(services).rows({}, trend.parts.front());
    if (!rows) return std::unexpected(problem_of(rows.error()));
    const AnalyticsWindow coarse =
        cover(query->from, query->to, finest_of_many(*query), query->now);
    auto workflows = rollups(services).totals("", coarse.parts);
    if (!workflows) return std::unexpected(problem_of(workflows.error()));
    const auto load = services.runtime.load();
    std::vector<core::Member> members{
        {"live_executions", static_cast<std::int64_t>(load.live_executions)}};
    for (core::Member& member : rollup_members(*total, false))
        members.push_back(std::move(member));
    members.push_back({"bucket", to_text(query->bucket)});
    members.push_back({"trend", trend_value(*rows, trend)});
    members.push_back(
        {"workflows",
         ranked(
             *workflows, static_cast<std::size_t>(number_of(request, "limit", 10)),
             [](const store::Rollup& rollup) { return rollup.started + rollup.ended(); },
             workflow_entry)});
    return analytics_answer(services, trend, std::move(members));
}

/// What one code has done to workflows, the worst first.
Value workflows_with(const Totals& totals, const std::string& code) {
    std::vector<std::pair<std::uint64_t, std::string_view>> found;
    for (const auto& [subject, rollup] : totals)
        if (const auto at = rollup.errors.find(code); at != rollup.errors.end())
            found.emplace_back(at->second, subject.workflow_id);
    std::ranges::stable_sort(found, std::ranges::greater{},
                             [](const auto& entry) { return entry.first; });
    constexpr std::size_t shown_max = 10;
    std::vector<Value> items;
    for (const auto& [count, id] : found) {
        if (items.size() == shown_max) break;
        items.push_back(
            Value::object({{"workflow_id", id}, {"count", static_cast<std::int64_t>(count)}}));
    }
    return Value::array(std::move(items));
}

Answer top_errors(Services& services, const Request& request) {
    const auto query = analytics_query(request);
    if (!query) return std::unexpected(query.error());
    const AnalyticsWindow window =
        cover(query->from, query->to, finest_of_many(*query), query->now);
    auto totals = rollups(services).totals("", window.parts);
    if (!totals) return std::unexpected(problem_of(totals.error()));
    const std::string* const workflow = request.query_value("workflow_id");
    if (workflow != nullptr) {
        std::erase_if(*totals,
                      [&](const auto& entry) { return entry.first.workflow_id != *workflow; });
    }
    store::Rollup all;
    for (const auto& [subject, rollup] : *totals)
        all.merge(rollup);
    const Value errors =
        errors_value(all, static_cast<std::size_t>(number_of(request, "limit", 10)));
    std::vector<Value> items;
    for (const Value& error : errors.as_array()) {
        std::vector<core::Member> members{error.as_object().begin(), error.as_object().end()};
        members.push_back(
            {"workflows", workflows_with(*totals, std::string{error.find("code")->as_string()})});
        items.push_back(Value::object(std::move(members)));
    }
    return analytics_answer(services, window,
                            {{"failed", static_cast<std::int64_t>(all.failed)},
                             {"items", Value::array(std::move(items))}});
}

Answer usage(Services& services, const Request& request) {
    const auto query = analytics_query(request);
    if (!query) return std::unexpected(query.error());
    const AnalyticsWindow window =
        cover(query->from, query->to, finest_of_many(*query), query->now);
    auto totals = rollups(services).totals("", window.parts);
    if (!totals) return std::unexpected(problem_of(totals.error()));
    store::Rollup all;
    for (const auto& [subject, rollup] : *totals)
        all.merge(rollup);
    std::vector<core::Member> members = rollup_members(all, false);
    members.push_back(
        {"items", ranked(
                      *totals, static_cast<std::size_t>(number_of(request, "limit", 50)),
                      [](const store::Rollup& rollup) { return rollup.started + rollup.ended(); },
                      workflow_entry)});
    return analytics_answer(services, window, std::move(members));
}

Answer found_list(Services& services, const Request& request, const ExecutionSearch& search) {
    const auto page =
        find_executions(services.runtime, search, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    for (const engine::ExecutionRow& row : page->items)
        items.push_back(execution_row_value(row));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

/// Those that are not finished and were created that long ago.
ExecutionSearch live_since(const Request& request, std::int64_t usual_minutes) {
    ExecutionSearch search;
    search.now = request.received_at;
    search.filter.live_only = true;
    const core::Duration over{number_of(request, "over_minutes", usual_minutes) * minute_ms};
    search.filter.created_before = search.now - over;
    search.stuck_for = over;
    if (const std::string* const id = request.query_value("workflow_id"))
        search.filter.workflow_id = *id;
    return search;
}

Answer recent_failures(Services& services, const Request& request) {
    const core::Time since =
        request.received_at - core::Duration{number_of(request, "hours", 24) * hour_ms};
    const std::string* const workflow = request.query_value("workflow_id");
    const auto page = services.runtime.store().failures(
        since, workflow == nullptr ? std::nullopt : std::optional{*workflow}, page_limit(request),
        page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    for (const engine::ExecutionRow& row : page->items)
        items.push_back(execution_row_value(row));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Route list_route(std::string_view name, std::string id, std::string summary) {
    Route route = analytics_route("/api/v1/analytics/" + std::string{name}, std::move(id),
                                  std::move(summary));
    route.parameters = page_parameters();
    route.parameters.push_back(text_parameter("workflow_id", "Of this workflow only."));
    route.answers = {{200, "A page.", list_schema("ExecutionSummary")}};
    return route;
}

void add_list_routes(RouteTable& table, Services& services) {
    Route stuck = list_route("stuck", "listStuckExecutions", "List executions that are stuck");
    stuck.description =
        "Unfinished and not paused, without any progress for that long, and with no retry and no "
        "wait that is still to come. One page looks into 500 executions at most, so it may have "
        "fewer items than `limit`, or none, and still a `next_cursor`.";
    stuck.parameters.push_back(
        number_parameter("over_minutes", "For at least so long; else 15.", minutes_max));
    stuck.handler = [&services](const Request& request) {
        return found_list(services, request, live_since(request, 15));
    };
    table.routes.push_back(std::move(stuck));

    Route slow =
        list_route("long-running", "listLongRunningExecutions", "List executions that take long");
    slow.description = "Unfinished, and created at least that long ago; newest first.";
    slow.parameters.push_back(
        number_parameter("over_minutes", "At least so old; else 60.", minutes_max));
    slow.handler = [&services](const Request& request) {
        ExecutionSearch search = live_since(request, 60);
        search.stuck_for.reset();
        return found_list(services, request, search);
    };
    table.routes.push_back(std::move(slow));

    Route failed =
        list_route("recent-failures", "listRecentFailures", "List executions that failed of late");
    failed.description = "The last failure first, whenever they began.";
    failed.parameters.push_back(
        number_parameter("hours", "Failed at most so long ago; else 24.", hours_max));
    failed.handler = [&services](const Request& request) {
        return recent_failures(services, request);
    };
    table.routes.push_back(std::move(failed));
}

}  // namespace

void add_overall_analytics_routes(RouteTable& table, Services& services) {
    Route all = analytics_route("/api/v1/analytics/overview", "getAnalyticsOverview",
                                "Count the executions of all workflows");
    all.parameters = window_parameters();
    all.parameters.push_back(bucket_parameter());
    all.parameters.push_back(
        number_parameter("limit", "So many workflows, the busiest first; else 10.", 1'000));
    all.answers = {
        {200, "Counts, their trend, and the busiest workflows.", schema_ref("AnalyticsOverview")}};
    all.handler = [&services](const Request& request) { return overview(services, request); };
    table.routes.push_back(std::move(all));

    Route errors = analytics_route("/api/v1/analytics/top-errors", "listTopErrors",
                                   "List the most frequent errors of executions");
    errors.parameters = window_parameters();
    errors.parameters.push_back(text_parameter("workflow_id", "Of this workflow only."));
    errors.parameters.push_back(number_parameter("limit", "So many codes; else 10.", 200));
    errors.answers = {
        {200, "Codes, and the workflows that failed with them.", schema_ref("TopErrors")}};
    errors.handler = [&services](const Request& request) { return top_errors(services, request); };
    table.routes.push_back(std::move(errors));

    Route used =
        analytics_route("/api/v1/analytics/usage", "getUsage", "Tell what workflows have used");
    used.description =
        "`resources` is what attempts were measured to take: processor time, memory of programs, "
        "bytes over HTTP. It is counted while the server runs; the last second before a crash is "
        "missing in it.";
    used.parameters = window_parameters();
    used.parameters.push_back(
        number_parameter("limit", "So many workflows, the busiest first; else 50.", 1'000));
    used.answers = {
        {200, "Counts and resources, of all and by workflow.", schema_ref("UsageReport")}};
    used.handler = [&services](const Request& request) { return usage(services, request); };
    table.routes.push_back(std::move(used));
    add_list_routes(table, services);
}

}  // namespace millrace::server
