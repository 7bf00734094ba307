// SPDX-License-Identifier: Apache-2.0
#include "webhooks/call_judge.hpp"

#include <algorithm>
#include <array>

#include <sodium/utils.h>

#include "http/text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/json.hpp"
#include "pages/form_encoding.hpp"

namespace millrace::server {
namespace {

using core::Value;
using nodes::WebhookAuth;

constexpr std::size_t violations_max = 100;

std::string lower(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char c) { return lower_case(c); });
    return made;
}

/// In a time that depends on the lengths only.
bool equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view field(const Value& credential, std::string_view name) {
    const Value* const value = credential.find(name);
    return value != nullptr && value->is_string() ? value->as_string() : std::string_view{};
}

Problem refused(std::string detail, std::string_view challenge = {}) {
    Problem made = problem("webhook_refused", std::move(detail));
    if (!challenge.empty()) made.headers.set("WWW-Authenticate", std::string{challenge});
    return made;
}

bool is_basic(const WebhookRequest& request, const Value& credential) {
    std::string_view shown = request.header("authorization");
    if (!equal_ignoring_case(take_item(shown, ' '), "Basic")) return false;
    const auto text = core::parse_base64(shown);
    const std::string right = std::string{field(credential, "username")} + ":" +
                              std::string{field(credential, "password")};
    return text && equal(*text, right);
}

bool is_bearer(const WebhookRequest& request, const Value& credential) {
    std::string_view shown = request.header("authorization");
    return equal_ignoring_case(take_item(shown, ' '), "Bearer") &&
           equal(shown, field(credential, "token"));
}

bool is_api_key(const WebhookRequest& request, const Value& credential) {
    const std::string_view name = field(credential, "name");
    const std::string_view value = field(credential, "value");
    if (name.empty() || value.empty()) return false;
    if (field(credential, "in") != "query") return equal(request.header(name), value);
    const auto found =
        std::ranges::find(request.query, name, &std::pair<std::string, std::string>::first);
    return found != request.query.end() && equal(found->second, value);
}

std::string_view media_type(std::string_view content_type) {
    return trimmed(content_type.substr(0, content_type.find(';')));
}

std::expected<Value, Problem> read_json_body(std::string_view body) {
    auto value = format::read_json(body);
    if (value) return *std::move(value);
    const bool is_large = value.error().is(core::JsonErrc::limit);
    return std::unexpected(problem(is_large ? "too_large" : "malformed_json",
                                   "the body is no JSON: " + value.error().message()));
}

