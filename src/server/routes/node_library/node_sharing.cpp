// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/server/node_trial.hpp"
#include "millrace/server/stored_document.hpp"
#include "millrace/store/store.hpp"
#include "routes/node_library/node_values.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/workflow_answers.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::size_t node_id_length_max = 60;

std::string text_at(const Value& body, std::string_view name) {
    const Value* const found = body.find(name);
    return found == nullptr || !found->is_string() ? std::string{}
                                                   : std::string{found->as_string()};
}

/// An id that a node of a document may have, made of any text, and that none has yet.
std::string free_node_id(const core::Document& document, std::string_view wish) {
    std::string id;
    for (const char c : wish.substr(0, node_id_length_max)) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                             (c >= '0' && c <= '9' && !id.empty());
        id += is_word ? c : '_';
    }
    if (id.empty()) id = "node";
    const auto is_taken = [&](const std::string& name) {
        return std::ranges::find(document.nodes, name, &core::NodeSpec::id) != document.nodes.end();
    };
    std::string name = id;
    for (int i = 2; is_taken(name); ++i)
        name = id + "_" + std::to_string(i);
    return name;
}

/// The document with the node behind its others, fed by `from` where that is said.
Value with_node(const core::Document& document, const Value& node, const std::string& id,
                const std::string& from, const std::string& input) {
    core::ObjectBuilder whole;
    core::ObjectBuilder added;
    added.set("id", id);
    for (const core::Member& member : node.as_object())
        added.set(member.key, member.value);
    const Value body = format::to_value(document);
    for (const core::Member& member : body.as_object())
        whole.set(member.key, member.value);
    const auto longer = [&](std::string_view key, Value last) {
        const Value* const list = body.find(key);
        std::vector<Value> items;
        if (list != nullptr) items.assign(list->as_array().begin(), list->as_array().end());
        items.push_back(std::move(last));
        whole.set(key, Value::array(std::move(items)));
    };
    longer("nodes", std::move(added).build());
    if (!from.empty()) longer("connections", from + " -> " + id + "." + input);
    return std::move(whole).build();
}

Answer copy_into_workflow(Services& services, const Request& request,
                          const store::LibraryNode& node, const std::string& workflow_id) {
    const auto entry = find_workflow(services, workflow_id);
    if (!entry) return std::unexpected(entry.error());
    if (const auto may = require_unmanaged(services, *entry); !may)
        return std::unexpected(may.error());
    const auto document = stored_document(services.runtime.store(), workflow_id, entry->head);
    if (!document) return std::unexpected(problem("unavailable", document.error().message()));
    std::string id = text_at(request.json, "id");
    if (id.empty()) id = free_node_id(*document, node.name);
    const auto definition = find_node_type(services.registry, node.type);
    if (!definition) return std::unexpected(problem("invalid", definition.error().message()));
    const auto& inputs = (*definition)->type.inputs;
    const Value changed = with_node(*document, node.node, id, text_at(request.json, "from"),
                                    inputs.empty() ? std::string{"in"} : inputs.front().name);
    CheckedDocument checked = check_document(changed, services.registry);
    if (!checked.problems.empty() || !checked.document) {
        Problem made = document_problem(checked.problems, changed);
        made.detail = "the workflow would not be valid with this node: " + made.detail;
        return std::unexpected(std::move(made));
    }
    const auto saved = put_head(services, *checked.document, entry->head, request.received_at);
    if (!saved && saved.error().is(store::StoreErrc::conflict))
        return std::unexpected(problem("stale", saved.error().message()));
    if (!saved) return std::unexpected(problem_of(saved.error()));
    Answer answer =
        workflow_answer(services, saved->entry, saved->entry.head, format::Syntax::json, 201);
    if (answer) answer->headers.set("Location", workflow_location(workflow_id));
    return answer;
}

Answer duplicate_node(Services& services, const Request& request) {
    auto node = find_library_node(services, request.parameter("id"));
    if (!node) return std::unexpected(node.error());
    const std::string workflow_id = text_at(request.json, "workflow_id");
    if (!workflow_id.empty()) return copy_into_workflow(services, request, *node, workflow_id);
    store::LibraryNodePut put;
    put.node = *std::move(node);
    put.node.version = 0;
    put.node.lifecycle = store::NodeLifecycle::draft;
    put.node.name += " (copy)";
    put.comment = "copied from " + std::exchange(put.node.id, text_at(request.json, "id"));
    if (put.node.id.empty()) put.node.id = new_library_id(request.received_at);
    put.by = request.caller.name;
    const auto saved = save_library_nodes(services, {&put, 1}, request.received_at);
    if (saved) return library_node_response(saved->front(), 201);
    if (saved.error().code != "stale") return std::unexpected(saved.error());
    return std::unexpected(
        problem("conflict", "the library has a node " + put.node.id + " already"));
}

