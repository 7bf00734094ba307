// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/http_exchange.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/effect.hpp"
#include "secrets/credentials.hpp"

namespace millrace::runtime {

inline constexpr std::string_view oauth2_type = "oauth2";

/// What a credential of type http.basic, http.bearer or http.api_key adds to a request.
/// `bad_credential` where a field is missing.
std::expected<HttpAuth, core::Failure> auth_of(const Credential& credential);

inline constexpr std::string_view signature_type = "webhook.signature";

/// What proves that a body comes from one who knows the credential's secret: made anew for each
/// attempt, since it says when. `id` names the message to receivers that are told twice.
/// `bad_credential` where a field is missing or not what its scheme takes.
std::expected<HttpAuth, core::Failure> signature_of(const Credential& credential,
                                                    std::string_view body, std::string_view id,
                                                    core::Time now);

/// `Authorization: Bearer …`.
HttpAuth bearer_auth(std::string_view token);

/// How a client proves to a token server who it is; servers take one or the other.
enum class ClientProof : std::uint8_t { header, body };

/// The request for a token of RFC 6749: by the refresh token grant where the credential has one,
/// else by the client credentials grant. A client without a secret is named in the body only.
engine::HttpCall token_call(const Credential& credential, ClientProof proof);

struct OauthToken {
    std::string text;
    core::Duration valid_for;
    std::string refresh_token = {};  ///< takes the place of the one that was used; empty: none does
};
/// The token that a server's answer holds; `oauth2_failed` with what the server says otherwise.
std::expected<OauthToken, core::Failure> read_token(const Credential& credential,
                                                    const engine::HttpAnswer& answer);

}  // namespace millrace::runtime
