// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/format/document.hpp"
#include "millrace/server/workflow_values.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "routes/workflows/workflow_routes.hpp"
#include "service/file_workflows.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t id_length_max = 63;
constexpr int copies_max = 100;

Answer created(Services& services, const store::WorkflowEntry& entry, format::Syntax syntax) {
    Answer answer = workflow_answer(services, entry, entry.head, syntax, 201);
    if (answer) answer->headers.set("Location", workflow_location(entry.id));
    return answer;
}

Problem exists_already(const std::string& id) {
    return problem("conflict",
                   "there is a workflow " + id + " already; PUT replaces it, or choose another id");
}

Answer create_workflow(Services& services, const Request& request) {
    const auto syntax = wanted_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    const auto document = given_document(request, services.registry);
    if (!document) return std::unexpected(document.error());
    const auto saved = put_head(services, *document, 0, request.received_at);
    if (saved) return created(services, saved->entry, *syntax);
    if (saved.error().is(store::StoreErrc::conflict))
        return std::unexpected(exists_already(document->id));
    return std::unexpected(problem_of(saved.error()));
}

Problem other_id(const std::string& path_id, const std::string& document_id) {
    Problem made = problem(
        "invalid", "the path says " + path_id + ", but the document's id is " + document_id);
    ProblemDetail& error = made.errors.emplace_back();
    error.path = "/id";
    error.code = "bad_value";
    error.message = made.detail;
    error.suggestion = path_id;
    return made;
}

Answer replace_workflow(Services& services, const Request& request) {
    const auto syntax = wanted_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    const std::string& id = request.parameter("id");
    const auto document = given_document(request, services.registry);
    if (!document) return std::unexpected(document.error());
    if (document->id != id) return std::unexpected(other_id(id, document->id));
    std::optional<store::WorkflowEntry> entry;
    auto found = services.runtime.store().library().find(id);
    if (found) {
        entry = *std::move(found);
    } else if (!found.error().is(store::StoreErrc::not_found)) {
        return std::unexpected(problem_of(found.error()));
    }
    if (entry) {
        if (const auto may = require_no_notification(*entry); !may)
            return std::unexpected(may.error());
        if (const auto may = require_unmanaged(services, *entry); !may)
            return std::unexpected(may.error());
    }
    if (const auto may = check_head(request, services, entry); !may)
        return std::unexpected(may.error());
    const bool is_any_head = entry && request.header("If-Match") == "*";
    std::optional<std::uint32_t> expected = entry ? entry->head : 0;
    if (is_any_head) expected.reset();
    const auto saved = put_head(services, *document, expected, request.received_at);
    if (!saved && saved.error().is(store::StoreErrc::conflict))
        return std::unexpected(problem("stale", saved.error().message()));
    if (!saved) return std::unexpected(problem_of(saved.error()));
    if (saved->is_new) return created(services, saved->entry, *syntax);
    return workflow_answer(services, saved->entry, saved->entry.head, *syntax);
}

Answer delete_workflow(Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    if (const auto may = require_no_notification(*entry); !may) return std::unexpected(may.error());
    // A file that is still there would bring it back.
    if (services.files.find(entry->id)) {
        if (const auto may = require_unmanaged(services, *entry); !may)
            return std::unexpected(may.error());
    }
    if (!request.header("If-Match").empty()) {
        if (const auto may = check_head(request, services, *entry); !may)
            return std::unexpected(may.error());
    }
    const Problem is_active =
        problem("still_active", "the workflow " + entry->id + " is active; deactivate it first");
    if (entry->active) return std::unexpected(is_active);
    const auto done = services.runtime.write(
        [&](store::Store& store) { return store.library().remove(entry->id); });
    services.catalog.forget(entry->id);
    if (!done && done.error().is(store::StoreErrc::conflict)) return std::unexpected(is_active);
    if (!done) return std::unexpected(problem_of(done.error()));
    return empty_response();
}

Answer save_version(Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    const auto document = given_document(request, services.registry);
    if (!document) return std::unexpected(document.error());
    if (document->id != id) return std::unexpected(other_id(id, document->id));
    store::Library& library = services.runtime.store().library();
    const auto before = library.versions(id, 1, 0);
    const std::uint32_t newest = before && !before->empty() ? before->front().number : 0;
    const auto saved = services.runtime.save_workflow(*document);
    services.catalog.forget(id);
    if (!saved) return std::unexpected(problem_of(saved.error()));
    const std::uint32_t number = saved->version.number;
    const auto found = library.versions(id, 1, number + 1);
    if (!found) return std::unexpected(problem_of(found.error()));
    if (found->empty()) return std::unexpected(problem("conflict", id + " was deleted meanwhile"));
    Response response = json_response(version_value(found->front()), number > newest ? 201 : 200);
    response.headers.set("Location", workflow_location(id) + "/versions/" + std::to_string(number));
    return response;
}

/// `orders-copy`, `orders-copy-2`, …
std::string name_of_copy(store::Library& library, const std::string& id) {
    for (int i = 1; i <= copies_max; ++i) {
        const std::string ending = i == 1 ? "-copy" : "-copy-" + std::to_string(i);
        std::string name = id.substr(0, id_length_max - ending.size()) + ending;
        const auto found = library.find(name);
        if (!found && found.error().is(store::StoreErrc::not_found)) return name;
    }
    return {};
}

