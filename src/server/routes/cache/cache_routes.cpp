// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/result_cache.hpp"
#include "routes/routes.hpp"

// What nodes share over executions: kept results, and circuit breakers of what they depend on.

namespace millrace::server {
namespace {

store::CacheFilter filter_of(const Request& request) {
    store::CacheFilter filter;
    if (const std::string* const id = request.query_value("workflow_id")) filter.workflow_id = *id;
    if (const std::string* const node = request.query_value("node_id")) filter.node_id = *node;
    if (const std::string* const tag = request.query_value("tag")) filter.tag = *tag;
    return filter;
}

Answer list(Services& services, const Request& request) {
    const auto page = services.runtime.store().result_cache().list(
        filter_of(request), page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<core::Value> items;
    for (const store::CachedEntry& entry : page->items)
        items.push_back(cached_entry_value(entry));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Answer clear(Services& services, const Request& request) {
    const store::CacheFilter filter = filter_of(request);
    const bool is_chosen = filter.workflow_id || filter.node_id || filter.tag;
    const std::string* const all = request.query_value("all");
    if (is_chosen == (all != nullptr && *all == "true")) {
        return std::unexpected(
            problem("bad_request",
                    "say what to forget: some of workflow_id, node_id and tag, or "
                    "all=true"));
    }
    const auto cleared = services.runtime.clear_cache(filter);
    if (!cleared) return std::unexpected(problem_of(cleared.error()));
    return json_response(core::Value::object({{"cleared", static_cast<std::int64_t>(*cleared)}}));
}

Answer list_breakers(Services& services, const Request&) {
    const auto rows = services.runtime.store().shared();
    if (!rows) return std::unexpected(problem_of(rows.error()));
    std::vector<core::Value> items;
    for (const engine::SharedRow& row : *rows)
        if (const auto breaker = engine::read_breaker(row))
            items.push_back(breaker_value(*breaker));
    return list_response(std::move(items), "");
}

void add_schemas(RouteTable& table) {
    table.schemas.emplace_back("CachedResult", schema_of(R"({
        "type": "object",
        "required": ["key", "workflow_id", "node_id", "tags", "stored_at", "expires_at", "size"],
        "properties": {
            "key": {"type": "string", "description": "Digest of all that the result depends on."},
            "workflow_id": {"type": "string"},
            "node_id": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "stored_at": {"type": "string", "format": "date-time"},
            "expires_at": {"type": "string", "format": "date-time"},
            "size": {"type": "integer", "description": "In bytes."}
        }
    })"));
    table.schemas.emplace_back("Breaker", schema_of(R"({
        "type": "object",
        "required": ["key", "state", "until", "failures", "probes"],
        "properties": {
            "key": {"type": "string", "description": "`dependency/NAME` or `node/WORKFLOW/NODE`."},
            "state": {"enum": ["closed", "open", "half_open"]},
            "until": {"type": ["string", "null"], "description": "Probes are let through from then on."},
            "failures": {"type": "integer", "description": "Of late, while it is closed."},
            "probes": {"type": "integer", "description": "Calls whose outcome is awaited."}
        }
    })"));
}

std::vector<Parameter> filter_parameters() {
    return {text_parameter("workflow_id", "Of this workflow only."),
            text_parameter("node_id", "Of this node only."),
            text_parameter("tag", "With this tag only.")};
}

}  // namespace

void add_cache_routes(RouteTable& table, Services& services) {
    add_schemas(table);
    Route kept;
    kept.pattern = "/api/v1/cache";
    kept.id = "listCachedResults";
    kept.tag = "Cache";
    kept.summary = "List kept results of nodes";
    kept.description = "Results that equal calls get instead of being made; the newest first.";
    kept.parameters = filter_parameters();
    for (Parameter& parameter : page_parameters())
        kept.parameters.push_back(std::move(parameter));
    kept.answers = {{200, "A page.", list_schema("CachedResult")}};
    kept.problems = {"bad_request"};
    kept.handler = [&services](const Request& request) { return list(services, request); };
    table.routes.push_back(std::move(kept));

    Route cleared;
    cleared.method = Method::del;
    cleared.pattern = "/api/v1/cache";
    cleared.id = "clearCachedResults";
    cleared.tag = "Cache";
    cleared.summary = "Forget kept results";
    cleared.description = "Also those that calls under way will give.";
    cleared.action = Action::operate;
    cleared.parameters = filter_parameters();
    cleared.parameters.push_back(
        choice_parameter("all", "`true`: all of them, in the place of a choice.", {"true"}));
    cleared.answers = {{200, "They are forgotten.", schema_of(R"({
        "type": "object",
        "required": ["cleared"],
        "properties": {"cleared": {"type": "integer", "description": "How many were stored."}}
    })")}};
    cleared.problems = {"bad_request", "unavailable"};
    cleared.handler = [&services](const Request& request) { return clear(services, request); };
    table.routes.push_back(std::move(cleared));

    Route breakers;
    breakers.pattern = "/api/v1/breakers";
    breakers.id = "listBreakers";
    breakers.tag = "Breakers";
    breakers.summary = "List circuit breakers";
    breakers.description = "Those that have seen failures of late.";
    breakers.answers = {{200, "All of them.", list_schema("Breaker")}};
    breakers.handler = [&services](const Request& request) {
        return list_breakers(services, request);
    };
    table.routes.push_back(std::move(breakers));
}

}  // namespace millrace::server
