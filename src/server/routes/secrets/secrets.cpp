// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "api/request_body.hpp"
#include "millrace/core/json.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "millrace/store/secrets.hpp"
#include "routes/routes.hpp"
#include "routes/secrets/secret_values.hpp"

// Secrets and credentials: written, replaced and deleted, but never read.

namespace millrace::server {
namespace {

using store::SecretKind;

Answer list(Services& services, SecretKind kind) {
    const auto secrets = services.runtime.store().secrets().list(kind);
    if (!secrets) return std::unexpected(problem_of(secrets.error()));
    std::vector<core::Value> items;
    for (const store::SealedSecret& secret : *secrets)
        items.push_back(secret_value(secret));
    return list_response(std::move(items), "");
}

/// Stores the value under the request's name; answers what is known of it from then on.
Answer put(Services& services, const Request& request, SecretKind kind, const std::string& type,
           std::string_view value) {
    const std::string& name = request.parameter("name");
    if (const auto checked = runtime::check_secret_name(name); !checked)
        return std::unexpected(problem_of(checked.error()));
    store::Secrets& secrets = services.runtime.store().secrets();
    const bool is_new = !secrets.find(kind, name);
    if (const auto may = check_presence(request, !is_new); !may)
        return std::unexpected(may.error());
    const auto vault = services.runtime.vault();
    if (!vault) return std::unexpected(problem_of(vault.error()));
    const auto done = services.runtime.write(
        [&](store::Store&) { return (*vault)->put(kind, name, type, value, request.received_at); });
    if (!done) return std::unexpected(problem_of(done.error()));
    const auto stored = secrets.find(kind, name);
    if (!stored) return std::unexpected(problem_of(stored.error()));
    return json_response(secret_value(*stored), is_new ? 201 : 200);
}

constexpr std::size_t value_bytes_max = 64u << 10;

/// The body, an object of these members. What is wrong with it is told without quoting it, as the
/// messages of parsers and schemas would.
std::expected<core::Value, Problem> body_of(const Request& request,
                                            std::span<const std::string_view> members) {
    if (const auto syntax = body_syntax(request); !syntax) return std::unexpected(syntax.error());
    auto body = core::parse_json(request.body, {.duplicate_keys = false});
    if (!body) {
        return std::unexpected(
            problem("malformed_json", "the body is no JSON; it is not repeated here"));
    }
    bool fits = body->is_object() && body->as_object().size() == members.size();
    std::string wanted;
    for (const std::string_view member : members) {
        fits = fits && body->find(member) != nullptr;
        wanted += (wanted.empty() ? "`" : " and `") + std::string{member} + "`";
    }
    if (fits) return std::move(*body);
    return std::unexpected(
        problem("invalid", "the body must be an object with " + wanted + " and nothing else"));
}

Answer put_secret(Services& services, const Request& request) {
    static constexpr std::array<std::string_view, 1> members{"value"};
    const auto body = body_of(request, members);
    if (!body) return std::unexpected(body.error());
    const core::Value& value = *body->find("value");
    if (!value.is_string() || value.as_string().empty() ||
        value.as_string().size() > value_bytes_max)
        return std::unexpected(problem("invalid", "`value` must be a text of 1 byte to 64 KiB"));
    return put(services, request, SecretKind::secret, "", value.as_string());
}

Answer put_credential(Services& services, const Request& request) {
    static constexpr std::array<std::string_view, 2> members{"type", "fields"};
    const auto body = body_of(request, members);
    if (!body) return std::unexpected(body.error());
    if (!body->find("type")->is_string())
        return std::unexpected(problem("invalid", "`type` must be a text"));
    const std::string type{body->find("type")->as_string()};
    const auto fields = runtime::check_credential(type, *body->find("fields"));
    if (!fields) return std::unexpected(problem_of(fields.error()));
    return put(services, request, SecretKind::credential, type, core::to_json(*fields));
}

Answer remove(Services& services, const Request& request, SecretKind kind) {
    const auto done = services.runtime.write([&](store::Store& store) {
        return store.secrets().remove(kind, request.parameter("name"));
    });
    if (!done) return std::unexpected(problem_of(done.error()));
    return empty_response();
}

Answer rotate(Services& services) {
    const auto vault = services.runtime.vault();
    if (!vault) return std::unexpected(problem_of(vault.error()));
    core::Result<runtime::Vault::Rotation> rotation;
    const auto done = services.runtime.write([&](store::Store&) -> core::Result<> {
        rotation = (*vault)->rotate();
        if (!rotation) return std::unexpected(rotation.error());
        return {};
    });
    if (!done) return std::unexpected(problem_of(done.error()));
    return json_response(core::Value::object(
        {{"key_id", rotation->key_id}, {"secrets", static_cast<std::int64_t>(rotation->secrets)}}));
}

Route route(Method method, std::string pattern, std::string id, std::string tag,
            std::string summary) {
    Route made;
    made.method = method;
    made.pattern = std::move(pattern);
    made.id = std::move(id);
    made.tag = std::move(tag);
    made.summary = std::move(summary);
    made.action = Action::administer;
    return made;
}

Parameter name_parameter() {
    return path_parameter("name",
                          "1 to 128 letters, digits, `_`, `-` and `.`, of which the first is a "
                          "letter.");
}

std::vector<Parameter> putting_parameters() {
    return {name_parameter(), header_parameter("If-Match", "`*`: there must be one already."),
            header_parameter("If-None-Match", "`*`: there must be none yet.")};
}

void add_secrets(RouteTable& table, Services& services) {
    Route all = route(Method::get, "/api/v1/secrets", "listSecrets", "Secrets", "List secrets");
    all.description = "Their names; values never come back.";
    all.answers = {{200, "All of them.", list_schema("Secret")}};
    all.handler = [&services](const Request&) { return list(services, SecretKind::secret); };
    table.routes.push_back(std::move(all));

    Route set =
        route(Method::put, "/api/v1/secrets/{name}", "putSecret", "Secrets", "Set a secret");
    set.description =
        "It is encrypted before it is stored. Nodes that use it get the new value from now on.";
    set.parameters = putting_parameters();
    set.body = {{"The value.", schema_of(R"({
        "type": "object",
        "required": ["value"],
        "additionalProperties": false,
        "properties": {"value": {"type": "string", "minLength": 1, "maxLength": 65536}}
    })")}};
    set.body.front().is_raw = true;
    set.answers = {{200, "It has another value now.", schema_ref("Secret")},
                   {201, "There was none of this name.", schema_ref("Secret")}};
    set.problems = {"malformed_json", "unsupported_media_type", "invalid", "stale", "unavailable"};
    set.handler = [&services](const Request& request) { return put_secret(services, request); };
    table.routes.push_back(std::move(set));

    Route gone =
        route(Method::del, "/api/v1/secrets/{name}", "deleteSecret", "Secrets", "Delete a secret");
    gone.description = "Nodes that use it fail from now on.";
    gone.parameters = {name_parameter()};
    gone.answers = {{204, "It is deleted.", {}}};
    gone.problems = {"not_found", "unavailable"};
    gone.handler = [&services](const Request& request) {
        return remove(services, request, SecretKind::secret);
    };
    table.routes.push_back(std::move(gone));
}

void add_rotation(RouteTable& table, Services& services) {
    Route rotation =
        route(Method::post, "/api/v1/secrets/rotate-key", "rotateKey", "Secrets", "Make a new key");
    rotation.description =
        "All secrets and credentials are encrypted with a new key, in one transaction, and the old "
        "key is gone. Executions go on meanwhile.";
    rotation.answers = {{200, "The new key.", schema_of(R"({
        "type": "object",
        "required": ["key_id", "secrets"],
        "properties": {
            "key_id": {"type": "string"},
            "secrets": {"type": "integer", "description": "How many it encrypts."}
        }
    })")}};
    rotation.problems = {"unavailable"};
    rotation.handler = [&services](const Request&) { return rotate(services); };
    table.routes.push_back(std::move(rotation));
}

void add_credentials(RouteTable& table, Services& services) {
    Route all = route(Method::get, "/api/v1/credentials", "listCredentials", "Credentials",
                      "List credentials");
    all.description = "Their names and types; fields never come back.";
    all.answers = {{200, "All of them.", list_schema("Credential")}};
    all.handler = [&services](const Request&) { return list(services, SecretKind::credential); };
    table.routes.push_back(std::move(all));

    Route set = route(Method::put, "/api/v1/credentials/{name}", "putCredential", "Credentials",
                      "Set a credential");
    set.description =
        "It is encrypted before it is stored. Nodes that use it get the new fields from now on.";
    set.parameters = putting_parameters();
    set.body = {{"Its type, and the fields that the type asks for.", schema_of(R"({
        "type": "object",
        "required": ["type", "fields"],
        "additionalProperties": false,
        "properties": {
            "type": {"type": "string", "description": "One of `GET /credential-types`."},
            "fields": {"type": "object"}
        }
    })")}};
    set.body.front().is_raw = true;
    set.answers = {{200, "It has other fields now.", schema_ref("Credential")},
                   {201, "There was none of this name.", schema_ref("Credential")}};
    set.problems = {"malformed_json", "unsupported_media_type", "invalid", "stale", "unavailable"};
    set.handler = [&services](const Request& request) { return put_credential(services, request); };
    table.routes.push_back(std::move(set));

    Route gone = route(Method::del, "/api/v1/credentials/{name}", "deleteCredential", "Credentials",
                       "Delete a credential");
    gone.description = "Nodes that use it fail from now on.";
    gone.parameters = {name_parameter()};
    gone.answers = {{204, "It is deleted.", {}}};
    gone.problems = {"not_found", "unavailable"};
    gone.handler = [&services](const Request& request) {
        return remove(services, request, SecretKind::credential);
    };
    table.routes.push_back(std::move(gone));
}

void add_credential_types(RouteTable& table) {
    Route types = route(Method::get, "/api/v1/credential-types", "listCredentialTypes",
                        "Credentials", "List types of credentials");
    types.description = "What each type asks for.";
    types.action = Action::read;
    types.runs = Runs::here;
    types.answers = {{200, "All of them.", list_schema("CredentialType")}};
    types.handler = [](const Request&) -> Answer {
        return json_response(credential_types_value());
    };
    table.routes.push_back(std::move(types));
}

}  // namespace

void add_secret_routes(RouteTable& table, Services& services) {
    add_secret_schemas(table);
    add_secrets(table, services);
    add_rotation(table, services);
    add_credentials(table, services);
    add_credential_types(table);
}

}  // namespace millrace::server
