// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/server/workflow_values.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "routes/workflows/workflow_routes.hpp"

namespace millrace::server {
namespace {

std::string text_in_query(const Request& request, std::string_view name) {
    const std::string* const text = request.query_value(name);
    return text == nullptr ? std::string{} : *text;
}

/// 304 when the caller has this very answer.
Response with_etag(const Request& request, Response response) {
    const std::string etag = content_etag(response.body);
    if (auto known = not_modified(request, etag)) return std::move(*known);
    response.headers.set("ETag", etag);
    return response;
}

Answer list_workflows(const Services& services, const Request& request) {
    store::WorkflowFilter filter;
    filter.text = text_in_query(request, "text");
    filter.tag = text_in_query(request, "tag");
    filter.folder = text_in_query(request, "folder");
    filter.active_only = flag_in_query(request, "active");
    const auto page =
        services.runtime.store().library().list(filter, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<core::Value> items;
    for (const store::WorkflowEntry& entry : page->items)
        items.push_back(entry_value(entry));
    return with_etag(request, list_response(std::move(items), page->next_cursor.value_or("")));
}

Answer get_workflow(const Services& services, const Request& request) {
    const auto syntax = wanted_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    if (auto known = not_modified(request, workflow_etag(services, *entry)))
        return std::move(*known);
    return workflow_answer(services, *entry, entry->head, *syntax);
}

Answer list_versions(const Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    if (const auto entry = find_workflow(services, id); !entry)
        return std::unexpected(entry.error());
    const std::string cursor = page_cursor(request);
    std::uint32_t below = 0;
    const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), below);
    if (!cursor.empty() && (error != std::errc{} || end != cursor.data() + cursor.size())) {
        return std::unexpected(
            problem("bad_request", "the cursor is none of a list of versions; leave it out"));
    }
    const std::size_t limit = page_limit(request);
    const auto found = services.runtime.store().library().versions(id, limit, below);
    if (!found) return std::unexpected(problem_of(found.error()));
    const bool has_more = found->size() == limit && found->back().number > 1;
    std::vector<core::Value> items;
    for (const store::VersionEntry& version : *found)
        items.push_back(version_value(version));
    return with_etag(
        request, list_response(std::move(items),
                               has_more ? std::to_string(found->back().number) : std::string{}));
}

Answer get_version(const Services& services, const Request& request) {
    const auto syntax = wanted_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    const std::string& id = request.parameter("id");
    const auto entry = find_workflow(services, id);
    if (!entry) return std::unexpected(entry.error());
    const auto number = number_in_path(request, id);
    if (!number) return std::unexpected(number.error());
    return workflow_answer(services, *entry, *number, *syntax);
}

Route make_list(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows";
    route.id = "listWorkflows";
    route.tag = workflows_tag;
    route.summary = "List workflows";
    route.description = "Last updated first.";
    route.parameters = page_parameters();
    route.parameters.push_back(
        text_parameter("text", "Part of the id or the name, whatever the case."));
    route.parameters.push_back(text_parameter("tag", "Those that have this tag."));
    route.parameters.push_back(text_parameter("folder", "Those in this folder or below it."));
    route.parameters.push_back(flag_parameter("active", "`true`: only those that are active."));
    route.answers = {{200, "A page of workflows.", list_schema("WorkflowEntry")},
                     {304, "The caller has it already."}};
    route.handler =
        Handler{[&services](const Request& request) { return list_workflows(services, request); }};
    return route;
}

Route make_get(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}";
    route.id = "getWorkflow";
    route.tag = workflows_tag;
    route.summary = "Read a workflow";
    route.description =
        "JSON tells about the workflow, with the document of its head; `Accept: application/yaml` "
        "gives the document alone. The ETag is what PUT wants to see in If-Match.";
    route.parameters = {path_parameter("id", "The workflow's id.")};
    route.answers = {{200, "The workflow.", schema_ref("WorkflowDetail")},
                     {200, "The document of its head.", yaml_schema(), "application/yaml"},
                     {304, "The caller has it already."}};
    route.problems = {"not_found", "not_acceptable"};
    route.handler =
        Handler{[&services](const Request& request) { return get_workflow(services, request); }};
    return route;
}

Route make_versions(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/versions";
    route.id = "listWorkflowVersions";
    route.tag = workflows_tag;
    route.summary = "List the versions of a workflow";
    route.description = "Newest first, without their documents.";
    route.parameters = page_parameters();
    route.parameters.push_back(path_parameter("id", "The workflow's id."));
    route.answers = {{200, "A page of versions.", list_schema("WorkflowVersion")},
                     {304, "The caller has it already."}};
    route.problems = {"not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return list_versions(services, request); }};
    return route;
}

Route make_version(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/versions/{n}";
    route.id = "getWorkflowVersion";
    route.tag = workflows_tag;
    route.summary = "Read one version of a workflow";
    route.description = "As the workflow itself is read, but with the document of that version.";
    route.parameters = {path_parameter("id", "The workflow's id."),
                        path_parameter("n", "The version's number.")};
    route.answers = {{200, "The version.", schema_ref("WorkflowDetail")},
                     {200, "Its document.", yaml_schema(), "application/yaml"}};
    route.problems = {"not_found", "not_acceptable"};
    route.handler =
        Handler{[&services](const Request& request) { return get_version(services, request); }};
    return route;
}

}  // namespace

void add_workflow_reading(RouteTable& table, Services& services) {
    table.routes.push_back(make_list(services));
    table.routes.push_back(make_get(services));
    table.routes.push_back(make_versions(services));
    table.routes.push_back(make_version(services));
}

}  // namespace millrace::server
