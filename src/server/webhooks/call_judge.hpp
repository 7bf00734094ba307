// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "webhooks/webhook.hpp"

// Whether a call may start something, step by step: pure functions of the call and of what was
// opened for it.

namespace millrace::server {

/// What a webhook's judge needs of the vault.
struct OpenedSecrets {
    core::Value credential;        ///< its fields; null: the webhook has no `auth`
    std::string signature_secret;  ///< empty: it has no `signature`
};

/// Names and values in order.
using NamedTexts = std::span<const std::pair<std::string, std::string>>;

/// A call as judges see it; owns nothing.
struct WebhookRequest {
    std::string_view method;  ///< in upper case
    NamedTexts headers;
    NamedTexts query;
    NamedTexts params;
    std::string_view body;

    std::string_view header(std::string_view name) const;
};

/// 401 `webhook_refused` unless the call shows the credential.
std::expected<void, Problem> check_caller(const Webhook& webhook, const WebhookRequest& request,
                                          const OpenedSecrets& secrets);
/// The same for the signature. `valid` without a fingerprint where the webhook has none.
std::expected<runtime::SignatureCheck, Problem> check_call_signature(const Webhook& webhook,
                                                                     const WebhookRequest& request,
                                                                     const OpenedSecrets& secrets,
                                                                     core::Time now);
/// The body by its content type: JSON, the fields of a form, a text, else bytes; null when it is
/// empty. 400 `malformed_json` or `bad_request`.
std::expected<core::Value, Problem> read_call_body(const WebhookRequest& request);
/// 422 with a JSON Pointer for each place that does not fit.
std::expected<void, Problem> check_call_schema(const Webhook& webhook, const core::Value& body);
/// What names the call among others; null: the webhook has no `dedupe_key`, or the call gives none.
/// 422 where the expression fails.
std::expected<core::Value, Problem> dedupe_value_of(const Webhook& webhook,
                                                    const core::Value& call);
/// The same as a text that no other value has; empty: there is none.
std::expected<std::string, Problem> dedupe_key_of(const Webhook& webhook, const core::Value& call);

/// `{body, headers, query, params, method}` without what proves who calls.
core::Value call_value(const Webhook& webhook, const WebhookRequest& request, core::Value body,
                       const OpenedSecrets& secrets);

/// Whether a header of this name tells a secret, or may do so.
bool is_secret_header(std::string_view lower_name);
/// Names in order; what is given several times becomes an array. Without those that are called
/// `hidden`.
core::Value fields_value(NamedTexts fields, std::string_view hidden = {});
/// Names in lower case, those that are given several times joined by commas; without secrets, and
/// without the names in `hidden`.
core::Value headers_value(NamedTexts headers, std::span<const std::string> hidden);

}  // namespace millrace::server
