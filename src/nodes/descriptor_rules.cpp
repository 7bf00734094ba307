// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/engine/node.hpp"
#include "millrace/nodes/descriptor.hpp"

// What a descriptor must hold to, however it came about.

namespace millrace::nodes {
namespace {

using core::Value;

bool is_lower_word(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, fits);
}

/// Words with dots between them, such as `http.request`; at least two.
bool is_type_name(std::string_view text) {
    std::size_t words = 0;
    while (true) {
        const std::size_t dot = text.find('.');
        if (!is_lower_word(text.substr(0, dot))) return false;
        ++words;
        if (dot == std::string_view::npos) return words >= 2;
        text.remove_prefix(dot + 1);
    }
}

bool is_semantic_version(std::string_view text) {
    for (int part = 0; part < 3; ++part) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
        text.remove_prefix(digits);
        if (part == 2) return text.empty() || text.front() == '-' || text.front() == '+';
        if (!text.starts_with('.')) return false;
        text.remove_prefix(1);
    }
    return false;
}

bool is_port_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
           std::ranges::all_of(text, fits);
}

void check_ports(const std::vector<core::PortDescriptor>& ports, std::string_view what,
                 std::vector<std::string>& mistakes) {
    std::vector<std::string_view> names;
    for (const core::PortDescriptor& port : ports) {
        const std::string named = std::string{what} + " port \"" + port.name + "\" ";
        if (!is_port_name(port.name)) {
            mistakes.emplace_back(named + "needs a name of letters, digits and _");
        }
        if (port.name == engine::error_port_name) {
            mistakes.emplace_back(named + "is there by itself and cannot be declared");
        }
        if (std::ranges::find(names, port.name) != names.end()) {
            mistakes.emplace_back(named + "is declared twice");
        }
        names.push_back(port.name);
    }
}

void check_choice(const core::NodeType& type, std::vector<std::string>& mistakes) {
    const bool any_number = type.choice == core::ChoiceKind::default_or_others;
    if (type.role != core::NodeRole::decision) {
        if (any_number) mistakes.emplace_back("only a decision has a choice");
    } else if (any_number) {
        // The others may depend on the data of each node.
        if (type.output("default") == nullptr) {
            mistakes.emplace_back("the choice default_or_others needs an output \"default\"");
        }
    } else if (type.outputs.size() < 2) {
        mistakes.emplace_back("a decision needs at least two outputs");
    }
}

void check_container(const core::NodeType& type, std::vector<std::string>& mistakes) {
    const bool is_container = type.role == core::NodeRole::container;
    const bool has_entry = std::ranges::any_of(type.outputs, &core::PortDescriptor::inner);
    if (is_container != (type.container != core::ContainerKind::none)) {
        mistakes.emplace_back("the role container goes with a container of loop or attempt");
    }
    if (is_container && !has_entry) mistakes.emplace_back("a container needs an inner output");
    if (is_container && std::ranges::all_of(type.outputs, &core::PortDescriptor::inner)) {
        mistakes.emplace_back("a container needs an output that is not inner");
    }
    if (!is_container &&
        (has_entry || std::ranges::any_of(type.inputs, &core::PortDescriptor::inner))) {
        mistakes.emplace_back("only a container has inner ports");
    }
}

/// The schema of a top-level key, or of `key[].element`; null pointer when there is none.
const Value* property_of(const Value& schema, std::string_view name) {
    const auto below = [](const Value* object, std::string_view key) {
        const Value* const properties = object->find("properties");
        return properties == nullptr ? nullptr : properties->find(key);
    };
    const std::size_t brackets = name.find("[].");
    const Value* const property = below(&schema, name.substr(0, brackets));
    if (property == nullptr || brackets == std::string_view::npos) return property;
    const Value* const items = property->find("items");
    return items == nullptr ? nullptr : below(items, name.substr(brackets + 3));
}