Value bytes_value(std::string_view body) {
    return Value::bytes({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
}

}  // namespace

std::string_view WebhookRequest::header(std::string_view name) const {
    const auto found = std::ranges::find_if(
        headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::expected<void, Problem> check_caller(const Webhook& webhook, const WebhookRequest& request,
                                          const OpenedSecrets& secrets) {
    const Value& credential = secrets.credential;
    switch (webhook.definition().auth) {
        case WebhookAuth::none: return {};
        case WebhookAuth::basic:
            if (is_basic(request, credential)) return {};
            return std::unexpected(refused("this webhook wants a user name and a password",
                                           "Basic realm=\"webhook\", charset=\"UTF-8\""));
        case WebhookAuth::bearer:
            if (is_bearer(request, credential)) return {};
            return std::unexpected(
                refused("this webhook wants a bearer token", "Bearer realm=\"webhook\""));
        case WebhookAuth::api_key:
            if (is_api_key(request, credential)) return {};
            return std::unexpected(refused("this webhook wants its API key"));
    }
    return std::unexpected(refused("this webhook lets nobody in"));
}

std::expected<runtime::SignatureCheck, Problem> check_call_signature(const Webhook& webhook,
                                                                     const WebhookRequest& request,
                                                                     const OpenedSecrets& secrets,
                                                                     core::Time now) {
    runtime::SignatureCheck check;
    check.verdict = runtime::SignatureCheck::Verdict::valid;
    if (!webhook.signature()) return check;
    check = runtime::check_signature(*webhook.signature(), secrets.signature_secret,
                                     request.headers, request.body, now);
    if (check.is_valid()) return check;
    return std::unexpected(refused("the signature is refused: " + check.detail));
}

std::expected<Value, Problem> read_call_body(const WebhookRequest& request) {
    if (request.body.empty()) return Value{};
    const std::string type = lower(media_type(request.header("content-type")));
    if (type == "application/json" || type.ends_with("+json")) return read_json_body(request.body);
    if (type == "application/x-www-form-urlencoded") {
        auto fields = read_form(request.body);
        if (!fields) return std::unexpected(problem("bad_request", "the form " + fields.error()));
        return fields_value(*fields);
    }
    const bool is_text =
        type.starts_with("text/") || type == "application/xml" || type.ends_with("+xml");
    if (is_text && core::is_valid_utf8(request.body)) return Value{request.body};
    return bytes_value(request.body);
}

std::expected<void, Problem> check_call_schema(const Webhook& webhook, const Value& body) {
    const auto schema = webhook.schema();
    if (!schema)
        return std::unexpected(problem(webhook_misconfigured, "its schema cannot be used"));
    if (*schema == nullptr) return {};
    const auto violations = (*schema)->violations(body);
    if (violations.empty()) return {};
    Problem made = problem("invalid", "the body is not what this webhook takes");
    for (const core::SchemaViolation& violation : violations) {
        if (made.errors.size() >= violations_max) break;
        ProblemDetail detail;
        detail.path = violation.path;
        detail.code = "schema";
        detail.message = violation.message;
        made.errors.push_back(std::move(detail));
    }
    return std::unexpected(std::move(made));
}

std::expected<Value, Problem> dedupe_value_of(const Webhook& webhook, const Value& call) {
    if (webhook.definition().dedupe_key.empty()) return Value{};
    const auto code = webhook.dedupe_key();
    if (!code) {
        return std::unexpected(
            problem(webhook_misconfigured, "its dedupe_key cannot be evaluated here"));
    }
    auto key = (*code)->evaluate(call);
    if (!key) {
        return std::unexpected(problem(
            "invalid", "the webhook cannot tell this call from others: its dedupe_key fails"));
    }
    if (key->is_string() && key->as_string().empty()) return Value{};
    return *std::move(key);
}

std::expected<std::string, Problem> dedupe_key_of(const Webhook& webhook, const Value& call) {
    const auto key = dedupe_value_of(webhook, call);
    if (!key) return std::unexpected(key.error());
    // As JSON, so that the number 7 and the text "7" stay two keys.
    return key->is_null() ? std::string{} : core::to_json(*key);
}

bool is_secret_header(std::string_view lower_name) {
    // It tells calls apart, and that is all.
    if (lower_name.ends_with("idempotency-key")) return false;
    constexpr std::array<std::string_view, 13> parts{
        "authoriz", "cookie",     "token",     "secret", "passw", "api-key", "api_key",
        "apikey",   "credential", "signature", "hmac",   "jwt",   "oidc"};
    const auto has = [&](std::string_view part) {
        return lower_name.find(part) != lower_name.npos;
    };
    if (std::ranges::any_of(parts, has)) return true;
    if (lower_name == "key" || lower_name.ends_with("-key") || lower_name.ends_with("_key"))
        return true;
    // Of an author there is nothing to hide.
    const std::size_t auth = lower_name.find("auth");
    return auth != lower_name.npos && !lower_name.substr(auth).starts_with("author");
}

Value fields_value(NamedTexts fields, std::string_view hidden) {
    std::vector<std::pair<std::string_view, std::vector<Value>>> grouped;
    for (const auto& [name, value] : fields) {
        if (!hidden.empty() && name == hidden) continue;
        auto at = std::ranges::find(grouped, name, [](const auto& one) { return one.first; });
        if (at == grouped.end()) {
            grouped.emplace_back(name, std::vector<Value>{});
            at = grouped.end() - 1;
        }
        at->second.emplace_back(value);
    }
    core::ObjectBuilder made;
    for (auto& [name, values] : grouped) {
        made.set(name,
                 values.size() == 1 ? std::move(values.front()) : Value::array(std::move(values)));
    }
    return std::move(made).build();
}

Value headers_value(NamedTexts headers, std::span<const std::string> hidden) {
    std::vector<std::pair<std::string, std::string>> kept;
    for (const auto& [name, value] : headers) {
        std::string key = lower(name);
        if (is_secret_header(key) || std::ranges::find(hidden, key) != hidden.end()) continue;
        const auto known = std::ranges::find(kept, key, [](const auto& one) { return one.first; });
        if (known == kept.end()) {
            kept.emplace_back(std::move(key), value);
        } else {
            known->second.append(", ").append(value);
        }
    }
    core::ObjectBuilder values;
    for (const auto& [name, value] : kept)
        values.set(name, value);
    return std::move(values).build();
}

Value call_value(const Webhook& webhook, const WebhookRequest& request, Value body,
                 const OpenedSecrets& secrets) {
    std::vector<std::string> hidden;
    if (webhook.signature()) hidden = runtime::signature_headers(*webhook.signature());
    const bool has_key = webhook.definition().auth == WebhookAuth::api_key;
    const bool is_in_query = has_key && field(secrets.credential, "in") == "query";
    if (has_key && !is_in_query) hidden.push_back(lower(field(secrets.credential, "name")));

    core::ObjectBuilder params;
    for (const auto& [name, value] : request.params)
        params.set(name, value);
    const std::string_view in_query =
        is_in_query ? field(secrets.credential, "name") : std::string_view{};
    return nodes::webhook_call(std::move(body), headers_value(request.headers, hidden),
                               fields_value(request.query, in_query), std::move(params).build(),
                               request.method);
}

}  // namespace millrace::server