Answer duplicate_workflow(Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    const auto text = [&](std::string_view name) {
        const core::Value* const given = request.json.find(name);
        return given == nullptr ? std::string{} : std::string{given->as_string()};
    };
    const core::Value* const version = request.json.find("version");
    const std::uint32_t number =
        version == nullptr ? entry->head : static_cast<std::uint32_t>(version->as_integer());
    auto document = stored_document(services.runtime.store(), entry->id, number);
    if (!document) return std::unexpected(problem_of(document.error()));
    document->id = text("id");
    if (document->id.empty())
        document->id = name_of_copy(services.runtime.store().library(), entry->id);
    if (document->id.empty())
        return std::unexpected(
            problem("conflict", "there are copies enough of " + entry->id + "; choose an id"));
    if (const std::string name = text("name"); !name.empty()) {
        document->name = name;
    } else if (!document->name.empty()) {
        document->name += " (copy)";
    }
    const auto saved = put_head(services, *document, 0, request.received_at);
    if (saved) return created(services, saved->entry, format::Syntax::json);
    if (saved.error().is(store::StoreErrc::conflict))
        return std::unexpected(exists_already(document->id));
    return std::unexpected(problem_of(saved.error()));
}

Route make_create(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows";
    route.id = "createWorkflow";
    route.tag = workflows_tag;
    route.summary = "Save a new workflow";
    route.description =
        "The document becomes version 1 and the head. It is not active until it is activated.";
    route.action = Action::edit;
    route.body = {document_body("The document, as JSON or YAML.")};
    route.answers = {{201, "The workflow.", schema_ref("WorkflowDetail")},
                     {201, "Its document, as it was read.", yaml_schema(), "application/yaml"}};
    route.problems = {"conflict",       "invalid",        "malformed_json",
                      "malformed_yaml", "not_acceptable", "unsupported_media_type"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return create_workflow(services, request); }};
    return route;
}

Route make_replace(Services& services) {
    Route route;
    route.method = Method::put;
    route.pattern = "/api/v1/workflows/{id}";
    route.id = "putWorkflow";
    route.tag = workflows_tag;
    route.summary = "Save a workflow's new head";
    route.description =
        "The document becomes a new version, or the one that already says the same, and the head. "
        "The active version stays what it is. An existing workflow needs `If-Match` with its ETag "
        "or `*`; `If-None-Match: *` only creates.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow's id, as in the document."),
                        header_parameter("If-Match", "The ETag of the head to replace, or `*`."),
                        header_parameter("If-None-Match", "`*`: there must be none yet.")};
    route.body = {document_body("The document, as JSON or YAML.")};
    route.answers = {{200, "The workflow.", schema_ref("WorkflowDetail")},
                     {200, "Its document.", yaml_schema(), "application/yaml"},
                     {201, "The new workflow.", schema_ref("WorkflowDetail")},
                     {201, "Its document.", yaml_schema(), "application/yaml"}};
    route.problems = {"invalid",
                      "malformed_json",
                      "malformed_yaml",
                      "managed_by_file",
                      "managed_by_notification",
                      "not_acceptable",
                      "precondition_required",
                      "stale",
                      "unsupported_media_type"};
    route.handler = Handler{
        [&services](const Request& request) { return replace_workflow(services, request); }};
    return route;
}

Route make_delete(Services& services) {
    Route route;
    route.method = Method::del;
    route.pattern = "/api/v1/workflows/{id}";
    route.id = "deleteWorkflow";
    route.tag = workflows_tag;
    route.summary = "Take a workflow out of the list";
    route.description =
        "Not while it is active. Its versions and executions stay; saving it again goes on with "
        "their numbers.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow's id."),
                        header_parameter("If-Match", "Only when this is still its ETag.")};
    route.answers = {{204, "It is gone."}};
    route.problems = {"managed_by_file", "managed_by_notification", "not_found", "stale",
                      "still_active"};
    route.handler =
        Handler{[&services](const Request& request) { return delete_workflow(services, request); }};
    return route;
}

Route make_save_version(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/versions";
    route.id = "saveWorkflowVersion";
    route.tag = workflows_tag;
    route.summary = "Save a version beside the head";
    route.description =
        "It can be executed by its number, while head and active version stay. Of a workflow that "
        "was not there it becomes the head.";
    route.action = Action::run;
    route.parameters = {path_parameter("id", "The workflow's id, as in the document.")};
    route.body = {document_body("The document, as JSON or YAML.")};
    route.answers = {
        {200, "A version that says the same was there.", schema_ref("WorkflowVersion")},
        {201, "The new version.", schema_ref("WorkflowVersion")}};
    route.problems = {"conflict", "invalid", "malformed_json", "malformed_yaml",
                      "unsupported_media_type"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return save_version(services, request); }};
    return route;
}

Route make_duplicate(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/duplicate";
    route.id = "duplicateWorkflow";
    route.tag = workflows_tag;
    route.summary = "Copy a workflow";
    route.description = "The copy is a workflow of its own, edited here and not active.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow to copy.")};
    Body body;
    body.is_required = false;
    body.schema = schema_of(R"({
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$", "description": "Of the copy; else `ID-copy`."},
        "name": {"type": "string", "description": "Of the copy."},
        "version": {"type": "integer", "minimum": 1, "maximum": 4294967295, "description": "What to copy; else the head."}
      }
    })");
    route.body = {std::move(body)};
    route.answers = {{201, "The copy.", schema_ref("WorkflowDetail")}};
    route.problems = {"conflict", "not_found"};
    route.is_idempotent_by_key = true;
    route.handler = Handler{
        [&services](const Request& request) { return duplicate_workflow(services, request); }};
    return route;
}

}  // namespace

void add_workflow_writing(RouteTable& table, Services& services) {
    table.routes.push_back(make_create(services));
    table.routes.push_back(make_replace(services));
    table.routes.push_back(make_delete(services));
    table.routes.push_back(make_save_version(services));
    table.routes.push_back(make_duplicate(services));
}

}  // namespace millrace::server
