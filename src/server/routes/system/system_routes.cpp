// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/format/test_document.hpp"
#include "pages/page.hpp"
#include "routes/routes.hpp"
#include "routes/system/pages.hpp"
#include "service/health.hpp"

namespace millrace::server {

using core::Value;

namespace {

constexpr std::string_view tag = "System";

Route system_route(std::string pattern, std::string id, std::string summary, Handler handler) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = tag;
    route.summary = std::move(summary);
    route.action = Action::open;
    route.runs = Runs::here;
    route.handler = std::move(handler);
    return route;
}

PossibleAnswer html_answer(std::string description) {
    return {200, std::move(description), schema_of(R"({"type": "string"})"), "text/html"};
}

void add_schemas(RouteTable& table) {
    table.schemas.emplace_back("Health", schema_of(R"json({
        "type": "object",
        "required": ["status", "version", "uptime_ms", "ready", "components"],
        "properties": {
            "status": {"description": "The worst of the components'.",
                       "enum": ["ok", "degraded", "failing"]},
            "version": {"type": "string"},
            "uptime_ms": {"type": "integer", "minimum": 0},
            "ready": {"type": "boolean"},
            "components": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["status", "latency_ms"],
                    "properties": {
                        "status": {"enum": ["ok", "degraded", "failing"]},
                        "latency_ms": {"description": "How long asking it took.",
                                       "type": "number", "minimum": 0},
                        "detail": {"type": "string"}
                    }
                }
            }
        }
    })json"));
    table.schemas.emplace_back("Readiness", schema_of(R"json({
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"enum": ["ready", "starting", "draining"]}}
    })json"));
    table.schemas.emplace_back("Version", schema_of(R"json({
        "type": "object",
        "required": ["name", "version", "api"],
        "properties": {
            "name": {"const": "millrace"},
            "version": {"type": "string"},
            "api": {"description": "Version of the API; fields are only added to it.",
                    "const": "v1"}
        }
    })json"));
    table.schemas.emplace_back("ProblemKind", schema_of(R"json({
        "type": "object",
        "required": ["code", "type", "status", "title", "meaning"],
        "properties": {
            "code": {"type": "string"},
            "type": {"description": "As in problem documents.", "type": "string"},
            "status": {"type": "integer"},
            "title": {"type": "string"},
            "meaning": {"description": "Why it happens, and what to do.", "type": "string"}
        }
    })json"));
}

