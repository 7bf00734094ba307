// SPDX-License-Identifier: Apache-2.0
#include "routes/secrets/secret_values.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/runtime/credential_types.hpp"

namespace millrace::server {
namespace {

/// `a|b` as an array; none for the empty text.
core::Value words_value(std::string_view words) {
    std::vector<core::Value> list;
    while (!words.empty()) {
        const std::size_t end = words.find('|');
        list.emplace_back(words.substr(0, end));
        words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
    }
    return core::Value::array(std::move(list));
}

core::Value field_value(const runtime::CredentialField& field) {
    core::ObjectBuilder value;
    value.set("name", field.name).set("description", field.description);
    value.set("is_required", field.is_required).set("is_secret", field.is_secret);
    if (!field.choices.empty()) value.set("choices", words_value(field.choices));
    if (!field.schemes.empty()) value.set("schemes", words_value(field.schemes));
    return std::move(value).build();
}

}  // namespace

core::Value secret_value(const store::SealedSecret& secret) {
    core::ObjectBuilder value;
    value.set("name", secret.name);
    if (secret.kind == store::SecretKind::credential) value.set("type", secret.type);
    value.set("created_at", secret.created_at.text());
    value.set("updated_at", secret.updated_at.text());
    return std::move(value).build();
}

core::Value credential_types_value() {
    std::vector<core::Value> types;
    for (const runtime::CredentialType& type : runtime::credential_types()) {
        std::vector<core::Value> fields;
        for (const runtime::CredentialField& field : type.fields)
            fields.push_back(field_value(field));
        types.push_back(core::Value::object({{"name", type.name},
                                             {"description", type.description},
                                             {"fields", core::Value::array(std::move(fields))}}));
    }
    return list_value(std::move(types), "");
}

void add_secret_schemas(RouteTable& table) {
    table.schemas.emplace_back("Secret", schema_of(R"({
        "type": "object",
        "required": ["name", "created_at", "updated_at"],
        "properties": {
            "name": {"type": "string"},
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"}
        }
    })"));
    table.schemas.emplace_back("Credential", schema_of(R"({
        "type": "object",
        "required": ["name", "type", "created_at", "updated_at"],
        "properties": {
            "name": {"type": "string"},
            "type": {"type": "string", "description": "One of `GET /credential-types`."},
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"}
        }
    })"));
    table.schemas.emplace_back("CredentialType", schema_of(R"({
        "type": "object",
        "required": ["name", "description", "fields"],
        "properties": {
            "name": {"type": "string"},
            "description": {"type": "string"},
            "fields": {"type": "array", "items": {
                "type": "object",
                "required": ["name", "description", "is_required", "is_secret"],
                "properties": {
                    "name": {"type": "string"},
                    "description": {"type": "string"},
                    "is_required": {"type": "boolean"},
                    "is_secret": {"type": "boolean", "description": "Masked wherever it might be shown."},
                    "choices": {"type": "array", "items": {"type": "string"}},
                    "schemes": {"type": "array", "items": {"type": "string"}, "description": "A URL that begins with one of these."}
                }
            }}
        }
    })"));
}

}  // namespace millrace::server
