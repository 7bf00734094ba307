// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "api/answer.hpp"

namespace millrace::server {

using core::Value;

namespace {

constexpr std::string_view about =
    "Workflows, their executions and live events of one Millrace server. Errors are problem "
    "documents (RFC 9457) with a stable `code`; lists are paged by opaque cursors; documents have "
    "ETags. Requests that make something take an Idempotency-Key.";

constexpr auto tags = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"Workflows", "Documents with their versions: put, check, activate, compare."},
    {"Executions", "Runs of workflows: start, find, read, steer, retry."},
    {"Analytics", "What became of executions and nodes, counted by spans of time."},
    {"Events",
     "What happens to executions, as it happens: pages, event streams, WebSockets; and events from "
     "outside."},
    {"Notifications", "Who is told how executions end."},
    {"Forms", "Pages that start workflows with what people fill in."},
    {"Links", "Pages and addresses at which runs that wait are answered."},
    {"Waits", "What executions wait for outside of themselves."},
    {"Schedules", "When workflows start by the clock: due times, pauses, backfills."},
    {"Webhooks", "Addresses at which workflows are started: lists, trials, test URLs."},
    {"Node types", "What nodes can do: their ports, data and behaviour; trying them out."},
    {"Node library", "Nodes kept for use in many workflows."},
    {"Dead letters", "Failed runs that wait for a decision."},
    {"Cache", "Kept results of nodes."},
    {"Breakers", "Circuit breakers: which calls are refused without being made."},
    {"Secrets", "Values that nodes use and nobody reads: only names come back."},
    {"Credentials", "Sets of secrets of a known type, for calls to other services."},
    {"Variables", "Values of this deployment for the variables of workflows."},
    {"System", "The server itself: health, version, this description."},
});

std::string_view place(Parameter::In in) {
    switch (in) {
        case Parameter::In::path: return "path";
        case Parameter::In::query: return "query";
        case Parameter::In::header: return "header";
    }
    return "query";
}

Value parameter_value(const Parameter& parameter) {
    core::ObjectBuilder value;
    value.set("name", parameter.name).set("in", place(parameter.in));
    if (!parameter.description.empty()) value.set("description", parameter.description);
    if (parameter.is_required) value.set("required", true);
    value.set("schema",
              parameter.schema.is_null() ? Value::object({{"type", "string"}}) : parameter.schema);
    return std::move(value).build();
}

Value any_or(const Value& schema) {
    return schema.is_null() ? Value::object({}) : schema;
}

Value body_value(const Body& body) {
    core::ObjectBuilder content;
    const Value media = Value::object({{"schema", any_or(body.schema)}});
    if (body.media_types.empty())
        content.set("application/json", media).set("application/yaml", media);
    for (const std::string& type : body.media_types)
        content.set(type, media);
    return Value::object({{"description", body.description},
                          {"required", body.is_required},
                          {"content", std::move(content).build()}});
}

std::string problem_response_name(int status) {
    return "Problem" + std::to_string(status);
}

/// `not_found, still_active`.
std::string joined(const std::vector<std::string_view>& codes) {
    std::string text;
    for (const std::string_view code : codes)
        text.append(text.empty() ? "" : ", ").append(code);
    return text;
}

Value responses_value(const Route& route) {
    std::map<int, std::string> descriptions;
    std::map<int, core::ObjectBuilder> contents;
    for (const PossibleAnswer& answer : route.answers) {
        std::string& description = descriptions[answer.status];
        if (description != answer.description)
            description += (description.empty() ? "" : " Or: ") + answer.description;
        if (answer.schema.is_null() && answer.media_type == "application/json") continue;
        contents[answer.status].set(answer.media_type,
                                    Value::object({{"schema", any_or(answer.schema)}}));
    }
    std::map<int, std::vector<std::string_view>> problems;
    for (const std::string_view code : problems_of(route))
        problems[find_problem_code(code)->status].push_back(code);
    std::map<int, Value> responses;
    for (const auto& [status, codes] : problems) {
        responses[status] =
            Value::object({{"$ref", "#/components/responses/" + problem_response_name(status)},
                           {"description", joined(codes)}});
    }
    for (const auto& [status, description] : descriptions) {
        core::ObjectBuilder response;
        response.set("description", description);
        if (const auto content = contents.find(status); content != contents.end())
            response.set("content", std::move(content->second).build());
        responses[status] = std::move(response).build();
    }
    core::ObjectBuilder value;
    for (const auto& [status, response] : responses)
        value.set(std::to_string(status), response);
    return std::move(value).build();
}

