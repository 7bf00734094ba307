// SPDX-License-Identifier: Apache-2.0
#include "compile_data.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "millrace/core/problem.hpp"

namespace millrace::engine {
namespace {

/// The next token of a JSON Pointer, unescaped; moves `pointer` behind it.
std::string next_token(std::string_view& pointer) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string token;
    for (std::size_t i = 0; i < end; ++i) {
        const bool is_escape = pointer[i] == '~' && i + 1 < end;
        if (is_escape) ++i;
        token += is_escape ? (pointer[i] == '1' ? '/' : '~') : pointer[i];
    }
    pointer.remove_prefix(end);
    return token;
}

/// The value at the pointer, or null pointer when there is none.
const core::Value* value_at(const core::Value& root, std::string_view pointer) {
    const core::Value* value = &root;
    while (value != nullptr && pointer.starts_with('/')) {
        const std::string token = next_token(pointer);
        if (!value->is_array()) {
            value = value->find(token);
            continue;
        }
        std::size_t index = 0;
        const char* const end = token.data() + token.size();
        const auto read = std::from_chars(token.data(), end, index);
        const bool exists = read.ec == std::errc{} && read.ptr == end && index < value->size();
        value = exists ? &value->as_array()[index] : nullptr;
    }
    return value;
}

/// Can the string at `pointer` turn into something else when it is evaluated?
bool is_evaluated(const core::NodeType& type, std::string_view pointer, std::string_view text) {
    if (!pointer.starts_with('/')) return holds_template(text);
    const core::DataField* const field = find_field(type, next_token(pointer));
    if (is_template(field)) return holds_template(text);
    return field->mode == core::FieldMode::expression;
}

/// The tree with `sample` in place of every string that is evaluated; the tree itself when there
/// is none. Recursion is bounded by `depth`, far beyond what a document may hold.
core::Value with_sample(const core::NodeType& type, const core::Value& value,
                        const std::string& pointer, const core::Value& sample, int depth) {
    if (depth == 0) return value;
    if (value.is_string()) return is_evaluated(type, pointer, value.as_string()) ? sample : value;
    if (value.is_array()) {
        std::vector<core::Value> elements;
        for (const core::Value& element : value.as_array()) {
            elements.push_back(with_sample(
                type, element, core::pointer_child(pointer, elements.size()), sample, depth - 1));
        }
        return core::Value::array(std::move(elements));
    }
    if (value.is_object()) {
        std::vector<core::Member> members;
        for (const core::Member& member : value.as_object()) {
            members.push_back({member.key, with_sample(type, member.value,
                                                       core::pointer_child(pointer, member.key),
                                                       sample, depth - 1)});
        }
        return core::Value::object(std::move(members));
    }
    return value;
}

/// Violations at arrays and objects can come from a template below, as when no alternative of an
/// `anyOf` fits. What remains whatever the templates give is a mistake for sure.
void remove_curable(const core::NodeType& type, const core::Value& data,
                    std::vector<core::SchemaViolation>& violations) {
    const std::array<core::Value, 6> samples{core::Value{"x"},       core::Value{1},
                                             core::Value{true},      core::Value{},
                                             core::Value::array({}), core::Value::object({})};
    constexpr int depth_max = 1'000;
    for (const core::Value& sample : samples) {
        if (violations.empty()) return;
        const auto remaining =
            type.data_check->violations(with_sample(type, data, {}, sample, depth_max));
        std::erase_if(violations, [&](const core::SchemaViolation& violation) {
            return std::ranges::none_of(remaining, [&](const core::SchemaViolation& other) {
                return other.path == violation.path && other.message == violation.message;
            });
        });
    }
}

/// The name of a deferred field in the elements of `key`; empty when they are deferred as a whole,
/// nothing when neither is.
std::optional<std::string_view> element_key(const core::DataField& field, std::string_view key) {
    const std::string_view name = field.name;
    if (!name.starts_with(key)) return std::nullopt;
    const std::string_view rest = name.substr(key.size());
    if (rest == "[]") return std::string_view{};
    return rest.starts_with("[].") ? std::optional{rest.substr(3)} : std::nullopt;
}

/// True when the value was one to be deferred, and is.
bool defer(const core::Value& value, const std::string& pointer, const core::DataField& field,
           std::vector<DeferredSource>& deferred) {
    // A literal condition is written as the expression that it is.
    if (value.is_bool()) {
        deferred.push_back({pointer, value.as_bool() ? "true" : "false", &field});
    } else if (value.is_string()) {
        deferred.push_back({pointer, std::string{value.as_string()}, &field});
    } else {
        return false;  // against the schema, which says so
    }
    return true;
}

/// An element of a list without what is deferred in it: the member `key`, or all of it. The place
/// of such a one stays, as null.
core::Value element_without(const core::Value& element, std::string_view key,
                            const std::string& pointer, const core::DataField& field,
                            std::vector<DeferredSource>& deferred) {
    if (key.empty()) return defer(element, pointer, field, deferred) ? core::Value{} : element;
    if (!element.is_object()) return element;
    std::vector<core::Member> kept;
    for (const core::Member& member : element.as_object()) {
        const bool is_it = member.key == key;
        if (!is_it ||
            !defer(member.value, core::pointer_child(pointer, member.key), field, deferred))
            kept.push_back(member);
    }
    return core::Value::object(std::move(kept));
}

}  // namespace