void check_role(const core::NodeType& type, std::vector<std::string>& mistakes) {
    const bool is_trigger = type.role == core::NodeRole::trigger;
    if (is_trigger && !type.inputs.empty()) mistakes.emplace_back("a trigger has no inputs");
    if (!is_trigger && type.inputs.empty()) mistakes.emplace_back("it needs an input port");
    if (type.outputs.empty()) mistakes.emplace_back("it needs an output port");
    check_choice(type, mistakes);
    check_container(type, mistakes);
    if (!type.mock_output.is_null() && type.role != core::NodeRole::effect) {
        mistakes.emplace_back("only an effect can have a mock_output");
    }
    const auto many = std::ranges::count_if(type.inputs, &core::PortDescriptor::many);
    if (many > 1) mistakes.emplace_back("at most one input can be `many`");
}

void check_locals(const core::DataField& field, std::vector<std::string>& mistakes) {
    constexpr std::array<std::string_view, 3> names{"item", "index", "acc"};
    const std::string named = "fields." + field.name;
    if (!field.locals.empty() && field.mode != core::FieldMode::deferred) {
        mistakes.emplace_back(named + " has locals, which only a deferred field can have");
    }
    for (auto local = field.locals.begin(); local != field.locals.end(); ++local) {
        if (std::ranges::find(names, *local) == names.end()) {
            mistakes.emplace_back(named + " has a local \"" + *local +
                                  "\"; there are item, index and acc");
        } else if (std::find(field.locals.begin(), local, *local) != local) {
            mistakes.emplace_back(named + " has the local " + *local + " twice");
        }
    }
}

void check_credentials(const core::NodeType& type, std::vector<std::string>& mistakes) {
    if (!type.credentials.empty() && type.role != core::NodeRole::effect) {
        mistakes.emplace_back("only an effect takes credentials");
    }
    for (const std::string& credential : type.credentials) {
        if (!is_lower_word(credential) && !is_type_name(credential)) {
            mistakes.emplace_back("the credential type \"" + credential +
                                  "\" must be lower-case words, such as http.basic");
        }
    }
}

void check_schema(const core::NodeType& type, std::vector<std::string>& mistakes) {
    if (!type.data_schema.is_object()) {
        mistakes.emplace_back("data_schema must be a JSON Schema of an object");
        return;
    }
    if (!type.default_data.is_object()) mistakes.emplace_back("default_data must be an object");
    for (const core::DataField& field : type.fields) {
        check_locals(field, mistakes);
        if (property_of(type.data_schema, field.name) == nullptr) {
            mistakes.emplace_back("fields." + field.name + " is no property of data_schema");
        } else if (field.name.contains("[].") && field.mode != core::FieldMode::deferred) {
            mistakes.emplace_back("fields." + field.name + " can only be deferred");
        } else if (field.mode == core::FieldMode::confidential &&
                   type.role != core::NodeRole::effect) {
            mistakes.emplace_back("fields." + field.name +
                                  " is confidential, which only an effect's field can be");
        }
    }
}

}  // namespace

std::vector<std::string> mistakes_of(const core::NodeType& type) {
    std::vector<std::string> mistakes;
    if (!is_type_name(type.type)) {
        mistakes.emplace_back("type must be lower-case words with a dot, such as http.request");
    }
    if (type.version == 0) mistakes.emplace_back("version counts from 1");
    if (!is_semantic_version(type.semantic_version)) {
        mistakes.emplace_back("semantic_version must look like 1.0.0");
    }
    if (type.name.empty()) mistakes.emplace_back("name is empty");
    if (type.description.empty()) mistakes.emplace_back("description is empty");
    check_ports(type.inputs, "input", mistakes);
    check_ports(type.outputs, "output", mistakes);
    check_role(type, mistakes);
    check_credentials(type, mistakes);
    check_schema(type, mistakes);
    return mistakes;
}

}  // namespace millrace::nodes
