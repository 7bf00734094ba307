// SPDX-License-Identifier: Apache-2.0
#include "http/http_auth.hpp"

#include <algorithm>
#include <utility>

#include "failures.hpp"
#include "http/http_url.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/percent.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/runtime/webhook_signature.hpp"

namespace millrace::runtime {
namespace {

using core::Value;

constexpr std::string_view authorization = "Authorization";

std::unexpected<core::Failure> bad(const Credential& credential, std::string_view what) {
    return refused("bad_credential", "the credential " + credential.name + " " + std::string{what});
}

std::string basic(std::string_view username, std::string_view password) {
    return "Basic " + core::base64(std::string{username} + ":" + std::string{password});
}

/// A token server's own words, `error` and `error_description` of RFC 6749.
std::string reason_of(const Value& answer) {
    std::string reason;
    for (const std::string_view name : {"error", "error_description"}) {
        const Value* const text = answer.find(name);
        if (text == nullptr || !text->is_string()) continue;
        reason += (reason.empty() ? "" : ": ") + std::string{text->as_string()};
    }
    return reason;
}

}  // namespace

std::expected<HttpAuth, core::Failure> auth_of(const Credential& credential) {
    if (credential.type == "http.basic") {
        if (credential.text("username").find(':') != std::string_view::npos) {
            return bad(credential, "has a user name with a colon, which basic auth cannot carry");
        }
        return HttpAuth{{{std::string{authorization},
                          basic(credential.text("username"), credential.text("password"))}},
                        {}};
    }
    if (credential.type == "http.bearer") {
        if (credential.text("token").empty()) return bad(credential, "has no token");
        return bearer_auth(credential.text("token"));
    }
    if (credential.type == "http.api_key") {
        const std::string name{credential.text("name")};
        const std::string value{credential.text("value")};
        if (name.empty()) return bad(credential, "does not name its header or parameter");
        if (credential.text("in") == "query") return HttpAuth{{}, {{name, value}}};
        return HttpAuth{{{name, value}}, {}};
    }
    return bad(credential, "is of type " + credential.type + ", which no HTTP request takes");
}

std::expected<HttpAuth, core::Failure> signature_of(const Credential& credential,
                                                    std::string_view body, std::string_view id,
                                                    core::Time now) {
    const auto rule = read_signature_rule(credential.fields);
    if (!rule) return bad(credential, "cannot sign: its field " + rule.error().message());
    if (credential.text("secret").empty()) return bad(credential, "has no secret");
    return HttpAuth{sign_message(*rule, credential.text("secret"), body, id, now), {}};
}

HttpAuth bearer_auth(std::string_view token) {
    return {{{std::string{authorization}, "Bearer " + std::string{token}}}, {}};
}

engine::HttpCall token_call(const Credential& credential, ClientProof proof) {
    engine::HttpCall call;
    call.method = "POST";
    call.url = credential.text("token_url");
    call.follow_redirects = false;
    call.max_response = {1u << 20};
    const std::string_view refresh = credential.text("refresh_token");
    call.body = refresh.empty()
                    ? "grant_type=client_credentials"
                    : "grant_type=refresh_token&refresh_token=" + core::percent_encoded(refresh);
    for (const std::string_view field : {"scope", "audience"}) {
        const std::string_view value = credential.text(field);
        if (!value.empty())
            call.body += "&" + std::string{field} + "=" + core::percent_encoded(value);
    }
    const std::string id = core::percent_encoded(credential.text("client_id"));
    const std::string secret = core::percent_encoded(credential.text("client_secret"));
    call.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                    {"Accept", "application/json"}};
    if (proof == ClientProof::header) {
        call.headers.emplace_back(authorization, basic(id, secret));
    } else {
        call.body += "&client_id=" + id;
        if (!secret.empty()) call.body += "&client_secret=" + secret;
    }
    return call;
}

std::expected<OauthToken, core::Failure> read_token(const Credential& credential,
                                                    const engine::HttpAnswer& answer) {
    constexpr core::Duration valid_default{300'000};
    constexpr core::Duration valid_max{24LL * 3600 * 1000};
    constexpr core::Duration margin{30'000};  // for clocks that differ and requests that take long
    const std::string before = "the token server of the credential " + credential.name;
    const core::Result<Value> body = core::parse_json(answer.body);
    if (answer.status < 200 || answer.status > 299) {
        const std::string reason = body ? reason_of(*body) : "";
        const bool server = answer.status >= 500;
        core::Failure failure = make_failure(
            server ? core::ErrorClass::http_5xx : core::ErrorClass::http_4xx, "oauth2_failed",
            before + " answered " + std::to_string(answer.status) +
                (reason.empty() ? "" : " (" + core::replace_invalid_utf8(reason) + ")"),
            server || answer.status == 429);
        failure.details = Value::object({{"status", answer.status}});
        return std::unexpected{std::move(failure)};
    }
    const Value* const token = body ? body->find("access_token") : nullptr;
    if (token == nullptr || !token->is_string() || token->as_string().empty()) {
        return std::unexpected{make_failure(core::ErrorClass::connection, "oauth2_failed",
                                            before + " gave no access_token", true)};
    }
    OauthToken read{std::string{token->as_string()}, valid_default};
    const Value* const refresh = body->find("refresh_token");
    if (refresh != nullptr && refresh->is_string()) read.refresh_token = refresh->as_string();
    const Value* const seconds = body->find("expires_in");
    if (seconds != nullptr && seconds->is_integer()) {
        const std::int64_t given = std::clamp<std::int64_t>(seconds->as_integer(), 0, 86'400);
        read.valid_for = std::min(core::Duration{given * 1000}, valid_max);
    }
    read.valid_for = std::max(read.valid_for - margin, core::Duration{read.valid_for.ms / 2});
    return read;
}

}  // namespace millrace::runtime