Value key_parameter() {
    Parameter parameter =
        header_parameter("Idempotency-Key",
                         "Names this request: repeated with the same key and body within a day, it "
                         "gets the first answer again and nothing is done twice.");
    parameter.schema = Value::object({{"type", "string"}, {"minLength", 1}, {"maxLength", 255}});
    return parameter_value(parameter);
}

Value operation_value(const Route& route) {
    core::ObjectBuilder operation;
    operation.set("operationId", route.id)
        .set("tags", Value::array({Value{route.tag}}))
        .set("summary", route.summary);
    std::string description = route.description;
    if (route.is_websocket) {
        description += (description.empty() ? "" : "\n\n");
        description += "A WebSocket with the subprotocol `millrace.v1`.";
    }
    if (!description.empty()) operation.set("description", description);
    std::vector<Value> parameters;
    for (const Parameter& parameter : route.parameters)
        parameters.push_back(parameter_value(parameter));
    if (route.is_idempotent_by_key) parameters.push_back(key_parameter());
    if (!parameters.empty()) operation.set("parameters", Value::array(std::move(parameters)));
    if (!route.body.empty()) operation.set("requestBody", body_value(route.body.front()));
    operation.set("responses", responses_value(route));
    return std::move(operation).build();
}

std::string_view key_of(Method method) {
    switch (method) {
        case Method::get: return "get";
        case Method::head: return "head";
        case Method::post: return "post";
        case Method::put: return "put";
        case Method::patch: return "patch";
        case Method::del: return "delete";
        case Method::options: return "options";
        case Method::other: break;
    }
    return "trace";
}

/// In the order in which paths are first met, which is that of the folders of routes.
Value paths_value(const RouteTable& table) {
    std::vector<std::pair<std::string, core::ObjectBuilder>> paths;
    for (const Route& route : table.routes) {
        if (route.is_open_ended) continue;
        auto path =
            std::ranges::find(paths, route.pattern, [](const auto& one) { return one.first; });
        if (path == paths.end())
            path = paths.insert(paths.end(), {route.pattern, core::ObjectBuilder{}});
        path->second.set(key_of(route.method), operation_value(route));
    }
    core::ObjectBuilder value;
    for (auto& [pattern, operations] : paths)
        value.set(pattern, std::move(operations).build());
    return std::move(value).build();
}

Value problem_responses() {
    std::map<int, std::vector<const ProblemKind*>> by_status;
    for (const ProblemKind& kind : problem_codes())
        by_status[kind.status].push_back(&kind);
    core::ObjectBuilder responses;
    for (const auto& [status, kinds] : by_status) {
        std::string description;
        std::vector<Value> codes;
        for (const ProblemKind* kind : kinds) {
            description.append(description.empty() ? "" : "\n\n");
            description.append("`").append(kind->code).append("`: ").append(kind->meaning);
            codes.emplace_back(kind->code);
        }
        const Value narrowed = Value::object(
            {{"properties",
              Value::object({{"code", Value::object({{"enum", Value::array(std::move(codes))}})},
                             {"status", Value::object({{"const", status}})}})}});
        const Value schema =
            Value::object({{"allOf", Value::array({schema_ref("Problem"), narrowed})}});
        responses.set(
            problem_response_name(status),
            Value::object({{"description", description},
                           {"content", Value::object({{"application/problem+json",
                                                       Value::object({{"schema", schema}})}})}}));
    }
    return std::move(responses).build();
}

Value schemas_value(const RouteTable& table) {
    core::ObjectBuilder schemas;
    for (const auto& [name, schema] : table.schemas)
        schemas.set(name, schema);
    return std::move(schemas).build();
}

