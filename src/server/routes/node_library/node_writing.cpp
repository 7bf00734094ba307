// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/store/store.hpp"
#include "routes/node_library/node_values.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view id_property =
    R"(, "id": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", "description": "Else a new one."})";
constexpr std::string_view if_match_property =
    R"(, "if_match": {"type": "string", "description": "The ETag that a stored one must have."})";

Answer saved_one(Services& services, store::LibraryNodePut put, core::Time now, int status) {
    const auto saved = save_library_nodes(services, {&put, 1}, now);
    if (!saved) return std::unexpected(saved.error());
    return library_node_response(saved->front(), status);
}

std::expected<std::optional<store::LibraryNode>, Problem> stored_node(const Services& services,
                                                                      const std::string& id) {
    auto found = services.runtime.store().node_library().find(id);
    if (found) return std::optional{*std::move(found)};
    if (found.error().is(store::StoreErrc::not_found)) return std::nullopt;
    return std::unexpected(problem_of(found.error()));
}

Answer create_node(Services& services, const Request& request) {
    const core::Value* const id = request.json.find("id");
    auto put = library_put(services, request.json, {}, request.caller.name);
    if (!put) return std::unexpected(put.error());
    put->node.id =
        id == nullptr ? new_library_id(request.received_at) : std::string{id->as_string()};
    const auto stored = stored_node(services, put->node.id);
    if (!stored) return std::unexpected(stored.error());
    if (*stored) {
        return std::unexpected(problem(
            "conflict", "the library has a node " + put->node.id + " already; PUT replaces it"));
    }
    return saved_one(services, *std::move(put), request.received_at, 201);
}

Answer replace_node(Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    const auto stored = stored_node(services, id);
    if (!stored) return std::unexpected(stored.error());
    const std::string etag = *stored ? library_node_etag(**stored) : std::string{};
    if (const auto may = check_preconditions(request, etag); !may)
        return std::unexpected(may.error());
    auto put = library_put(services, request.json, *stored, request.caller.name);
    if (!put) return std::unexpected(put.error());
    put->node.id = id;
    return saved_one(services, *std::move(put), request.received_at, *stored ? 200 : 201);
}

Answer delete_node(Services& services, const Request& request) {
    const auto node = find_library_node(services, request.parameter("id"));
    if (!node) return std::unexpected(node.error());
    if (!request.header("If-Match").empty()) {
        if (const auto may = check_preconditions(request, library_node_etag(*node)); !may)
            return std::unexpected(may.error());
    }
    const auto done = services.runtime.write(
        [&](store::Store& store) { return store.node_library().remove(node->id); });
    if (!done) return std::unexpected(problem_of(done.error()));
    return empty_response();
}

Answer set_lifecycle(Services& services, const Request& request, store::NodeLifecycle lifecycle) {
    const auto node = find_library_node(services, request.parameter("id"));
    if (!node) return std::unexpected(node.error());
    if (node->lifecycle == lifecycle) return library_node_response(*node);
    store::LibraryNodePut put;
    put.node = *node;
    put.node.lifecycle = lifecycle;
    put.by = request.caller.name;
    put.is_new_version = false;
    return saved_one(services, std::move(put), request.received_at, 200);
}

/// One of many, with its place in the errors.
std::expected<store::LibraryNodePut, Problem> batch_put(const Services& services,
                                                        const core::Value& item, std::size_t index,
                                                        const Request& request) {
    const std::string pointer = "/items/" + std::to_string(index);
    const core::Value* const given = item.find("id");
    const std::string id =
        given == nullptr ? new_library_id(request.received_at) : std::string{given->as_string()};
    const auto stored = stored_node(services, id);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored && item.find("node") == nullptr) {
        Problem made = problem("invalid", pointer + ": a new node needs `node`");
        made.errors.push_back({pointer + "/node", "missing_key", "a new node needs `node`"});
        return std::unexpected(std::move(made));
    }
    const core::Value* const expected = item.find("if_match");
    const std::string etag = *stored ? library_node_etag(**stored) : std::string{};
    if (expected != nullptr && !etag_matches(expected->as_string(), etag, false)) {
        return std::unexpected(problem(
            "stale",
            "the ETag of " + id + " is now " + (etag.empty() ? "none: it is not there" : etag)));
    }
    auto put = library_put(services, item, *stored, request.caller.name, pointer);
    if (put) put->node.id = id;
    return put;
}

Answer save_many(Services& services, const Request& request) {
    std::vector<store::LibraryNodePut> puts;
    Problem invalid = problem("invalid", "nothing was saved");
    std::set<std::string> ids;
    std::size_t index = 0;
    for (const core::Value& item : request.json.find("items")->as_array()) {
        auto put = batch_put(services, item, index, request);
        if (!put && put.error().code != "invalid") return std::unexpected(put.error());
        if (!put) {
            for (ProblemDetail& error : put.error().errors)
                invalid.errors.push_back(std::move(error));
        } else if (!ids.insert(put->node.id).second) {
            invalid.errors.push_back({"/items/" + std::to_string(index) + "/id", "duplicate_id",
                                      put->node.id + " is there twice"});
        } else {
            puts.push_back(*std::move(put));
        }
        ++index;
    }
    if (!invalid.errors.empty()) return std::unexpected(std::move(invalid));
    const auto saved = save_library_nodes(services, puts, request.received_at);
    if (!saved) return std::unexpected(saved.error());
    std::vector<core::Value> items;
    for (const store::LibraryNode& node : *saved)
        items.push_back(library_node_value(node));
    return list_response(std::move(items), {});
}

