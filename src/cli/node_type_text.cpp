// SPDX-License-Identifier: Apache-2.0
#include "node_type_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "millrace/core/json.hpp"
#include "millrace/format/writer.hpp"
#include "table.hpp"
#include "wording.hpp"

namespace millrace::cli {
namespace {

std::string text_of(const core::Value* value) {
    return value != nullptr && value->is_string() ? one_line(value->as_string()) : std::string{};
}

/// `GET | POST | …`, `string`, `object`, `anything`.
std::string kind_of(const core::Value& schema) {
    if (const core::Value* const choices = schema.find("enum"); choices && choices->is_array()) {
        std::string text;
        for (const core::Value& choice : choices->as_array())
            text += (text.empty() ? "" : " | ") + value_words(choice);
        return text;
    }
    const core::Value* const type = schema.find("type");
    if (type == nullptr) return "anything";
    if (type->is_string()) return std::string{type->as_string()};
    std::string text;
    for (const core::Value& one : type->as_array())
        text += (text.empty() ? "" : " | ") + value_words(one);
    return text;
}

bool is_required(const core::NodeType& type, std::string_view field) {
    const core::Value* const required = type.data_schema.find("required");
    if (required == nullptr || !required->is_array()) return false;
    return std::ranges::any_of(required->as_array(), [&](const core::Value& name) {
        return name.is_string() && name.as_string() == field;
    });
}

std::string ports_text(std::string_view title, const std::vector<core::PortDescriptor>& ports,
                       bool color) {
    if (ports.empty()) return {};
    std::string text = "\n" + painted(Tone::strong, title, color) + "\n";
    std::size_t width = 0;
    for (const core::PortDescriptor& port : ports)
        width = std::max(width, columns_of(port.name));
    for (const core::PortDescriptor& port : ports) {
        std::string notes;
        if (port.many) notes += " (many)";
        if (port.kind == core::PortKind::stream) notes += " (stream)";
        text += "  " + padded(port.name, width) + "  " + one_line(port.description) +
                painted(Tone::dim, notes, color) + "\n";
    }
    return text;
}

std::string fields_text(const core::NodeType& type, bool color) {
    const core::Value* const fields = type.data_schema.find("properties");
    if (fields == nullptr || fields->size() == 0) return {};
    std::string text = "\n" + painted(Tone::strong, "data", color) + "\n";
    std::size_t width = 0;
    for (const core::Member& field : fields->as_object())
        width = std::max(width, columns_of(field.key));
    for (const core::Member& field : fields->as_object()) {
        std::string facts = kind_of(field.value);
        if (is_required(type, field.key)) facts += ", required";
        if (const core::Value* const fallback = field.value.find("default"))
            facts += ", default " + core::to_json(*fallback);
        text += "  " + padded(field.key, width) + "  " + painted(Tone::dim, facts, color) + "\n";
        const std::string description = text_of(field.value.find("description"));
        if (!description.empty()) text += "  " + padded("", width) + "  " + description + "\n";
    }
    return text;
}

}  // namespace

std::string node_snippet(const core::NodeType& type) {
    core::ObjectBuilder node;
    const std::size_t dot = type.type.find('.');
    node.set("id", "my_" + type.type.substr(dot + 1)).set("type", type.type);
    if (type.version > 1) node.set("type", fmt::format("{}@{}", type.type, type.version));
    const core::Value data = type.examples.empty() ? type.default_data : type.examples.front().data;
    if (data.is_object() && data.size() > 0) node.set("data", data);
    return format::write_yaml(core::Value::array({std::move(node).build()}));
}

std::string node_type_text(const core::NodeType& type, bool color) {
    std::string text = painted(Tone::strong, fmt::format("{}@{}", type.type, type.version), color);
    text += "  " + one_line(type.name) + "  " +
            painted(Tone::dim,
                    fmt::format("{}, {}", core::to_text(type.category), core::to_text(type.role)),
                    color);
    text += "\n" + one_line(type.description) + "\n";
    text += ports_text("inputs", type.inputs, color);
    std::vector<core::PortDescriptor> outputs = type.outputs;
    if (type.role != core::NodeRole::trigger) {
        core::PortDescriptor error;
        error.name = "error";
        error.description = "`{error, input}` when the node has failed and this is connected.";
        outputs.push_back(std::move(error));
    }
    text += ports_text("outputs", outputs, color);
    text += fields_text(type, color);
    text += "\n" + painted(Tone::strong, "example", color) + "\n";
    const std::string snippet = node_snippet(type);
    for (std::size_t at = 0; at < snippet.size();) {
        const std::size_t end = std::min(snippet.find('\n', at), snippet.size());
        text += "  " + snippet.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return text;
}

std::string node_type_table(const std::vector<const core::NodeType*>& types, std::size_t width,
                            bool color) {
    Table table{{"TYPE", "CATEGORY", "DESCRIPTION"}};
    for (const core::NodeType* const type : types) {
        const std::string version = type->version > 1 ? fmt::format("@{}", type->version) : "";
        table.add({{Tone::strong, type->type + version},
                   {Tone::dim, std::string{core::to_text(type->category)}},
                   {Tone::plain, one_line(type->description)}});
    }
    return table.text(width, color);
}

}  // namespace millrace::cli
