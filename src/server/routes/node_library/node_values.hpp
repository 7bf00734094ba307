// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/node_library.hpp"
#include "service/services.hpp"

// Nodes of the library as requests bring them and answers tell them.

namespace millrace::server {

inline constexpr const char* node_library_tag = "Node library";

core::Value library_node_value(const store::LibraryNode& node);
core::Value library_version_value(const store::LibraryNodeVersion& version);
/// `"VERSION.REVISION"`.
std::string library_node_etag(const store::LibraryNode& node);
/// With its ETag.
Response library_node_response(const store::LibraryNode& node, int status = 200);

std::expected<store::LibraryNode, Problem> find_library_node(const Services& services,
                                                             const std::string& id);

/// JSON Schema of what is written of a node; `more` are further properties, each with a comma
/// before it.
core::Value library_body_schema(std::string_view required, std::string_view more = {});

/// A node to be saved: what a body says over what is stored, if anything; its node is checked.
/// `pointer` leads to the body within the request's.
std::expected<store::LibraryNodePut, Problem> library_put(
    const Services& services, const core::Value& body,
    const std::optional<store::LibraryNode>& stored, const std::string& by,
    std::string_view pointer = {});

/// Saves all or none; `stale` when one has been changed meanwhile.
std::expected<std::vector<store::LibraryNode>, Problem> save_library_nodes(
    Services& services, std::span<const store::LibraryNodePut> puts, core::Time now);

/// A new id that nobody else has.
std::string new_library_id(core::Time now);

/// The node without what ties it to one workflow: its id, its place, and names of other nodes.
core::Value untied(const core::Value& node);

// The routes, by what they do.
void add_node_library_reading(RouteTable& table, Services& services);
void add_node_library_writing(RouteTable& table, Services& services);
/// Between the library and workflows.
void add_node_library_sharing(RouteTable& table, Services& services);

}  // namespace millrace::server
