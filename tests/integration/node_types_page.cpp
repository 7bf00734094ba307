// SPDX-License-Identifier: Apache-2.0
#include "node_types_page.hpp"

#include <algorithm>

#include "millrace/core/json.hpp"

namespace millrace::testing {
namespace {

constexpr std::string_view opening =
    R"(# Node types

Every node has an input `in` and an output `out` unless its tables say otherwise, and every node but
a trigger has the output `error`. A field is a template, so its texts may hold `{{ … }}`, unless it
says *expression* (one expression, bare or in `{{ … }}`) or *literal* (taken as it is). A port marked
*inner* connects a container with its body, the nodes whose `parent` it is.
`millrace node-types show TYPE` prints the same from the program.

This page is written from the descriptors that the program carries.
)";

std::string text_of(const core::Value* value) {
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::string in_cell(std::string text) {
    for (std::size_t place = text.find('|'); place != std::string::npos;
         place = text.find('|', place + 2)) {
        text.insert(place, "\\");
    }
    return text;
}

void append_ports(std::string& page, std::string_view heading,
                  const std::vector<core::PortDescriptor>& ports) {
    if (ports.empty()) return;
    page += "\n| " + std::string{heading} + " | |\n| --- | --- |\n";
    for (const core::PortDescriptor& port : ports) {
        page += "| `" + port.name + "`" + (port.many ? " (many)" : "") +
                (port.inner ? " (inner)" : "") + " | " + in_cell(port.description) + " |\n";
    }
}

std::string values_of(const core::Value& schema) {
    const core::Value* const values = schema.find("enum");
    if (values == nullptr) return {};
    std::string text;
    for (const core::Value& value : values->as_array())
        text += (text.empty() ? "One of `" : " `") + text_of(&value) + "`";
    return text + ". ";
}

/// A row for each property of an object; of an array of objects also for those of its elements.
void append_properties(std::string& page, const core::NodeType& type, const core::Value& schema,
                       const std::string& prefix) {
    const core::Value* const required = schema.find("required");
    for (const core::Member& field : schema.find("properties")->as_object()) {
        std::string notes;
        if (required != nullptr &&
            std::ranges::find(required->as_array(), core::Value{field.key}) !=
                required->as_array().end()) {
            notes += "Required. ";
        }
        const std::string name = prefix + field.key;
        const auto mode = std::ranges::find(type.fields, name, &core::DataField::name);
        if (mode != type.fields.end()) {
            notes += mode->mode == core::FieldMode::literal ? "*Literal.* " : "*Expression.* ";
        }
        notes += values_of(field.value);
        if (const core::Value* const value = field.value.find("default"))
            notes += "Default `" + core::to_json(*value) + "`. ";
        notes += text_of(field.value.find("description"));
        page += "| `" + name + "` | " + in_cell(notes) + " |\n";
        const core::Value* const items = field.value.find("items");
        if (items != nullptr && items->find("properties") != nullptr) {
            append_properties(page, type, *items, name + "[].");
        }
    }
}

void append_fields(std::string& page, const core::NodeType& type) {
    const core::Value* const properties = type.data_schema.find("properties");
    if (properties == nullptr || properties->size() == 0) return;
    page += "\n| field | |\n| --- | --- |\n";
    append_properties(page, type, type.data_schema, "");
}

void append_examples(std::string& page, const core::NodeType& type) {
    for (const core::NodeExample& example : type.examples) {
        page += "\n" + example.name + ". " + example.description + "\n\n```text\n";
        if (example.data.size() > 0) page += "data      " + core::to_json(example.data) + "\n";
        page += "input     " + core::to_json(example.input) + "\n";
        if (!example.expected.is_null()) {
            page += "gives     " + core::to_json(example.expected) + "\n";
        }
        page += "```\n";
    }
}

}  // namespace

std::string node_types_page(const nodes::Registry& registry) {
    std::string page{opening};
    for (const core::NodeCategory category : registry.categories()) {
        std::string name{core::to_text(category)};
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
        page += "\n## " + name + "\n";
        for (const auto& definition : registry.list(category)) {
            const core::NodeType& type = definition->type;
            page += "\n### " + type.type + "\n\n" + type.description + "\n";
            if (type.role == core::NodeRole::effect) {
                page += "\nActs on the outside, at least once: see [durability](durability.md).\n";
            }
            append_ports(page, "input", type.inputs);
            append_ports(page, "output", type.outputs);
            append_fields(page, type);
            append_examples(page, type);
        }
    }
    return page;
}

}  // namespace millrace::testing
