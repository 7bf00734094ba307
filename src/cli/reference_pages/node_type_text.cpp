// SPDX-License-Identifier: Apache-2.0
#include "reference_pages/node_type_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "millrace/core/json.hpp"
#include "millrace/format/writer.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

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

/// The text behind `head`, its further lines below its first word.
std::string beside(const std::string& head, const Line& text, std::size_t width, bool color) {
    Line line{{Tone::plain, head}};
    line.insert(line.end(), text.begin(), text.end());
    std::string result;
    for (const Line& part : wrapped(line, width, columns_of(head)))
        result += rendered(part, color) + "\n";
    return result;
}

std::string first_sentence(std::string_view text) {
    const std::size_t end = text.find(". ");
    return one_line(end == std::string_view::npos ? text : text.substr(0, end + 1));
}

std::string ports_text(std::string_view title, const std::vector<core::PortDescriptor>& ports,
                       std::size_t width, bool color) {
    if (ports.empty()) return {};
    std::string text = "\n" + painted(Tone::strong, title, color) + "\n";
    std::size_t name_width = 0;
    for (const core::PortDescriptor& port : ports)
        name_width = std::max(name_width, columns_of(port.name));
    for (const core::PortDescriptor& port : ports) {
        std::string notes;
        if (port.many) notes += " (many)";
        if (port.kind == core::PortKind::stream) notes += " (stream)";
        text +=
            beside("  " + padded(port.name, name_width) + "  ",
                   {{Tone::plain, one_line(port.description)}, {Tone::dim, notes}}, width, color);
    }
    return text;
}

std::string fields_text(const core::NodeType& type, std::size_t width, bool color) {
    const core::Value* const fields = type.data_schema.find("properties");
    if (fields == nullptr || fields->size() == 0) return {};
    std::string text = "\n" + painted(Tone::strong, "data", color) + "\n";
    std::size_t name_width = 0;
    for (const core::Member& field : fields->as_object())
        name_width = std::max(name_width, columns_of(field.key));
    for (const core::Member& field : fields->as_object()) {
        std::string facts = kind_of(field.value);
        if (is_required(type, field.key)) facts += ", required";
        if (const core::Value* const fallback = field.value.find("default"))
            facts += ", default " + core::to_json(*fallback);
        text +=
            beside("  " + padded(field.key, name_width) + "  ", {{Tone::dim, facts}}, width, color);
        const std::string description = text_of(field.value.find("description"));
        if (description.empty()) continue;
        text +=
            beside(std::string(name_width + 4, ' '), {{Tone::plain, description}}, width, color);
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

std::string node_type_text(const core::NodeType& type, std::size_t width, bool color) {
    std::string text = painted(Tone::strong, fmt::format("{}@{}", type.type, type.version), color);
    text += "  " + one_line(type.name) + "  " +
            painted(Tone::dim,
                    fmt::format("{}, {}", core::to_text(type.category), core::to_text(type.role)),
                    color);
    text += "\n" + beside("", {{Tone::plain, one_line(type.description)}}, width, color);
    text += ports_text("inputs", type.inputs, width, color);
    std::vector<core::PortDescriptor> outputs = type.outputs;
    if (type.role != core::NodeRole::trigger) {
        core::PortDescriptor error;
        error.name = "error";
        error.description = "`{error, input}` when the node has failed and this is connected.";
        outputs.push_back(std::move(error));
    }
    text += ports_text("outputs", outputs, width, color);
    text += fields_text(type, width, color);
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
                   {Tone::plain, first_sentence(type->description)}});
    }
    return table.text(width, color);
}

}  // namespace millrace::cli
