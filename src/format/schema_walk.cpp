// SPDX-License-Identifier: Apache-2.0
#include "schema_walk.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "path_marks.hpp"
#include "reading.hpp"

namespace millrace::format {

using core::Value;

namespace {

using namespace std::string_view_literals;

constexpr std::size_t schema_depth_max = 200;
constexpr std::size_t reference_hops_max = 100;

/// Keywords whose object holds schemas under names of the user's choice.
constexpr std::array named_schemas{"properties"sv, "patternProperties"sv, "definitions"sv,
                                   "$defs"sv, "dependencies"sv};
/// Keywords that hold data.
constexpr std::array data_keywords{"enum"sv, "const"sv, "default"sv, "examples"sv};

/// Keywords whose value is a schema or a list of them.
constexpr std::array schema_keywords{"items"sv,
                                     "additionalItems"sv,
                                     "contains"sv,
                                     "propertyNames"sv,
                                     "additionalProperties"sv,
                                     "if"sv,
                                     "then"sv,
                                     "else"sv,
                                     "not"sv,
                                     "allOf"sv,
                                     "anyOf"sv,
                                     "oneOf"sv};
constexpr std::array count_keywords{"minItems"sv,  "maxItems"sv,      "minLength"sv,
                                    "maxLength"sv, "minProperties"sv, "maxProperties"sv};
constexpr std::array limit_keywords{"minimum"sv, "maximum"sv, "exclusiveMinimum"sv,
                                    "exclusiveMaximum"sv};

template <std::size_t N>
bool one_of(std::string_view key, const std::array<std::string_view, N>& keys) {
    return std::ranges::find(keys, key) != keys.end();
}

bool is_text_list(const Value& value) {
    return value.is_array() && std::ranges::all_of(value.as_array(), &Value::is_string);
}

/// What the value of a keyword must be; empty when it is that.
std::string_view wanted_of(std::string_view key, const Value& value) {
    if (one_of(key, count_keywords)) {
        return value.is_integer() && value.as_integer() >= 0 ? "" : "a whole number from 0";
    }
    if (one_of(key, limit_keywords)) return value.is_number() ? "" : "a number";
    if (key == "multipleOf") {
        return value.is_number() && value.as_double() > 0 ? "" : "a number above 0";
    }
    if (key == "uniqueItems") return value.is_bool() ? "" : "true or false";
    if (key == "required") return is_text_list(value) ? "" : "a list of keys";
    if (key == "enum") return value.is_array() ? "" : "a list of values";
    const bool is_text = key == "pattern" || key == "format" || key == "$ref";
    return !is_text || value.is_string() ? "" : "text";
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// A reference is a URI, whose fragment may hold `%20` and the like.
std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                            hex_digit(text[i + 2]) >= 0;
        if (!escape) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
    }
    return decoded;
}

class SchemaWalk {
public:
    SchemaWalk(const Value& root, SchemaPatterns& patterns) : root_{root}, patterns_{patterns} {}

    /// The first reason why it can't be compiled.
    std::optional<std::string> run() {
        schema(root_, 0, true);
        return wrong_;
    }

private:
    /// `is_schema` is false below keywords that are not known: those may hold anything.
    void schema(const Value& value, std::size_t depth, bool is_schema) {
        if (wrong_) return;
        if (depth > schema_depth_max) {
            wrong_ = "it is nested too deeply";
        } else if (value.is_array()) {
            for (const Value& element : value.as_array())
                schema(element, depth + 1, is_schema);
        } else if (value.is_object()) {
            for (const core::Member& member : value.as_object())
                keyword(member, depth, is_schema);
        }
    }

    void keyword(const core::Member& member, std::size_t depth, bool is_schema) {
        const std::string_view key = member.key;
        const std::string_view wanted = is_schema ? wanted_of(key, member.value) : "";
        if (!wanted.empty()) {
            wrong_ = std::string{key} + " must be " + std::string{wanted} + ", found " +
                     shown(member.value);
        }
        if (wrong_ || one_of(key, data_keywords)) return;
        if (key == "$ref" && member.value.is_string()) return reference(member.value.as_string());
        if (key == "pattern" && member.value.is_string()) return pattern(member.value.as_string());
        const bool named = one_of(key, named_schemas);
        const bool known = is_schema && (named || one_of(key, schema_keywords));
        if (!named || !member.value.is_object()) return schema(member.value, depth + 1, known);
        for (const core::Member& entry : member.value.as_object()) {
            if (key == "patternProperties") pattern(entry.key);
            schema(entry.value, depth + 1, known);
        }
    }

    void pattern(std::string_view text) {
        if (wrong_) return;
        if (std::optional<std::string> reason = patterns_.add(text)) {
            wrong_ = "pattern " + std::string{text} + ": " + *reason;
        }
    }

    void reference(std::string_view text) {
        const std::string first{text};
        for (std::size_t hops = 0; hops < reference_hops_max; ++hops) {
            if (!text.starts_with('#')) {
                wrong_ = "$ref " + std::string{text} +
                         " leads out of the schema; only references that begin with # are read";
                return;
            }
            if (text.size() > 1 && text[1] != '/') {
                wrong_ = "$ref " + std::string{text} +
                         " names an anchor, which is not supported; write the path of the schema, "
                         "such as #/definitions/NAME";
                return;
            }
            const Value* const target = resolve(text.substr(1));
            if (target == nullptr) {
                wrong_ = "$ref " + std::string{text} + " names nothing in the schema";
                return;
            }
            const Value* const next = target->find("$ref");
            if (next == nullptr || !next->is_string()) return;
            text = next->as_string();
        }
        wrong_ = "$ref " + first + " leads in a circle";
    }

    const Value* resolve(std::string_view pointer) const {
        const Value* at = &root_;
        while (!pointer.empty()) {
            const std::string token = percent_decoded(next_token(pointer));
            if (at->is_array()) {
                const std::span<const Value> elements = at->as_array();
                const bool number = !token.empty() && token.size() < 10 &&
                                    token.find_first_not_of("0123456789") == std::string::npos;
                if (!number || std::stoul(token) >= elements.size()) return nullptr;
                at = &elements[std::stoul(token)];
            } else {
                at = at->find(token);
                if (at == nullptr) return nullptr;
            }
        }
        return at;
    }

    const Value& root_;
    SchemaPatterns& patterns_;
    std::optional<std::string> wrong_;
};

}  // namespace

std::optional<std::string> schema_mistake(const Value& schema, SchemaPatterns& patterns) {
    return SchemaWalk{schema, patterns}.run();
}

}  // namespace millrace::format
