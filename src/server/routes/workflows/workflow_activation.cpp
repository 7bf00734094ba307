// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/activation.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/server/stored_document.hpp"
#include "millrace/server/workflow_values.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "routes/workflows/workflow_routes.hpp"
#include "service/file_workflows.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {
namespace {

/// `document`: of the version that is to be active.
Answer switch_to(Services& services, const std::string& id, std::optional<std::uint32_t> number,
                 const std::optional<core::Document>& document, core::Time now) {
    std::optional<store::WorkflowEntry> changed;
    const auto done = services.runtime.write([&](store::Store& store) -> core::Result<> {
        if (document) {
            if (auto free = check_activation(store, *document); !free) return free;
        }
        auto entry = store.library().set_active(id, number, now);
        if (!entry) return std::unexpected(entry.error());
        changed = *std::move(entry);
        return {};
    });
    services.catalog.forget(id);
    if (!done) return std::unexpected(problem_of(done.error()));
    Response response = json_response(entry_value(*changed));
    response.headers.set("ETag", workflow_etag(services, *changed));
    return response;
}

/// All that keeps a stored version from being run by this build.
Problem why_not(const Services& services, const std::string& id, std::uint32_t number,
                const core::Error& error) {
    if (!error.is(runtime::RuntimeErrc::bad_workflow)) return problem_of(error);
    const auto version = services.runtime.store().version(id, number);
    if (!version) return problem_of(version.error());
    const auto tree = core::parse_json(version->document);
    if (!tree) return problem_of(error);
    const CheckedDocument checked = check_document(*tree, services.registry);
    if (checked.problems.empty()) return problem_of(error);
    Problem made = document_problem(checked.problems, *tree);
    made.detail = "version " + std::to_string(number) + " of " + id + " cannot run: " + made.detail;
    return made;
}

/// What a followed file does not say must not be what runs: others go by the file.
std::expected<void, Problem> require_file_version(const Services& services,
                                                  const store::WorkflowEntry& entry,
                                                  std::uint32_t number) {
    if (entry.origin != store::WorkflowOrigin::file || number == entry.head) return {};
    const auto file = services.files.find(entry.id);
    if (!file) return {};
    return std::unexpected(
        problem("managed_by_file", "the workflow comes from the file " + file->path +
                                       ", which says version " + std::to_string(entry.head) +
                                       " and not " + std::to_string(number) + "; change it there"));
}

std::expected<void, Problem> check_match(const Services& services, const Request& request,
                                         const store::WorkflowEntry& entry) {
    if (request.header("If-Match").empty()) return {};
    return check_head(request, services, entry);
}

Answer activate(Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    if (const auto may = require_no_notification(*entry); !may) return std::unexpected(may.error());
    if (const auto may = check_match(services, request, *entry); !may)
        return std::unexpected(may.error());
    const core::Value* const version = request.json.find("version");
    const std::uint32_t number =
        version == nullptr ? entry->head : static_cast<std::uint32_t>(version->as_integer());
    if (const auto may = require_file_version(services, *entry, number); !may)
        return std::unexpected(may.error());
    // What cannot run here must not be what triggers start. A version never changes, so that what
    // was checked is what becomes active.
    if (const auto saved = services.runtime.load_workflow(entry->id, number); !saved)
        return std::unexpected(why_not(services, entry->id, number, saved.error()));
    auto document = stored_document(services.runtime.store(), entry->id, number);
    if (!document) return std::unexpected(problem_of(document.error()));
    return switch_to(services, entry->id, number, *std::move(document), request.received_at);
}

Answer deactivate(Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    if (const auto may = require_no_notification(*entry); !may) return std::unexpected(may.error());
    if (const auto may = check_match(services, request, *entry); !may)
        return std::unexpected(may.error());
    return switch_to(services, entry->id, std::nullopt, std::nullopt, request.received_at);
}

Route make_activate(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/activate";
    route.id = "activateWorkflow";
    route.tag = workflows_tag;
    route.summary = "Make a version the active one";
    route.description =
        "Triggers, and starts that name no version, run it from now on; executions under way go on "
        "with theirs. It is checked before. An older version takes a change back; where the server "
        "follows a file, only the version that the file says can be active.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow's id."),
                        header_parameter("If-Match", "Only when this is still its ETag.")};
    Body body;
    body.is_required = false;
    body.schema = schema_of(R"({
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "version": {"type": "integer", "minimum": 1, "maximum": 4294967295, "description": "Else the head."}
      }
    })");
    route.body = {std::move(body)};
    route.answers = {
        {200, "The workflow with its new active version.", schema_ref("WorkflowEntry")}};
    route.problems = {"invalid",   "managed_by_file", "managed_by_notification",
                      "not_found", "stale",           "webhook_conflict"};
    route.handler =
        Handler{[&services](const Request& request) { return activate(services, request); }};
    return route;
}

Route make_deactivate(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/deactivate";
    route.id = "deactivateWorkflow";
    route.tag = workflows_tag;
    route.summary = "Let no trigger start a workflow";
    route.description = "Executions under way go on. A workflow that is not active stays so.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow's id."),
                        header_parameter("If-Match", "Only when this is still its ETag.")};
    route.answers = {{200, "The workflow without an active version.", schema_ref("WorkflowEntry")}};
    route.problems = {"managed_by_notification", "not_found", "stale"};
    route.handler =
        Handler{[&services](const Request& request) { return deactivate(services, request); }};
    return route;
}

}  // namespace

void add_workflow_activation(RouteTable& table, Services& services) {
    table.routes.push_back(make_activate(services));
    table.routes.push_back(make_deactivate(services));
}

}  // namespace millrace::server
