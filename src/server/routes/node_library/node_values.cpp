// SPDX-License-Identifier: Apache-2.0
#include "routes/node_library/node_values.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/document_diff.hpp"
#include "millrace/server/node_trial.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::array<std::string_view, 5> tying_keys{"id", "parent", "position", "compensate",
                                                     "connections"};

std::vector<std::string> texts_of(const Value& list) {
    std::vector<std::string> texts;
    for (const Value& one : list.as_array())
        texts.emplace_back(one.as_string());
    return texts;
}

template <class Texts>
Value texts_value(const Texts& texts) {
    std::vector<Value> values{texts.begin(), texts.end()};
    return Value::array(std::move(values));
}

/// What other nodes and variables there are is known only where the node is used.
bool is_about_surroundings(core::ProblemCode code) {
    return code == core::ProblemCode::unknown_node || code == core::ProblemCode::bad_expression ||
           code == core::ProblemCode::bad_scope || code == core::ProblemCode::missing_connection ||
           code == core::ProblemCode::unknown_port;
}

std::expected<std::string, Problem> checked_type(const Services& services, const Value& node,
                                                 std::string_view pointer) {
    const std::string place = std::string{pointer} + "/node";
    const auto refuse = [&](std::string path, std::string code, std::string message) {
        Problem made = problem("invalid", message);
        ProblemDetail& error = made.errors.emplace_back();
        error.path = std::move(path);
        error.code = std::move(code);
        error.message = std::move(message);
        return std::unexpected(std::move(made));
    };
    const Value* const type = node.find("type");
    if (type == nullptr || !type->is_string())
        return refuse(place, "missing_key", "the node has no `type`");
    NodeTrial trial;
    trial.type = type->as_string();
    core::ObjectBuilder rest;
    for (const core::Member& member : node.as_object())
        if (member.key != "type") rest.set(member.key, member.value);
    trial.node = std::move(rest).build();
    const auto definition = find_node_type(services.registry, trial.type);
    if (!definition) return refuse(place + "/type", "unknown_type", definition.error().message());
    const auto checked = check_node(services.registry, trial);
    if (!checked) return std::unexpected(problem_of(checked.error()));
    core::Problems problems = checked->problems;
    std::erase_if(problems,
                  [](const core::Problem& one) { return is_about_surroundings(one.code); });
    for (core::Problem& one : problems)
        one.path.insert(0, place);
    if (problems.empty()) return (*definition)->type.type;
    return std::unexpected(problem_of(problems, "the node is not valid"));
}

}  // namespace

Value library_node_value(const store::LibraryNode& node) {
    return Value::object(
        {{"id", node.id},
         {"name", node.name},
         {"description", node.description},
         {"type", node.type},
         {"workflow_id", node.workflow_id.empty() ? Value{} : Value{node.workflow_id}},
         {"tags", texts_value(node.tags)},
         {"status", to_text(node.lifecycle)},
         {"public", node.is_public},
         {"node", node.node},
         {"version", node.version},
         {"revision", node.revision},
         {"created_at", node.created_at.text()},
         {"updated_at", node.updated_at.text()}});
}

Value library_version_value(const store::LibraryNodeVersion& version) {
    return Value::object({{"version", version.version},
                          {"revision", version.revision},
                          {"node", version.node},
                          {"comment", version.comment},
                          {"created_by", version.created_by},
                          {"changed_fields", texts_value(version.changed_fields)},
                          {"created_at", version.created_at.text()}});
}

std::string library_node_etag(const store::LibraryNode& node) {
    return '"' + std::to_string(node.version) + '.' + std::to_string(node.revision) + '"';
}

Response library_node_response(const store::LibraryNode& node, int status) {
    Response response = json_response(library_node_value(node), status);
    response.headers.set("ETag", library_node_etag(node));
    if (status == 201) response.headers.set("Location", "/api/v1/nodes/" + node.id);
    return response;
}

