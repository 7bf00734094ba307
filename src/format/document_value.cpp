// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/document_value.hpp"

#include <string>
#include <utility>
#include <vector>

#include "document_parts.hpp"

namespace millrace::format {

using core::ObjectBuilder;
using core::Value;

namespace {

void set_text(ObjectBuilder& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object.set(key, text);
}

void set_extensions(ObjectBuilder& object, const std::vector<core::Member>& extensions) {
    for (const core::Member& extension : extensions)
        object.set(extension.key, extension.value);
}

std::string port_text(const core::PortRef& ref, std::string_view default_port) {
    return ref.port == default_port ? ref.node : ref.node + "." + ref.port;
}

bool is_plain(const core::ConnectionSpec& connection) {
    core::ConnectionSpec plain;
    plain.from = connection.from;
    plain.to = connection.to;
    return connection == plain;
}

Value connection_value(const core::ConnectionSpec& connection) {
    const std::string from = port_text(connection.from, "out");
    const std::string to = port_text(connection.to, "in");
    if (is_plain(connection)) return Value{from + " -> " + to};
    ObjectBuilder object;
    object.set("from", from).set("to", to);
    set_connection_rules(object, connection);
    set_extensions(object, connection.extensions);
    return std::move(object).build();
}

Value position_value(const core::Position& position) {
    ObjectBuilder object;
    object.set("x", position.x).set("y", position.y);
    if (position.z) object.set("z", *position.z);
    return std::move(object).build();
}

DurationText duration_text() {
    return [](core::Duration duration) { return Value{core::to_text(duration)}; };
}

Value node_value(const core::NodeSpec& node) {
    ObjectBuilder object;
    object.set("id", node.id);
    set_text(object, "name", node.name);
    set_text(object, "notes", node.notes);
    object.set("type", node.type_version == 1
                           ? node.type
                           : node.type + "@" + std::to_string(node.type_version));
    if (node.position) object.set("position", position_value(*node.position));
    set_text(object, "parent", node.parent);
    if (!node.data.is_null()) object.set("data", node.data);
    set_recovery(object, node, duration_text());
    set_effect_rules(object, node, duration_text());
    set_extensions(object, node.extensions);
    return std::move(object).build();
}

}  // namespace

Value to_value(const core::Document& document) {
    ObjectBuilder object;
    object.set("millrace", 1);
    set_head(object, document, duration_text());
    std::vector<Value> nodes;
    for (const core::NodeSpec& node : document.nodes)
        nodes.push_back(node_value(node));
    object.set("nodes", Value::array(std::move(nodes)));
    std::vector<Value> connections;
    for (const core::ConnectionSpec& connection : document.connections) {
        connections.push_back(connection_value(connection));
    }
    if (!connections.empty()) object.set("connections", Value::array(std::move(connections)));
    if (!document.outputs.is_null()) object.set("outputs", document.outputs);
    if (!document.editor.is_null()) object.set("editor", document.editor);
    set_extensions(object, document.extensions);
    return std::move(object).build();
}

}  // namespace millrace::format
