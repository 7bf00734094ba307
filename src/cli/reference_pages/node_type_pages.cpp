// SPDX-License-Identifier: Apache-2.0
#include "reference_pages/node_type_pages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "millrace/core/json.hpp"
#include "reference_pages/node_type_text.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view opening =
    R"(# Node types

Every node has an input `in` and an output `out` unless its tables say otherwise, and every node but
a trigger has the output `error`. A field is a template, so its texts may hold `{{ … }}`, unless it
says *expression* (one expression, bare or in `{{ … }}`) or *literal* (taken as it is). A port marked
*inner* connects a container with its body, the nodes whose `parent` it is.
`millrace node-types show TYPE` prints the same from the program.

`millrace docs node-types` writes this page from the descriptors that the program carries.
)";

std::string text_of(const core::Value* value) {
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::string listed(const core::Value& values) {
    std::string text;
    for (const core::Value& value : values.as_array())
        text += (text.empty() ? "`" : " `") +
                (value.is_string() ? std::string{value.as_string()} : core::to_json(value)) + "`";
    return text;
}

/// `string`, `array of object`, `one of …`; what a schema lets through, in a word or two.
std::string kind_of(const core::Value& schema) {
    if (const core::Value* const choices = schema.find("enum"); choices && choices->is_array())
        return "one of " + listed(*choices);
    const core::Value* const type = schema.find("type");
    if (type == nullptr) return "anything";
    std::string kind;
    if (type->is_string()) {
        kind = type->as_string();
    } else if (type->is_array()) {
        for (const core::Value& one : type->as_array())
            kind += (kind.empty() ? "" : " or ") + text_of(&one);
    }
    const core::Value* const items = schema.find("items");
    if (kind == "array" && items != nullptr && items->find("type") != nullptr)
        kind += " of " + kind_of(*items);
    return kind;
}

/// Bounds that a reader of a schema would look for.
std::string limits_of(const core::Value& schema) {
    constexpr std::pair<std::string_view, std::string_view> words[]{
        {"minimum", "at least"},        {"exclusiveMinimum", "more than"},
        {"maximum", "at most"},         {"exclusiveMaximum", "less than"},
        {"minLength", "length from"},   {"maxLength", "length up to"},
        {"minItems", "elements from"},  {"maxItems", "elements up to"},
        {"minProperties", "keys from"}, {"pattern", "like"}};
    std::string text;
    for (const auto& [key, word] : words) {
        const core::Value* const value = schema.find(key);
        if (value == nullptr) continue;
        text += (text.empty() ? "" : ", ") + std::string{word} + " `" +
                (value->is_string() ? std::string{value->as_string()} : core::to_json(*value)) +
                "`";
    }
    return text;
}

void append_ports(std::string& page, std::string_view heading,
                  const std::vector<core::PortDescriptor>& ports, bool are_inputs) {
    if (ports.empty()) return;
    page += fmt::format("\n| {} | carries | | |\n| --- | --- | --- | --- |\n", heading);
    for (const core::PortDescriptor& port : ports) {
        std::string notes;
        const auto note = [&](std::string_view word) {
            notes += (notes.empty() ? "" : ", ") + std::string{word};
        };
        if (are_inputs && !port.inner) note(port.required ? "required" : "optional");
        if (port.many) note("many");
        if (port.inner) note("inner");
        page += fmt::format("| `{}` | {}{} | {} | {} |\n", port.name,
                            port.kind == core::PortKind::stream ? "a stream of " : "",
                            in_cell(kind_of(port.schema)), notes, in_cell(port.description));
    }
}

/// A row for each property of an object; of an array of objects also for those of its elements.
void append_properties(std::string& page, const core::NodeType& type, const core::Value& schema,
                       const std::string& prefix) {
    const core::Value* const required = schema.find("required");
    const core::Value* const properties = schema.find("properties");
    if (properties == nullptr || !properties->is_object()) return;
    for (const core::Member& field : properties->as_object()) {
        const bool is_required = required != nullptr && required->is_array() &&
                                 std::ranges::find(required->as_array(), core::Value{field.key}) !=
                                     required->as_array().end();
        const std::string name = prefix + field.key;
        const auto mode = std::ranges::find(type.fields, name, &core::DataField::name);
        std::string notes = is_required ? "Required. " : "";
        if (mode != type.fields.end() && mode->mode == core::FieldMode::confidential) {
            notes += "*May hold secrets.* ";
        } else if (mode != type.fields.end()) {
            notes += mode->mode == core::FieldMode::literal ? "*Literal.* " : "*Expression";
            if (mode->mode != core::FieldMode::literal) {
                std::string locals;
                for (const std::string& local : mode->locals)
                    locals += (locals.empty() ? " over `" : ", `") + local + "`";
                notes += locals + ".* ";
            }
        }
        if (const std::string limits = limits_of(field.value); !limits.empty())
            notes += static_cast<char>(limits[0] - 'a' + 'A') + limits.substr(1) + ". ";
        if (const core::Value* const value = field.value.find("default"))
            notes += "Default `" + core::to_json(*value) + "`. ";
        notes += text_of(field.value.find("description"));
        page += fmt::format("| `{}` | {} | {} |\n", name, in_cell(kind_of(field.value)),
                            in_cell(notes));
        const core::Value* const items = field.value.find("items");
        if (items != nullptr && items->find("properties") != nullptr)
            append_properties(page, type, *items, name + "[].");
    }
}

void append_fields(std::string& page, const core::NodeType& type) {
    const core::Value* const properties = type.data_schema.find("properties");
    if (properties == nullptr || properties->size() == 0) return;
    page += "\n| field | takes | |\n| --- | --- | --- |\n";
    append_properties(page, type, type.data_schema, "");
}

void append_examples(std::string& page, const core::NodeType& type) {
    for (const core::NodeExample& example : type.examples) {
        page += "\n" + example.name + ". " + example.description + "\n\n```text\n";
        if (example.data.size() > 0) page += "data      " + core::to_json(example.data) + "\n";
        page += "input     " + core::to_json(example.input) + "\n";
        if (!example.expected.is_null())
            page += "gives     " + core::to_json(example.expected) + "\n";
        page += "```\n";
    }
}

/// `links`: whether the page lies beside the other ones.
std::string facts_of(const core::NodeType& type, bool links) {
    std::string facts =
        fmt::format("{}, {}, version {} ({}), by {}.", type.name, core::to_text(type.role),
                    type.version, type.semantic_version, type.author);
    if (type.role == core::NodeRole::effect)
        facts += links ? " Acts on the outside, at least once: see [durability](durability.md)."
                       : " Acts on the outside, at least once.";
    if (!type.credentials.empty()) {
        facts += " Takes a credential:";
        for (const std::string& credential : type.credentials)
            facts += " `" + credential + "`";
        facts += ".";
    }
    return facts;
}

std::string versioned(const core::NodeType& type) {
    return type.version > 1 ? fmt::format("{}@{}", type.type, type.version) : type.type;
}

std::string category_title(core::NodeCategory category) {
    std::string name{core::to_text(category)};
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

}  // namespace

std::string in_cell(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    for (std::size_t place = text.find('|'); place != std::string::npos;
         place = text.find('|', place + 2))
        text.insert(place, "\\");
    return text;
}

std::string node_type_page(const core::NodeType& type, std::size_t level) {
    std::string page = std::string(level, '#') + " " + versioned(type) + "\n\n" + type.description +
                       "\n\n" + facts_of(type, level > 1) + "\n";
    append_ports(page, "input", type.inputs, true);
    append_ports(page, "output", type.outputs, false);
    append_fields(page, type);
    append_examples(page, type);
    page += "\nIn a workflow:\n\n```yaml\n" + node_snippet(type) + "```\n";
    return page;
}

std::string node_types_page(const nodes::Registry& registry) {
    std::string page{opening};
    for (const core::NodeCategory category : registry.categories()) {
        page += "\n## " + category_title(category) + "\n";
        for (const auto& definition : registry.list(category))
            page += "\n" + node_type_page(definition->type, 3);
    }
    return page;
}

std::string node_types_index(const nodes::Registry& registry) {
    std::string page = "# Node types\n";
    for (const core::NodeCategory category : registry.categories()) {
        page += "\n## " + category_title(category) + "\n\n| type | |\n| --- | --- |\n";
        for (const auto& definition : registry.list(category)) {
            const core::NodeType& type = definition->type;
            const std::size_t end = type.description.find(". ");
            page += fmt::format(
                "| [`{0}`]({0}.md) | {1} |\n", versioned(type),
                in_cell(end == std::string::npos ? type.description
                                                 : type.description.substr(0, end + 1)));
        }
    }
    return page;
}

}  // namespace millrace::cli
