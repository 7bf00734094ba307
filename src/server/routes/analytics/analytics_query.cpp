// SPDX-License-Identifier: Apache-2.0
#include "routes/analytics/analytics_query.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "analytics/analytics_values.hpp"
#include "api/answer.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

using store::RollupSpan;

std::unexpected<Problem> bad(std::string_view name, const std::string& message) {
    return std::unexpected(
        problem("bad_request", "query parameter " + std::string{name} + ": " + message));
}

/// What makes some dozens of entries of a time.
RollupSpan usual_bucket(core::Duration range, RollupSpan shortest) {
    constexpr std::int64_t hour_ms = 3'600'000;
    if (range.ms <= 3 * hour_ms) return std::max(shortest, RollupSpan::minute);
    return range.ms <= 7 * 24 * hour_ms ? RollupSpan::hour : RollupSpan::day;
}

/// Reads `from` or `to`.
std::expected<std::optional<core::Time>, Problem> time_of(const Request& request,
                                                          std::string_view name) {
    const std::string* const text = request.query_value(name);
    if (text == nullptr) return std::nullopt;
    const auto time = core::Time::parse(*text);
    if (!time) return bad(name, *text + " is not a time such as 2026-01-31T23:59:59Z");
    return time;
}

std::expected<void, Problem> read_bucket(const Request& request, RollupSpan shortest,
                                         AnalyticsQuery& query) {
    query.bucket = usual_bucket(query.to - query.from, shortest);
    if (query.from < query.now - kept_for({}, query.bucket)) query.bucket = RollupSpan::day;
    const std::string* const text = request.query_value("bucket");
    if (text == nullptr) return {};
    query.bucket = *parse_span(*text);  // a choice: it was checked
    if (query.bucket < shortest) return bad("bucket", "runs of nodes are counted by the hour");
    const core::Duration kept = kept_for({}, query.bucket);
    if (query.bucket == RollupSpan::day || query.from >= query.now - kept) return {};
    return bad("bucket", "by the " + *text + " counts are kept for " + core::to_text(kept) +
                             "; choose a longer bucket or a later from");
}

}  // namespace

std::expected<AnalyticsQuery, Problem> analytics_query(const Request& request, core::Duration usual,
                                                       RollupSpan shortest) {
    AnalyticsQuery query;
    query.now = request.received_at;
    const auto to = time_of(request, "to");
    if (!to) return std::unexpected(to.error());
    const auto from = time_of(request, "from");
    if (!from) return std::unexpected(from.error());
    query.to = to->value_or(query.now);
    query.from = from->value_or(query.to - usual);
    if (query.from >= query.to) return bad("from", "must be before to");
    // Nothing is kept for longer, so that no range is too long to be gone through.
    query.from = std::max(query.from, query.now - RollupKeeping{}.days);
    query.to = std::max(query.from, std::min(query.to, query.now + core::Duration{1}));
    if (auto read = read_bucket(request, shortest, query); !read)
        return std::unexpected(read.error());
    const std::string* const zone = request.query_value("timezone");
    if (zone == nullptr) return query;
    const expr::Host& host = format::expression_host();
    if (!host.has_zone(*zone)) {
        const std::string nearest = host.nearest_zone(*zone);
        return bad("timezone", "there is no zone " + *zone +
                                   (nearest.empty() ? "; use a name such as Europe/Berlin"
                                                    : "; did you mean " + nearest + "?"));
    }
    query.zone = *zone;
    return query;
}

std::vector<Parameter> window_parameters() {
    return {time_parameter("from",
                           "The beginning, widened to where its hour begins (of the last 6 hours "
                           "its minute, of what is older than 35 days its day, in UTC)."),
            time_parameter("to", "The end, widened in the same way; now when it is not given.")};
}

Parameter bucket_parameter() {
    return choice_parameter("bucket",
                            "How the trend is divided: by minutes as far as 6 hours back, by hours "
                            "as far as 35 days. Else as it suits the range.",
                            {"minute", "hour", "day"});
}

Parameter number_parameter(std::string name, std::string description, std::int64_t most) {
    Parameter parameter;
    parameter.name = std::move(name);
    parameter.description = std::move(description);
    parameter.schema =
        core::Value::object({{"type", "integer"}, {"minimum", 1}, {"maximum", most}});
    return parameter;
}

std::int64_t number_of(const Request& request, std::string_view name, std::int64_t usual) {
    const std::string* const text = request.query_value(name);
    if (text == nullptr) return usual;
    std::from_chars(text->data(), text->data() + text->size(), usual);  // it was checked
    return usual;
}

Answer analytics_answer(Services& services, const AnalyticsWindow& window,
                        std::vector<core::Member> members) {
    const auto gaps = services.runtime.store().rollups().gaps(window.from, window.before);
    if (!gaps) return std::unexpected(problem_of(gaps.error()));
    members.insert(members.begin(), {{"from", window.from.text()}, {"to", window.before.text()}});
    members.push_back({"gaps", gaps_value(*gaps)});
    return json_response(core::Value::object(std::move(members)));
}

std::optional<Problem> unknown_workflow(Services& services, const std::string& id) {
    store::Store& store = services.runtime.store();
    const auto entry = store.library().find(id);
    if (entry) return std::nullopt;
    if (!entry.error().is(store::StoreErrc::not_found)) return problem_of(entry.error());
    store::ExecutionFilter of_workflow;
    of_workflow.workflow_id = id;
    const auto any = store.executions(of_workflow, 1, {});
    if (!any) return problem_of(any.error());
    if (any->items.empty()) return problem_of(entry.error());
    return std::nullopt;
}

Route analytics_route(std::string pattern, std::string id, std::string summary) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = analytics_tag;
    route.summary = std::move(summary);
    route.problems = {"bad_request"};
    return route;
}

}  // namespace millrace::server
