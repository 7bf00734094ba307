// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/store/store.hpp"
#include "routes/node_library/node_values.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view node_schema = R"({
  "type": "object",
  "description": "A configured node that is kept for use in workflows.",
  "required": ["id", "name", "description", "type", "workflow_id", "tags", "status", "public", "node", "version", "revision", "created_at", "updated_at"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "type": {"type": "string"},
    "workflow_id": {"type": ["string", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "status": {"enum": ["draft", "published", "deprecated"]},
    "public": {"type": "boolean"},
    "node": {"type": "object"},
    "version": {"type": "integer", "description": "Rises when `node` changes."},
    "revision": {"type": "integer", "description": "Within the version: rises when something else changes."},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"}
  }
})";

constexpr std::string_view version_schema = R"({
  "type": "object",
  "required": ["version", "revision", "node", "comment", "created_by", "changed_fields", "created_at"],
  "properties": {
    "version": {"type": "integer"},
    "revision": {"type": "integer"},
    "node": {"type": "object"},
    "comment": {"type": "string"},
    "created_by": {"type": "string"},
    "changed_fields": {"type": "array", "items": {"type": "string"}, "description": "JSON Pointers, against the version before."},
    "created_at": {"type": "string", "format": "date-time"}
  }
})";

std::optional<std::string> text_in_query(const Request& request, std::string_view name) {
    const std::string* const text = request.query_value(name);
    return text == nullptr ? std::nullopt : std::optional{*text};
}

Answer list_nodes(const Services& services, const Request& request) {
    store::LibraryNodeFilter filter;
    filter.text = text_in_query(request, "text").value_or("");
    filter.workflow_id = text_in_query(request, "workflow_id");
    filter.type = text_in_query(request, "type");
    filter.tag = text_in_query(request, "tag");
    if (const auto status = text_in_query(request, "status"))
        filter.lifecycle = store::parse_node_lifecycle(*status);
    if (const auto is_public = text_in_query(request, "public"))
        filter.is_public = *is_public == "true";
    const auto page = services.runtime.store().node_library().list(filter, page_limit(request),
                                                                   page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<core::Value> items;
    for (const store::LibraryNode& node : page->items)
        items.push_back(library_node_value(node));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Answer get_node(const Services& services, const Request& request) {
    const auto node = find_library_node(services, request.parameter("id"));
    if (!node) return std::unexpected(node.error());
    if (auto known = not_modified(request, library_node_etag(*node))) return std::move(*known);
    return library_node_response(*node);
}

Answer list_versions(const Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    if (const auto node = find_library_node(services, id); !node)
        return std::unexpected(node.error());
    const auto versions = services.runtime.store().node_library().versions(id);
    if (!versions) return std::unexpected(problem_of(versions.error()));
    std::vector<core::Value> items;
    for (const store::LibraryNodeVersion& version : *versions)
        items.push_back(library_version_value(version));
    return list_response(std::move(items), {});
}

Answer get_version(const Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    if (const auto node = find_library_node(services, id); !node)
        return std::unexpected(node.error());
    const std::string& text = request.parameter("n");
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    const auto versions = services.runtime.store().node_library().versions(id);
    if (!versions) return std::unexpected(problem_of(versions.error()));
    for (const store::LibraryNodeVersion& version : *versions)
        if (is_number && version.version == number)
            return json_response(library_version_value(version));
    return std::unexpected(problem("not_found", "the node " + id + " has no version " + text));
}

Route make_list(Services& services) {
    Route route;
    route.pattern = "/api/v1/nodes";
    route.id = "listLibraryNodes";
    route.tag = node_library_tag;
    route.summary = "List the nodes of the library";
    route.description = "Last updated first.";
    route.parameters = page_parameters();
    route.parameters.push_back(
        text_parameter("text", "Words that begin in id, name, description, type or tags."));
    route.parameters.push_back(text_parameter("type", "Those of this node type."));
    route.parameters.push_back(text_parameter("tag", "Those that have this tag."));
    route.parameters.push_back(text_parameter("workflow_id", "Those of this workflow."));
    route.parameters.push_back(
        choice_parameter("status", "Those in this state.", {"draft", "published", "deprecated"}));
    Parameter is_public = text_parameter("public", "Those that are, or are not, public.");
    is_public.schema = schema_of(R"({"type": "boolean"})");
    route.parameters.push_back(std::move(is_public));
    route.answers = {{200, "A page of nodes.", list_schema("LibraryNode")}};
    route.handler =
        Handler{[&services](const Request& request) { return list_nodes(services, request); }};
    return route;
}

Route make_get(Services& services) {
    Route route;
    route.pattern = "/api/v1/nodes/{id}";
    route.id = "getLibraryNode";
    route.tag = node_library_tag;
    route.summary = "Read a node of the library";
    route.parameters = {path_parameter("id", "The node's id in the library.")};
    route.answers = {{200, "The node.", schema_ref("LibraryNode")},
                     {304, "The caller has it already."}};
    route.problems = {"not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return get_node(services, request); }};
    return route;
}

Route make_versions(Services& services) {
    Route route;
    route.pattern = "/api/v1/nodes/{id}/versions";
    route.id = "listLibraryNodeVersions";
    route.tag = node_library_tag;
    route.summary = "List the versions of a node of the library";
    route.description = "Newest first, all in one page.";
    route.parameters = {path_parameter("id", "The node's id in the library.")};
    route.answers = {{200, "The versions.", list_schema("LibraryNodeVersion")}};
    route.problems = {"not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return list_versions(services, request); }};
    return route;
}

Route make_version(Services& services) {
    Route route;
    route.pattern = "/api/v1/nodes/{id}/versions/{n}";
    route.id = "getLibraryNodeVersion";
    route.tag = node_library_tag;
    route.summary = "Read one version of a node of the library";
    route.parameters = {path_parameter("id", "The node's id in the library."),
                        path_parameter("n", "The version's number.")};
    route.answers = {{200, "The version.", schema_ref("LibraryNodeVersion")}};
    route.problems = {"not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return get_version(services, request); }};
    return route;
}

}  // namespace

void add_node_library_reading(RouteTable& table, Services& services) {
    table.schemas.emplace_back("LibraryNode", schema_of(node_schema));
    table.schemas.emplace_back("LibraryNodeVersion", schema_of(version_schema));
    table.routes.push_back(make_list(services));
    table.routes.push_back(make_get(services));
    table.routes.push_back(make_versions(services));
    table.routes.push_back(make_version(services));
}

void add_node_library_routes(RouteTable& table, Services& services) {
    add_node_library_reading(table, services);
    add_node_library_writing(table, services);
    add_node_library_sharing(table, services);
}

}  // namespace millrace::server