core::Value without_deferred(const core::NodeType& type, const core::Value& data,
                             std::vector<DeferredSource>& deferred) {
    const bool has_any = std::ranges::any_of(type.fields, [](const core::DataField& field) {
        return field.mode == core::FieldMode::deferred;
    });
    if (!has_any || !data.is_object()) return data;
    std::vector<core::Member> kept;
    for (const core::Member& member : data.as_object()) {
        const std::string pointer = core::pointer_child({}, member.key);
        core::Value value = member.value;
        bool is_deferred = false;
        for (const core::DataField& field : type.fields) {
            if (field.mode != core::FieldMode::deferred) continue;
            if (field.name == member.key) is_deferred = defer(value, pointer, field, deferred);
            const std::optional<std::string_view> below = element_key(field, member.key);
            if (!below || !value.is_array()) continue;
            std::vector<core::Value> elements;
            for (const core::Value& element : value.as_array()) {
                elements.push_back(element_without(element, *below,
                                                   core::pointer_child(pointer, elements.size()),
                                                   field, deferred));
            }
            value = core::Value::array(std::move(elements));
        }
        if (!is_deferred) kept.push_back({member.key, std::move(value)});
    }
    return core::Value::object(std::move(kept));
}

const core::DataField* find_field(const core::NodeType& type, std::string_view key) {
    const auto found = std::ranges::find(type.fields, key, &core::DataField::name);
    return found == type.fields.end() ? nullptr : &*found;
}

bool is_template(const core::DataField* field) {
    return field == nullptr || field->mode == core::FieldMode::confidential;
}

bool holds_template(std::string_view text) {
    for (std::size_t at = text.find("{{"); at != std::string_view::npos;
         at = text.find("{{", at + 2)) {
        if (at == 0 || text[at - 1] != '\\') return true;
    }
    return false;
}

std::vector<core::SchemaViolation> data_violations(const core::NodeType& type,
                                                   const core::Value& data) {
    if (!type.data_check) return {};
    std::vector<core::SchemaViolation> violations = type.data_check->violations(data);
    if (violations.empty()) return violations;
    std::erase_if(violations, [&](const core::SchemaViolation& violation) {
        const core::Value* const value = value_at(data, violation.path);
        return value != nullptr && value->is_string() &&
               is_evaluated(type, violation.path, value->as_string());
    });
    remove_curable(type, data, violations);
    return violations;
}

}  // namespace millrace::engine