Value tags_value(const RouteTable& table) {
    std::vector<Value> values;
    std::set<std::string_view> seen;
    for (const Route& route : table.routes) {
        if (route.is_open_ended || !seen.insert(route.tag).second) continue;
        core::ObjectBuilder tag;
        tag.set("name", route.tag);
        const std::string_view description = tag_description(route.tag);
        if (!description.empty()) tag.set("description", description);
        values.push_back(std::move(tag).build());
    }
    return Value::array(std::move(values));
}

Value components_value(const RouteTable& table) {
    const Value token = Value::object(
        {{"type", "http"},
         {"scheme", "bearer"},
         {"description",
          "The server's token, which lies in the file `token` of its data folder. A server that "
          "listens on loopback only asks for none unless it is told to."}});
    return Value::object({{"schemas", schemas_value(table)},
                          {"responses", problem_responses()},
                          {"securitySchemes", Value::object({{"token", token}})}});
}

}  // namespace

std::string_view tag_description(std::string_view tag) {
    const auto found = std::ranges::find(tags, tag, [](const auto& one) { return one.first; });
    return found == tags.end() ? std::string_view{} : found->second;
}

const Value* find_schema(const RouteTable& table, std::string_view name) {
    const auto found = std::find_if(table.schemas.rbegin(), table.schemas.rend(),
                                    [&](const auto& schema) { return schema.first == name; });
    return found == table.schemas.rend() ? nullptr : &found->second;
}

std::vector<std::string_view> problems_of(const Route& route) {
    std::vector<std::string_view> codes{
        "bad_request",  "unauthorized", "forbidden",        "unknown_tenant", "request_timeout",
        "uri_too_long", "misdirected",  "header_too_large", "internal",       "busy",
        "unavailable",  "stopped",      "timed_out"};
    codes.insert(codes.end(), route.problems.begin(), route.problems.end());
    const bool changes = route.method != Method::get && route.method != Method::head;
    if (changes || route.is_websocket) codes.emplace_back("cross_site");
    if (changes) codes.emplace_back("too_large");
    if (route.is_websocket) codes.emplace_back("upgrade_required");
    if (!route.body.empty()) {
        codes.insert(codes.end(), {"malformed_json", "malformed_yaml", "unsupported_media_type"});
        if (!route.body.front().schema.is_null()) codes.emplace_back("invalid");
    }
    if (route.is_idempotent_by_key)
        codes.insert(codes.end(), {"idempotency_in_progress", "idempotency_mismatch"});
    const auto rank = [](std::string_view code) {
        const ProblemKind* const kind = find_problem_code(code);
        return std::pair{kind == nullptr ? 0 : kind->status, code};
    };
    std::erase_if(codes, [](std::string_view code) { return find_problem_code(code) == nullptr; });
    std::ranges::sort(codes, {}, rank);
    const auto repeated = std::ranges::unique(codes);
    codes.erase(repeated.begin(), repeated.end());
    return codes;
}

Route openapi_route(Handler handler) {
    Route route;
    route.pattern = "/api/v1/openapi.json";
    route.id = "getOpenApi";
    route.tag = "System";
    route.summary = "This description";
    route.description = "The OpenAPI 3.1 document of exactly this server.";
    route.parameters = {header_parameter("If-None-Match", "ETag of a copy that the caller has.")};
    route.answers = {
        {200, "The document.", Value::object({{"type", "object"}}), "application/json"},
        unchanged_answer()};
    route.handler = std::move(handler);
    return route;
}

Value openapi_document(const RouteTable& table, std::string_view version,
                       std::string_view public_url) {
    const Value license =
        Value::object({{"name", "Apache License 2.0"}, {"identifier", "Apache-2.0"}});
    const Value info = Value::object({{"title", "Millrace"},
                                      {"version", version},
                                      {"description", about},
                                      {"license", license}});
    const Value server = Value::object({{"url", public_url.empty() ? "/" : public_url}});
    // Either nothing or the token: which of them is the server's own decision.
    const Value security =
        Value::array({Value::object({{"token", Value::array({})}}), Value::object({})});
    return Value::object({{"openapi", "3.1.0"},
                          {"info", info},
                          {"servers", Value::array({server})},
                          {"tags", tags_value(table)},
                          {"paths", paths_value(table)},
                          {"security", security},
                          {"components", components_value(table)}});
}

}  // namespace millrace::server
