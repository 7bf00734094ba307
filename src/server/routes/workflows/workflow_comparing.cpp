// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/request_body.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/server/document_diff.hpp"
#include "millrace/server/plan_reads.hpp"
#include "millrace/server/stored_document.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "routes/workflows/workflow_routes.hpp"

namespace millrace::server {
namespace {

Problem version_problem(const core::Error& error) {
    return error.is(DocumentErrc::unreadable) ? problem("unavailable", error.message())
                                              : problem_of(error);
}

core::Value diff_value(std::uint32_t from, const core::Value& to, const core::Document& before,
                       const core::Document& after) {
    return core::Value::object(
        {{"from", from}, {"to", to}, {"changes", changes_value(document_changes(before, after))}});
}

/// Without other words: from the active version to the head, or else from the one before it.
Answer compare_versions(const Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    const std::uint32_t to = number_in_query(request, "to").value_or(entry->head);
    const std::uint32_t usual =
        entry->active && *entry->active != to ? *entry->active : std::max(to, 2u) - 1;
    const std::uint32_t from = number_in_query(request, "from").value_or(usual);
    store::Store& store = services.runtime.store();
    const auto before = stored_document(store, entry->id, from);
    if (!before) return std::unexpected(version_problem(before.error()));
    const auto after = stored_document(store, entry->id, to);
    if (!after) return std::unexpected(version_problem(after.error()));
    return json_response(diff_value(from, to, *before, *after));
}

Answer compare_body(const Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    const auto given = given_draft(request);
    if (!given) return std::unexpected(given.error());
    const std::uint32_t from = number_in_query(request, "from").value_or(entry->head);
    const auto before = stored_document(services.runtime.store(), entry->id, from);
    if (!before) return std::unexpected(version_problem(before.error()));
    return json_response(diff_value(from, nullptr, *before, *given));
}

Answer validate_source(const Services& services, const format::SourceText& source,
                       const std::string& id) {
    CheckedDocument checked = check_document(source, services.registry);
    if (!id.empty() && checked.document && checked.document->id != id) {
        core::Problems other{{core::ProblemCode::bad_value, "/id",
                              "this workflow is " + id + ", not " + checked.document->id, id}};
        format::locate(source, other);
        checked.problems.insert(checked.problems.begin(), other.front());
    }
    const format::TreeRead tree = format::read_tree(source);
    return json_response(validation_value(checked, tree.value.value_or(core::Value{})));
}

Answer validate_document(const Services& services, const Request& request) {
    const auto source = document_source(request);
    if (!source) return std::unexpected(source.error());
    return validate_source(services, *source, {});
}

/// The body, or without one what is stored.
Answer validate_workflow(const Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    if (!request.body.empty()) {
        const auto source = document_source(request);
        if (!source) return std::unexpected(source.error());
        return validate_source(services, *source, entry->id);
    }
    const std::uint32_t number = number_in_query(request, "version").value_or(entry->head);
    const auto version = services.runtime.store().version(entry->id, number);
    if (!version) return std::unexpected(problem_of(version.error()));
    return validate_source(services, {entry->id, version->document, format::Syntax::json},
                           entry->id);
}

std::vector<core::Value> dependencies(const engine::Plan& plan,
                                      const std::vector<Dependencies>& all, core::NodeIndex node,
                                      std::vector<core::NodeIndex> Dependencies::*list) {
    const std::vector<core::NodeIndex>& direct = all[node.value].*list;
    std::vector<core::Value> items;
    for (const core::NodeIndex other : reached_by(all, node, list)) {
        const bool is_direct = std::ranges::find(direct, other) != direct.end();
        items.push_back(
            core::Value::object({{"node_id", plan.node(other).id}, {"direct", is_direct}}));
    }
    return items;
}

Answer tell_dependencies(const Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    const std::uint32_t number = number_in_query(request, "version").value_or(entry->head);
    const auto saved = services.runtime.load_workflow(entry->id, number);
    if (!saved) return std::unexpected(problem_of(saved.error()));
    const engine::Plan& plan = *saved->plan;
    const std::string& node_id = request.parameter("node");
    const auto node = plan.find(node_id);
    if (!node) {
        return std::unexpected(problem("not_found", "version " + std::to_string(number) + " of " +
                                                        entry->id + " has no node " + node_id));
    }
    const std::vector<Dependencies> all = dependencies_of(plan);
    return json_response(core::Value::object(
        {{"workflow_id", entry->id},
         {"version", number},
         {"node_id", node_id},
         {"depends_on", core::Value::array(dependencies(plan, all, *node, &Dependencies::direct))},
         {"depended_on_by",
          core::Value::array(dependencies(plan, all, *node, &Dependencies::dependents))}}));
}

Route make_compare(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/diff";
    route.id = "diffWorkflowVersions";
    route.tag = workflows_tag;
    route.summary = "What two versions differ in";
    route.description =
        "In meaning: places of nodes, notes and the order of nodes do not count. Without `from`: "
        "since the active version, or else since the one before.";
    route.parameters = {path_parameter("id", "The workflow's id."),
                        number_parameter("from", "The earlier version."),
                        number_parameter("to", "The later version; else the head.")};
    route.answers = {{200, "The differences.", schema_ref("DocumentDiff")}};
    route.problems = {"not_found", "unavailable"};
    route.handler = Handler{
        [&services](const Request& request) { return compare_versions(services, request); }};
    return route;
}

Route make_compare_body(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/diff";
    route.id = "diffWorkflowDocument";
    route.tag = workflows_tag;
    route.summary = "What a document would change";
    route.description = "Against the head, or the version `from`. Nothing is saved.";
    route.parameters = {path_parameter("id", "The workflow's id."),
                        number_parameter("from", "The version to compare with; else the head.")};
    route.body = {document_body("The document, as JSON or YAML.")};
    route.answers = {{200, "The differences.", schema_ref("DocumentDiff")}};
    route.problems = {"invalid",   "malformed_json", "malformed_yaml",
                      "not_found", "unavailable",    "unsupported_media_type"};
    route.handler =
        Handler{[&services](const Request& request) { return compare_body(services, request); }};
    return route;
}

Route make_validate(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/validate";
    route.id = "validateDocument";
    route.tag = workflows_tag;
    route.summary = "Check a document";
    route.description =
        "Tells everything that is wrong with it, with line and column of the text that was sent. "
        "Nothing is saved.";
    route.body = {document_body("The document, as JSON or YAML.")};
    route.answers = {{200, "What was found.", schema_ref("ValidationResult")}};
    route.problems = {"unsupported_media_type"};
    route.handler = Handler{
        [&services](const Request& request) { return validate_document(services, request); }};
    return route;
}

Route make_validate_one(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/validate";
    route.id = "validateWorkflow";
    route.tag = workflows_tag;
    route.summary = "Check a workflow, or a document for it";
    route.description =
        "Checks the document that is sent, or without one the head or the stored version `version` "
        "against the node types of this build.";
    route.parameters = {path_parameter("id", "The workflow's id."),
                        number_parameter("version", "The stored version to check.")};
    route.body = {document_body("A document, as JSON or YAML.")};
    route.body.front().is_required = false;
    route.answers = {{200, "What was found.", schema_ref("ValidationResult")}};
    route.problems = {"not_found", "unsupported_media_type"};
    route.handler = Handler{
        [&services](const Request& request) { return validate_workflow(services, request); }};
    return route;
}

Route make_dependencies(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/nodes/{node}/dependencies";
    route.id = "getNodeDependencies";
    route.tag = workflows_tag;
    route.summary = "What a node depends on, and what depends on it";
    route.description =
        "By connections and by expressions that read other nodes, at once and through others.";
    route.parameters = {path_parameter("id", "The workflow's id."),
                        path_parameter("node", "The node's id."),
                        number_parameter("version", "Else the head.")};
    route.answers = {{200, "The nodes.", schema_ref("NodeDependencies")}};
    route.problems = {"invalid", "not_found"};
    route.handler = Handler{
        [&services](const Request& request) { return tell_dependencies(services, request); }};
    return route;
}

}  // namespace

void add_workflow_comparing(RouteTable& table, Services& services) {
    table.routes.push_back(make_compare(services));
    table.routes.push_back(make_compare_body(services));
    table.routes.push_back(make_validate(services));
    table.routes.push_back(make_validate_one(services));
    table.routes.push_back(make_dependencies(services));
}

}  // namespace millrace::server