/// The node of the workflow's head as data.
std::expected<Value, Problem> node_of_workflow(const Services& services,
                                               const store::WorkflowEntry& entry,
                                               const std::string& node_id) {
    const auto document = stored_document(services.runtime.store(), entry.id, entry.head);
    if (!document) return std::unexpected(problem("unavailable", document.error().message()));
    const Value whole = format::to_value(*document);
    for (const Value& node : whole.find("nodes")->as_array())
        if (text_at(node, "id") == node_id) return node;
    return std::unexpected(
        problem("not_found", "the workflow " + entry.id + " has no node " + node_id));
}

Answer save_node(Services& services, const Request& request) {
    const auto entry = find_workflow(services, request.parameter("id"));
    if (!entry) return std::unexpected(entry.error());
    const std::string& node_id = request.parameter("node");
    const auto node = node_of_workflow(services, *entry, node_id);
    if (!node) return std::unexpected(node.error());
    core::ObjectBuilder body;
    const std::string own_name = text_at(*node, "name");
    std::optional<store::LibraryNode> stored;
    std::string id = text_at(request.json, "id");
    if (!id.empty()) {
        auto found = services.runtime.store().node_library().find(id);
        if (!found && !found.error().is(store::StoreErrc::not_found))
            return std::unexpected(problem_of(found.error()));
        if (found) stored = *std::move(found);
    }
    if (!stored) body.set("name", own_name.empty() ? node_id : own_name);
    body.set("workflow_id", entry->id).set("node", *node);
    if (request.json.is_object()) {
        for (const core::Member& member : request.json.as_object())
            if (member.key != "id") body.set(member.key, member.value);
    }
    auto put = library_put(services, std::move(body).build(), stored, request.caller.name);
    if (!put) return std::unexpected(put.error());
    put->node.id = id.empty() ? new_library_id(request.received_at) : std::move(id);
    const auto saved = save_library_nodes(services, {&*put, 1}, request.received_at);
    if (!saved) return std::unexpected(saved.error());
    return library_node_response(saved->front(), stored ? 200 : 201);
}

Route make_duplicate(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/nodes/{id}/duplicate";
    route.id = "duplicateLibraryNode";
    route.tag = node_library_tag;
    route.summary = "Copy a node of the library";
    route.description =
        "With `workflow_id` into that workflow: its new head has the node, fed by `from`. Else "
        "into "
        "the library, as a draft.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The node's id in the library.")};
    Body body;
    body.is_required = false;
    body.schema = schema_of(R"({
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "workflow_id": {"type": "string"},
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", "description": "Of the copy: in the workflow, or in the library."},
        "from": {"type": "string", "description": "The node, or `node.port`, whose output it gets."}
      }
    })");
    route.body = {std::move(body)};
    route.answers = {{201, "The copy, or the workflow that has it.",
                      schema_of(R"({"anyOf": [{"$ref": "#/components/schemas/LibraryNode"},
                                              {"$ref": "#/components/schemas/WorkflowDetail"}]})")}};
    route.problems = {"conflict", "managed_by_file", "not_found", "stale", "unavailable"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return duplicate_node(services, request); }};
    return route;
}

Route make_save(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/nodes/{node}/save";
    route.id = "saveWorkflowNode";
    route.tag = node_library_tag;
    route.summary = "Keep a node of a workflow in the library";
    route.description =
        "As the head has it, without its connections and what names other nodes. With the `id` of "
        "one that is there, it becomes that one's new version.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The workflow's id."),
                        path_parameter("node", "The node's id in the workflow.")};
    Body body;
    body.is_required = false;
    body.schema = schema_of(R"({
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", "description": "In the library; else a new one."},
        "name": {"type": "string", "maxLength": 200},
        "description": {"type": "string", "maxLength": 10000},
        "tags": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 100}},
        "public": {"type": "boolean"},
        "comment": {"type": "string", "maxLength": 10000}
      }
    })");
    route.body = {std::move(body)};
    route.answers = {{200, "The new version.", schema_ref("LibraryNode")},
                     {201, "The new node of the library.", schema_ref("LibraryNode")}};
    route.problems = {"not_found", "stale", "unavailable"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return save_node(services, request); }};
    return route;
}

}  // namespace

void add_node_library_sharing(RouteTable& table, Services& services) {
    table.routes.push_back(make_duplicate(services));
    table.routes.push_back(make_save(services));
}

}  // namespace millrace::server