void add_health_routes(RouteTable& table, Services& services) {
    Route health = system_route("/health", "getHealth", "Whether the server works, part by part",
                                [&services](const Request&) -> Answer {
                                    const Value report = services.health.report();
                                    const Value* const status = report.find("status");
                                    const bool fails = *status == Value{"failing"};
                                    Response response = json_response(report, fails ? 503 : 200);
                                    response.headers.add("Cache-Control", "no-store");
                                    return response;
                                });
    health.runs = Runs::at_work;
    health.answers = {{200, "It works, though parts may be degraded.", schema_ref("Health")},
                      {503, "A part does not do its work.", schema_ref("Health")}};
    table.routes.push_back(std::move(health));

    Route live = system_route("/health/live", "getLiveness", "Whether the process answers",
                              [](const Request&) -> Answer {
                                  return json_response(Value::object({{"status", "ok"}}));
                              });
    live.answers = {{200, "It does.", schema_of(R"({"type": "object", "required": ["status"],
                                   "properties": {"status": {"const": "ok"}}})")}};
    table.routes.push_back(std::move(live));

    Route ready = system_route(
        "/health/ready", "getReadiness", "Whether requests should be sent here",
        [&services](const Request&) -> Answer {
            const bool is_ready = services.health.is_ready();
            const std::string_view status = is_ready                        ? "ready"
                                            : services.health.is_draining() ? "draining"
                                                                            : "starting";
            return json_response(Value::object({{"status", status}}), is_ready ? 200 : 503);
        });
    ready.answers = {{200, "They should.", schema_ref("Readiness")},
                     {503, "It is starting or shutting down.", schema_ref("Readiness")}};
    table.routes.push_back(std::move(ready));
}

void add_version_route(RouteTable& table, Services& services) {
    Route route =
        system_route("/api/v1/version", "getVersion", "The server's version",
                     [&services](const Request&) -> Answer {
                         return json_response(Value::object(
                             {{"name", "millrace"}, {"version", services.version}, {"api", "v1"}}));
                     });
    route.answers = {{200, "The version.", schema_ref("Version")}};
    table.routes.push_back(std::move(route));
}

void add_schema_route(RouteTable& table, std::string pattern, std::string id, std::string summary,
                      std::string_view (*text)()) {
    Route route = system_route(std::move(pattern), std::move(id), std::move(summary),
                               [text](const Request& request) -> Answer {
                                   const std::string etag = content_etag(text());
                                   if (auto known = not_modified(request, etag))
                                       return *std::move(known);
                                   Response response;
                                   response.body = text();
                                   response.headers.add("Content-Type", "application/schema+json");
                                   response.headers.add("ETag", etag);
                                   return response;
                               });
    route.parameters = {header_parameter("If-None-Match", "ETag of a copy that the caller has.")};
    route.answers = {{200, "The JSON Schema (draft-07).", schema_of(R"({"type": "object"})"),
                      "application/schema+json"},
                     unchanged_answer()};
    table.routes.push_back(std::move(route));
}

Value kind_value(const ProblemKind& kind) {
    return Value::object({{"code", kind.code},
                          {"type", "/problems/" + std::string{kind.code}},
                          {"status", kind.status},
                          {"title", kind.title},
                          {"meaning", kind.meaning}});
}

Answer answer_problem(const Request& request) {
    const std::string& code = request.parameter("code");
    if (const ProblemKind* const kind = find_problem_code(code)) {
        if (prefers_page(request)) return problem_page(*kind, request.base);
        Response response = json_response(kind_value(*kind));
        response.headers.add("Vary", "Accept");
        return response;
    }
    std::vector<std::string_view> codes;
    for (const ProblemKind& kind : problem_codes())
        codes.push_back(kind.code);
    const std::string shown = core::replace_invalid_utf8(code.substr(0, 100));
    const std::string meant = core::nearest(shown, codes);
    return std::unexpected(
        problem("not_found", "there is no problem code " + shown +
                                 (meant.empty() ? "" : "; did you mean " + meant + "?")));
}

Answer answer_problems(const Request& request) {
    if (prefers_page(request)) return problems_page(request.base);
    std::vector<Value> items;
    for (const ProblemKind& kind : problem_codes())
        items.push_back(kind_value(kind));
    Response response = list_response(std::move(items), {});
    response.headers.add("Vary", "Accept");
    return response;
}

void add_page_routes(RouteTable& table, Services& services) {
    Route start = system_route("/", "getStartPage", "A page with links to all of this",
                               [&services](const Request& request) -> Answer {
                                   return start_page(services.version, request.base);
                               });
    start.answers = {html_answer("The page.")};
    table.routes.push_back(std::move(start));

    Route all = system_route("/problems", "listProblems", "All problem codes", answer_problems);
    all.answers = {{200, "All codes.", list_schema("ProblemKind")},
                   html_answer("The same for people.")};
    table.routes.push_back(std::move(all));

    Route one =
        system_route("/problems/{code}", "getProblem", "What a problem code means", answer_problem);
    one.description = "The `type` of problem documents leads here.";
    one.parameters = {path_parameter("code", "A problem document's `code`.")};
    one.answers = {{200, "What it means.", schema_ref("ProblemKind")},
                   html_answer("The same for people.")};
    one.problems = {"not_found"};
    table.routes.push_back(std::move(one));
}

}  // namespace

void add_system_routes(RouteTable& table, Services& services) {
    add_schemas(table);
    add_health_routes(table, services);
    add_version_route(table, services);
    add_schema_route(table, "/api/v1/schemas/workflow", "getWorkflowSchema",
                     "JSON Schema of workflow documents", format::workflow_schema);
    add_schema_route(table, "/api/v1/schemas/test", "getTestSchema",
                     "JSON Schema of test documents", format::test_schema);
    add_page_routes(table, services);
}

}  // namespace millrace::server