Route make_create(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/nodes";
    route.id = "createLibraryNode";
    route.tag = node_library_tag;
    route.summary = "Keep a node in the library";
    route.description = "It begins as a draft of version 1.";
    route.action = Action::edit;
    Body body;
    body.schema = library_body_schema(R"("node")", id_property);
    route.body = {std::move(body)};
    route.answers = {{201, "The node.", schema_ref("LibraryNode")}};
    route.problems = {"conflict"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return create_node(services, request); }};
    return route;
}

Route make_replace(Services& services) {
    Route route;
    route.method = Method::put;
    route.pattern = "/api/v1/nodes/{id}";
    route.id = "putLibraryNode";
    route.tag = node_library_tag;
    route.summary = "Change a node of the library";
    route.description =
        "What the body does not name stays. Another `node` makes a new version, all else a new "
        "revision. An existing one needs `If-Match`.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The node's id in the library."),
                        header_parameter("If-Match", "Its ETag, or `*`."),
                        header_parameter("If-None-Match", "`*`: there must be none yet.")};
    route.parameters.front().schema =
        schema_of(R"({"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"})");
    Body body;
    body.schema = library_body_schema(R"("node")");
    route.body = {std::move(body)};
    route.answers = {{200, "The node.", schema_ref("LibraryNode")},
                     {201, "The new node.", schema_ref("LibraryNode")}};
    route.problems = {"precondition_required", "stale"};
    route.handler =
        Handler{[&services](const Request& request) { return replace_node(services, request); }};
    return route;
}

Route make_delete(Services& services) {
    Route route;
    route.method = Method::del;
    route.pattern = "/api/v1/nodes/{id}";
    route.id = "deleteLibraryNode";
    route.tag = node_library_tag;
    route.summary = "Take a node out of the library";
    route.description = "With its versions. Workflows that it was copied into keep their copies.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The node's id in the library."),
                        header_parameter("If-Match", "Only when this is still its ETag.")};
    route.answers = {{204, "It is gone."}};
    route.problems = {"not_found", "stale"};
    route.handler =
        Handler{[&services](const Request& request) { return delete_node(services, request); }};
    return route;
}

Route make_lifecycle(Services& services, store::NodeLifecycle lifecycle) {
    const bool is_publish = lifecycle == store::NodeLifecycle::published;
    Route route;
    route.method = Method::post;
    route.pattern = is_publish ? "/api/v1/nodes/{id}/publish" : "/api/v1/nodes/{id}/deprecate";
    route.id = is_publish ? "publishLibraryNode" : "deprecateLibraryNode";
    route.tag = node_library_tag;
    route.summary =
        is_publish ? "Offer a node of the library for use" : "Offer a node of the library no more";
    route.description = is_publish
                            ? "It is not a draft any more; a deprecated one comes back."
                            : "It stays for those that use it, but is not meant for new use.";
    route.action = Action::edit;
    route.parameters = {path_parameter("id", "The node's id in the library.")};
    route.answers = {{200, "The node.", schema_ref("LibraryNode")}};
    route.problems = {"not_found", "stale"};
    route.handler = Handler{[&services, lifecycle](const Request& request) {
        return set_lifecycle(services, request, lifecycle);
    }};
    return route;
}

Route make_batch(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/nodes/batch";
    route.id = "saveLibraryNodes";
    route.tag = node_library_tag;
    route.summary = "Save many nodes of the library at once";
    route.description =
        "All or none: new ones, and those whose `id` is there are changed as by PUT, if `if_match` "
        "is still their ETag.";
    route.action = Action::edit;
    Body body;
    body.schema = core::Value::object(
        {{"type", "object"},
         {"additionalProperties", false},
         {"required", core::Value::array({"items"})},
         {"properties",
          core::Value::object(
              {{"items",
                core::Value::object(
                    {{"type", "array"},
                     {"maxItems", 1'000},
                     {"items", library_body_schema("", std::string{id_property} +
                                                           std::string{if_match_property})}})}})}});
    route.body = {std::move(body)};
    route.answers = {{200, "The nodes, in the order of the body.", list_schema("LibraryNode")}};
    route.problems = {"stale"};
    route.is_idempotent_by_key = true;
    route.handler =
        Handler{[&services](const Request& request) { return save_many(services, request); }};
    return route;
}

}  // namespace

void add_node_library_writing(RouteTable& table, Services& services) {
    table.routes.push_back(make_create(services));
    table.routes.push_back(make_replace(services));
    table.routes.push_back(make_delete(services));
    table.routes.push_back(make_lifecycle(services, store::NodeLifecycle::published));
    table.routes.push_back(make_lifecycle(services, store::NodeLifecycle::deprecated));
    table.routes.push_back(make_batch(services));
}

}  // namespace millrace::server
