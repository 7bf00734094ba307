// SPDX-License-Identifier: Apache-2.0
#include "api/schema_bundle.hpp"

#include <set>
#include <string>
#include <vector>

namespace millrace::server {

using core::Value;

namespace {

constexpr std::string_view definitions_prefix = "#/definitions/";

/// The names that a schema refers to, in the order in which they are met.
void collect(const Value& schema, std::vector<std::string>& names) {
    if (schema.is_array()) {
        for (const Value& element : schema.as_array())
            collect(element, names);
    }
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.as_object()) {
        if (key == "$ref" && value.is_string() && value.as_string().starts_with(component_prefix))
            names.emplace_back(value.as_string().substr(component_prefix.size()));
        else
            collect(value, names);
    }
}

}  // namespace

Value with_references(const Value& schema, std::string_view from, std::string_view to) {
    if (schema.is_array()) {
        std::vector<Value> elements;
        elements.reserve(schema.size());
        for (const Value& element : schema.as_array())
            elements.push_back(with_references(element, from, to));
        return Value::array(std::move(elements));
    }
    if (!schema.is_object()) return schema;
    std::vector<core::Member> members;
    members.reserve(schema.size());
    for (const auto& [key, value] : schema.as_object()) {
        if (key == "$ref" && value.is_string() && value.as_string().starts_with(from)) {
            const std::string rest{value.as_string().substr(from.size())};
            members.push_back({key, std::string{to} + rest});
        } else {
            members.push_back({key, with_references(value, from, to)});
        }
    }
    return Value::object(std::move(members));
}

Value bundled(const Value& schema, const std::function<const Value*(std::string_view)>& find) {
    std::vector<std::string> waiting;
    collect(schema, waiting);
    if (waiting.empty()) return schema;
    core::ObjectBuilder definitions;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const std::string name = waiting[i];
        const Value* const found = seen.insert(name).second ? find(name) : nullptr;
        if (found == nullptr) continue;
        definitions.set(name, with_references(*found, component_prefix, definitions_prefix));
        collect(*found, waiting);
    }
    // Beside a `$ref` draft-07 reads nothing, so the schema itself becomes a part.
    return Value::object(
        {{"allOf", Value::array({with_references(schema, component_prefix, definitions_prefix)})},
         {"definitions", std::move(definitions).build()}});
}

}  // namespace millrace::server
