// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

// How senders of webhooks prove who they are: one implementation for those that come in and those
// that go out. Pure functions of their arguments.

namespace millrace::runtime {

/// Where the signature is and what it is of; each is an HMAC with a shared secret.
enum class SignatureScheme : std::uint8_t {
    github,    ///< `X-Hub-Signature-256: sha256=HEX` of the body
    stripe,    ///< `Stripe-Signature: t=SECONDS,v1=HEX` of `SECONDS.BODY`; several v1 may be given
    generic,   ///< a header of one's choice; of the body, or of `SECONDS.BODY`
    standard,  ///< Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`
};
std::string_view to_text(SignatureScheme scheme);
std::optional<SignatureScheme> signature_scheme_of(std::string_view text);

enum class SignatureAlgorithm : std::uint8_t { sha256, sha512, sha1 };

struct SignatureRule {
    SignatureScheme scheme = SignatureScheme::generic;
    // Only `generic` has a choice of these.
    SignatureAlgorithm algorithm = SignatureAlgorithm::sha256;
    std::string header = "X-Signature";
    std::string timestamp_header;  ///< with seconds since 1970; empty: the body alone is signed
    bool writes_base64 = false;    ///< when signing; hexadecimal and base64 are both read
    /// How far the sender's clock, and the time on the way, may be off.
    core::Duration tolerance{300'000};
};

enum class SignatureErrc { bad_rule };
std::string_view code_text(SignatureErrc code);

/// Of `{scheme, header?, timestamp_header?, algorithm?, encoding?, tolerance?}`; other members are
/// the caller's. The message names the member and what it may be.
core::Result<SignatureRule> read_signature_rule(const core::Value& given);

/// Names of the headers that carry the signature, in lower case.
std::vector<std::string> signature_headers(const SignatureRule& rule);

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

struct SignatureCheck {
    enum class Verdict : std::uint8_t {
        valid,
        missing,    ///< a header is not there
        malformed,  ///< a header is not as the scheme has it
        wrong,      ///< made with another secret or of another body
        expired,    ///< older than the tolerance, or from the future
    };
    Verdict verdict = Verdict::missing;
    std::string detail;       ///< for people; tells nothing of the secret or of the right signature
    std::string fingerprint;  ///< of a valid one: the same whenever the same message comes again
    std::optional<core::Time> signed_at;

    bool is_valid() const { return verdict == Verdict::valid; }
};
std::string_view to_text(SignatureCheck::Verdict verdict);

/// Compares in constant time. An empty secret signs nothing: the verdict is `wrong`.
SignatureCheck check_signature(const SignatureRule& rule, std::string_view secret,
                               std::span<const std::pair<std::string, std::string>> headers,
                               std::string_view body, core::Time now);

/// The headers that prove it. `id` names the message for receivers that are told twice; only
/// `standard` sends it.
HeaderPairs sign_message(const SignatureRule& rule, std::string_view secret, std::string_view body,
                         std::string_view id, core::Time now);

}  // namespace millrace::runtime
