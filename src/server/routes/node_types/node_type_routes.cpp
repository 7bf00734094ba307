// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/server/node_trial.hpp"
#include "routes/node_types/node_trial_routes.hpp"
#include "routes/node_types/type_bodies.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view type_schema = R"({
  "type": "object",
  "description": "A node type as data: everything about it but its behaviour.",
  "required": ["type", "version", "name", "description", "category", "role", "enabled", "inputs", "outputs", "data_schema"],
  "properties": {
    "type": {"type": "string"},
    "version": {"type": "integer"},
    "semantic_version": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "icon": {"type": "string"},
    "author": {"type": "string"},
    "category": {"enum": ["triggers", "transforms", "actions", "conditions", "integrations"]},
    "role": {"type": "string"},
    "enabled": {"type": "boolean"},
    "inputs": {"type": "array", "items": {"type": "object"}},
    "outputs": {"type": "array", "items": {"type": "object"}},
    "data_schema": {"description": "JSON Schema of the node's `data`."},
    "default_data": {},
    "fields": {"type": "object"},
    "examples": {"type": "array", "items": {"type": "object"}},
    "credentials": {"type": "array", "items": {"type": "string"}},
    "mock_output": {}
  }
})";

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

bool matches(const core::NodeType& type, const std::string& text) {
    return text.empty() || lower(type.type).find(text) != std::string::npos ||
           lower(type.name).find(text) != std::string::npos ||
           lower(type.description).find(text) != std::string::npos;
}

Response cached_response(const Request& request, std::string body, std::string etag) {
    if (auto known = not_modified(request, etag)) return std::move(*known);
    Response response;
    response.body = std::move(body);
    response.headers.set("ETag", std::move(etag));
    return response;
}

Answer list_types(const Services& services, TypeBodies& bodies, const Request& request) {
    const std::string* const category = request.query_value("category");
    const std::string* const given = request.query_value("text");
    const std::string text = given == nullptr ? std::string{} : lower(*given);
    std::string items;
    for (const nodes::Registry::Definition& definition : services.registry.list()) {
        const core::NodeType& type = definition->type;
        if (category != nullptr && core::to_text(type.category) != *category) continue;
        if (!matches(type, text)) continue;
        if (!items.empty()) items += ',';
        items += bodies.of(definition)->json;
    }
    std::string body = R"({"items":[)" + items + R"(],"next_cursor":null})";
    std::string etag = content_etag(body);
    return cached_response(request, std::move(body), std::move(etag));
}

Answer get_type(const Services& services, TypeBodies& bodies, const Request& request) {
    const auto definition = find_node_type(services.registry, request.parameter("type"));
    if (!definition) return std::unexpected(problem("not_found", definition.error().message()));
    const auto body = bodies.of(*definition);
    return cached_response(request, body->json, body->etag);
}

Answer get_schema(const Services& services, TypeBodies& bodies, const Request& request) {
    const auto definition = find_node_type(services.registry, request.parameter("type"));
    if (!definition) return std::unexpected(problem("not_found", definition.error().message()));
    const auto body = bodies.of(*definition);
    return cached_response(request, body->schema, body->schema_etag);
}

Route make_list(Services& services, const std::shared_ptr<TypeBodies>& bodies) {
    Route route;
    route.pattern = "/api/v1/node-types";
    route.id = "listNodeTypes";
    route.tag = node_types_tag;
    route.summary = "List node types";
    route.description = "Every version of every type, by name; all in one page.";
    route.parameters = {
        choice_parameter("category", "Those of this category.",
                         {"triggers", "transforms", "actions", "conditions", "integrations"}),
        text_parameter("text", "Part of the type, its name or description, whatever the case.")};
    route.answers = {{200, "The node types.", list_schema("NodeType")},
                     {304, "The caller has it already."}};
    route.handler = Handler{[&services, bodies](const Request& request) {
        return list_types(services, *bodies, request);
    }};
    return route;
}

Route make_get(Services& services, const std::shared_ptr<TypeBodies>& bodies) {
    Route route;
    route.pattern = "/api/v1/node-types/{type}";
    route.id = "getNodeType";
    route.tag = node_types_tag;
    route.summary = "Read a node type";
    route.description = "`http.request` is its newest version, `http.request@1` that one.";
    route.parameters = {path_parameter("type", "The type, with or without `@version`.")};
    route.answers = {{200, "The node type.", schema_ref("NodeType")},
                     {304, "The caller has it already."}};
    route.problems = {"not_found"};
    route.handler = Handler{[&services, bodies](const Request& request) {
        return get_type(services, *bodies, request);
    }};
    return route;
}

Route make_schema(Services& services, const std::shared_ptr<TypeBodies>& bodies) {
    Route route;
    route.pattern = "/api/v1/node-types/{type}/schema";
    route.id = "getNodeTypeSchema";
    route.tag = node_types_tag;
    route.summary = "Read the JSON Schema of a node type's data";
    route.description =
        "Draft 7. Where the schema asks for another kind than text, a text with an expression will "
        "do as well.";
    route.parameters = {path_parameter("type", "The type, with or without `@version`.")};
    route.answers = {{200, "The schema.", schema_of(R"({"type": ["object", "boolean"]})")},
                     {304, "The caller has it already."}};
    route.problems = {"not_found"};
    route.handler = Handler{[&services, bodies](const Request& request) {
        return get_schema(services, *bodies, request);
    }};
    return route;
}

}  // namespace

void add_node_type_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("NodeType", schema_of(type_schema));
    const auto bodies = std::make_shared<TypeBodies>();
    table.routes.push_back(make_list(services, bodies));
    table.routes.push_back(make_get(services, bodies));
    table.routes.push_back(make_schema(services, bodies));
    add_node_trial_routes(table, services);
}

}  // namespace millrace::server
