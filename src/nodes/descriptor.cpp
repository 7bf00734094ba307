// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/descriptor.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

template <class E, std::size_t N>
using Words = std::array<std::pair<std::string_view, E>, N>;

constexpr Words<core::NodeCategory, 5> categories{{
    {"triggers", core::NodeCategory::triggers},
    {"transforms", core::NodeCategory::transforms},
    {"actions", core::NodeCategory::actions},
    {"conditions", core::NodeCategory::conditions},
    {"integrations", core::NodeCategory::integrations},
}};
constexpr Words<core::NodeRole, 7> roles{{
    {"trigger", core::NodeRole::trigger},
    {"pure", core::NodeRole::pure},
    {"decision", core::NodeRole::decision},
    {"effect", core::NodeRole::effect},
    {"delay", core::NodeRole::delay},
    {"wait", core::NodeRole::wait},
    {"container", core::NodeRole::container},
}};
constexpr Words<core::PortKind, 2> kinds{{
    {"value", core::PortKind::value},
    {"stream", core::PortKind::stream},
}};
constexpr Words<core::FieldMode, 4> modes{{
    {"expression", core::FieldMode::expression},
    {"literal", core::FieldMode::literal},
    {"deferred", core::FieldMode::deferred},
    {"confidential", core::FieldMode::confidential},
}};
constexpr Words<core::ContainerKind, 3> containers{{
    {"none", core::ContainerKind::none},
    {"loop", core::ContainerKind::loop},
    {"attempt", core::ContainerKind::attempt},
}};
constexpr Words<core::ChoiceKind, 2> choices{{
    {"one_output", core::ChoiceKind::one_output},
    {"default_or_others", core::ChoiceKind::default_or_others},
}};

/// Reads the members of one object and collects what is wrong with them.
class Reader {
public:
    Reader(const Value& object, std::string place, std::vector<std::string>& mistakes)
        : object_{object}, place_{std::move(place)}, mistakes_{mistakes} {
        if (!object.is_object()) mistake("", "must be an object");
    }
    /// Every member must have been asked for by now.
    ~Reader() {
        if (!object_.is_object()) return;
        for (const core::Member& member : object_.as_object()) {
            if (std::ranges::find(asked_, member.key) != asked_.end()) continue;
            const std::string near = core::nearest(member.key, asked_);
            mistake(member.key, near.empty() ? "is no key of a descriptor"
                                             : "is no key of a descriptor; did you mean " + near);
        }
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const Value* find(std::string_view key) {
        asked_.push_back(key);
        return object_.find(key);
    }
    Value any(std::string_view key) {
        const Value* value = find(key);
        return value == nullptr ? Value{} : *value;
    }
    void text(std::string_view key, std::string& into, bool required = true) {
        const Value* value = find(key);
        if (value != nullptr && value->is_string()) {
            into = value->as_string();
        } else if (value != nullptr || required) {
            mistake(key, "must be a string");
        }
    }
    void flag(std::string_view key, bool& into) {
        const Value* value = find(key);
        if (value == nullptr) return;
        if (value->is_bool()) {
            into = value->as_bool();
        } else {
            mistake(key, "must be true or false");
        }
    }
    template <class E, std::size_t N>
    void word(std::string_view key, const Words<E, N>& words, E& into, bool required = true) {
        std::string text;
        const std::size_t before = mistakes_.size();
        this->text(key, text, required);
        if (mistakes_.size() != before || text.empty()) return;
        for (const auto& [name, value] : words) {
            if (name == text) {
                into = value;
                return;
            }
        }
        std::string all = "must be one of";
        for (const auto& [name, value] : words)
            all += " " + std::string{name};
        mistake(key, all);
    }
    /// The elements of an optional array.
    std::span<const Value> elements(std::string_view key) {
        const Value* value = find(key);
        if (value == nullptr) return {};
        if (value->is_array()) return value->as_array();
        mistake(key, "must be an array");
        return {};
    }
    void mistake(std::string_view key, const std::string& what) {
        std::string where = place_;
        if (!key.empty()) where += (where.empty() ? "" : ".") + std::string{key};
        mistakes_.push_back(where.empty() ? what : where + " " + what);
    }
    std::string place_of(std::string_view key, std::size_t index) const {
        return place_ + std::string{key} + "[" + std::to_string(index) + "]";
    }

private:
    const Value& object_;
    std::string place_;
    std::vector<std::string>& mistakes_;
    std::vector<std::string_view> asked_;
};

void read_ports(Reader& type, std::string_view key, std::vector<core::PortDescriptor>& into,
                std::vector<std::string>& mistakes) {
    const bool is_input = key == "inputs";
    for (const Value& element : type.elements(key)) {
        Reader reader{element, type.place_of(key, into.size()), mistakes};
        core::PortDescriptor port;
        reader.text("name", port.name);
        reader.word("kind", kinds, port.kind, false);
        reader.text("description", port.description);
        reader.flag("inner", port.inner);
        if (is_input) {
            reader.flag("required", port.required);
            reader.flag("many", port.many);
        }
        port.schema = reader.any("schema");
        into.push_back(std::move(port));
    }
}

void read_texts(Reader& reader, std::string_view key, std::vector<std::string>& into) {
    for (const Value& element : reader.elements(key)) {
        if (element.is_string()) {
            into.emplace_back(element.as_string());
        } else {
            reader.mistake(key, "must be an array of strings");
        }
    }
}

/// Each is a mode, or `{mode, locals}`.
void read_fields(Reader& type, std::vector<core::DataField>& into,
                 std::vector<std::string>& mistakes) {
    const Value fields = type.any("fields");
    if (fields.is_null()) return;
    Reader reader{fields, "fields", mistakes};
    if (!fields.is_object()) return;
    for (const core::Member& member : fields.as_object()) {
        core::DataField field{.name = member.key};
        if (member.value.is_object()) {
            reader.find(member.key);
            Reader inner{member.value, "fields." + member.key, mistakes};
            inner.word("mode", modes, field.mode);
            read_texts(inner, "locals", field.locals);
        } else {
            reader.word(member.key, modes, field.mode);
        }
        into.push_back(std::move(field));
    }
}

void read_examples(Reader& type, std::vector<core::NodeExample>& into,
                   std::vector<std::string>& mistakes) {
    for (const Value& element : type.elements("examples")) {
        Reader reader{element, type.place_of("examples", into.size()), mistakes};
        core::NodeExample example;
        reader.text("name", example.name);
        reader.text("description", example.description);
        example.data = reader.any("data");
        example.input = reader.any("input");
        example.expected = reader.any("expected");
        into.push_back(std::move(example));
    }
}

core::NodeType read_type(const Value& tree, std::vector<std::string>& mistakes) {
    core::NodeType type;
    Reader reader{tree, "", mistakes};
    reader.text("type", type.type);
    const Value version = reader.any("version");
    if (version.is_integer() && version.as_integer() > 0 && version.as_integer() < 1'000'000) {
        type.version = static_cast<std::uint32_t>(version.as_integer());
    } else {
        reader.mistake("version", "must be a number from 1");
    }
    reader.text("semantic_version", type.semantic_version);
    reader.text("name", type.name);
    reader.text("description", type.description);
    reader.text("icon", type.icon);
    reader.text("author", type.author, false);
    reader.word("category", categories, type.category);
    reader.word("role", roles, type.role);
    reader.word("container", containers, type.container, false);
    reader.word("choice", choices, type.choice, false);
    reader.flag("enabled", type.enabled);
    reader.flag("stays_inline", type.stays_inline);
    read_ports(reader, "inputs", type.inputs, mistakes);
    read_ports(reader, "outputs", type.outputs, mistakes);
    type.data_schema = reader.any("data_schema");
    type.default_data = reader.any("default_data");
    read_fields(reader, type.fields, mistakes);
    read_examples(reader, type.examples, mistakes);
    read_texts(reader, "credentials", type.credentials);
    type.mock_output = reader.any("mock_output");
    return type;
}

Value to_value(const std::vector<core::PortDescriptor>& ports, bool inputs) {
    std::vector<Value> list;
    for (const core::PortDescriptor& port : ports) {
        core::ObjectBuilder builder;
        builder.set("name", port.name).set("kind", core::to_text(port.kind));
        if (inputs) builder.set("required", port.required).set("many", port.many);
        if (port.inner) builder.set("inner", true);
        builder.set("description", port.description);
        if (!port.schema.is_null()) builder.set("schema", port.schema);
        list.push_back(std::move(builder).build());
    }
    return Value::array(std::move(list));
}

Value to_value(const std::vector<std::string>& texts) {
    std::vector<Value> list;
    for (const std::string& text : texts)
        list.emplace_back(text);
    return Value::array(std::move(list));
}

Value to_value(const core::DataField& field) {
    if (field.locals.empty()) return core::to_text(field.mode);
    return Value::object({{"mode", core::to_text(field.mode)}, {"locals", to_value(field.locals)}});
}

Value to_value(const core::NodeExample& example) {
    core::ObjectBuilder builder;
    builder.set("name", example.name).set("description", example.description);
    builder.set("data", example.data).set("input", example.input);
    if (!example.expected.is_null()) builder.set("expected", example.expected);
    return std::move(builder).build();
}

}  // namespace