std::expected<store::LibraryNode, Problem> find_library_node(const Services& services,
                                                             const std::string& id) {
    auto node = services.runtime.store().node_library().find(id);
    if (node) return *std::move(node);
    if (node.error().is(store::StoreErrc::not_found))
        return std::unexpected(problem("not_found", "there is no node " + id + " in the library"));
    return std::unexpected(problem_of(node.error()));
}

Value library_body_schema(std::string_view required, std::string_view more) {
    return schema_of(R"({"type": "object", "additionalProperties": false, "required": [)" +
                     std::string{required} + R"(], "properties": {
        "name": {"type": "string", "maxLength": 200},
        "description": {"type": "string", "maxLength": 10000},
        "node": {"type": "object", "required": ["type"], "description": "As in a document, without connections."},
        "workflow_id": {"type": ["string", "null"], "description": "The workflow that it comes from or belongs to."},
        "tags": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 100}},
        "public": {"type": "boolean", "description": "For other workflows than its own."},
        "comment": {"type": "string", "maxLength": 10000, "description": "Why it has changed; kept with the version."})" +
                     std::string{more} + "}}");
}

std::expected<store::LibraryNodePut, Problem> library_put(
    const Services& services, const Value& body, const std::optional<store::LibraryNode>& stored,
    const std::string& by, std::string_view pointer) {
    store::LibraryNodePut put;
    if (stored) put.node = *stored;
    if (!stored) put.node.version = 0;
    put.by = by;
    const auto take_text = [&](const char* name, std::string& target) {
        if (const Value* const found = body.find(name))
            target = found->is_null() ? std::string{} : std::string{found->as_string()};
    };
    take_text("name", put.node.name);
    take_text("description", put.node.description);
    take_text("workflow_id", put.node.workflow_id);
    take_text("comment", put.comment);
    if (const Value* const tags = body.find("tags")) put.node.tags = texts_of(*tags);
    if (const Value* const is_public = body.find("public"))
        put.node.is_public = is_public->as_bool();
    if (const Value* const node = body.find("node")) put.node.node = untied(*node);
    auto type = checked_type(services, put.node.node, pointer);
    if (!type) return std::unexpected(type.error());
    put.node.type = *std::move(type);
    if (put.node.name.empty()) put.node.name = put.node.type;
    put.is_new_version = !stored || !(stored->node == put.node.node);
    if (stored) {
        for (const DocumentChange& change : value_changes(stored->node, put.node.node))
            put.changed_fields.push_back(change.path);
    }
    return put;
}

std::expected<std::vector<store::LibraryNode>, Problem> save_library_nodes(
    Services& services, std::span<const store::LibraryNodePut> puts, core::Time now) {
    std::vector<store::LibraryNode> saved;
    const auto done = services.runtime.write([&](store::Store& store) -> core::Result<> {
        auto result = store.node_library().put(puts, now);
        if (!result) return std::unexpected(result.error());
        saved = *std::move(result);
        return {};
    });
    if (done) return saved;
    if (done.error().is(store::StoreErrc::conflict))
        return std::unexpected(problem("stale", done.error().message()));
    return std::unexpected(problem_of(done.error()));
}

std::string new_library_id(core::Time now) {
    static thread_local std::random_device device;
    const auto word = [] { return (std::uint64_t{device()} << 32) | device(); };
    const std::uint64_t high = word();
    return core::Uuid::v7(now, high, word()).text();
}

Value untied(const Value& node) {
    core::ObjectBuilder rest;
    for (const core::Member& member : node.as_object()) {
        if (std::ranges::find(tying_keys, member.key) != tying_keys.end()) continue;
        const bool names_node =
            member.key == "on_error" && member.value.find("fallback") != nullptr;
        if (!names_node) rest.set(member.key, member.value);
    }
    return std::move(rest).build();
}

}  // namespace millrace::server