core::Result<core::NodeType> read_descriptor(std::string_view name, std::string_view json) {
    const core::Result<Value> tree = core::parse_json(json);
    const std::string whose{name};
    if (!tree) {
        return core::fail(RegistryErrc::bad_descriptor, whose + ": " + tree.error().message());
    }
    std::vector<std::string> mistakes;
    core::NodeType type = read_type(*tree, mistakes);
    if (mistakes.empty()) return type;
    std::string all = whose + ": ";
    for (const std::string& mistake : mistakes) {
        all += (&mistake == mistakes.data() ? "" : "; ") + mistake;
    }
    return core::fail(RegistryErrc::bad_descriptor, std::move(all));
}

Value to_value(const core::NodeType& type) {
    core::ObjectBuilder fields;
    for (const core::DataField& field : type.fields) {
        fields.set(field.name, to_value(field));
    }
    std::vector<Value> examples;
    examples.reserve(type.examples.size());
    for (const core::NodeExample& example : type.examples)
        examples.push_back(to_value(example));
    core::ObjectBuilder builder;
    builder.set("type", type.type).set("version", type.version);
    builder.set("semantic_version", type.semantic_version).set("name", type.name);
    builder.set("description", type.description).set("icon", type.icon);
    builder.set("author", type.author).set("category", core::to_text(type.category));
    builder.set("role", core::to_text(type.role)).set("enabled", type.enabled);
    if (type.stays_inline) builder.set("stays_inline", true);
    if (type.container != core::ContainerKind::none) {
        builder.set("container", core::to_text(type.container));
    }
    if (type.choice != core::ChoiceKind::one_output) {
        builder.set("choice", core::to_text(type.choice));
    }
    builder.set("inputs", to_value(type.inputs, true));
    builder.set("outputs", to_value(type.outputs, false));
    builder.set("data_schema", type.data_schema).set("default_data", type.default_data);
    builder.set("fields", std::move(fields).build());
    builder.set("examples", Value::array(std::move(examples)));
    if (!type.credentials.empty()) builder.set("credentials", to_value(type.credentials));
    if (!type.mock_output.is_null()) builder.set("mock_output", type.mock_output);
    return std::move(builder).build();
}

}  // namespace millrace::nodes
