// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/webhook_signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using core::Value;

constexpr std::string_view github_header = "x-hub-signature-256";
constexpr std::string_view stripe_header = "stripe-signature";
constexpr std::string_view standard_id = "webhook-id";
constexpr std::string_view standard_time = "webhook-timestamp";
constexpr std::string_view standard_header = "webhook-signature";
constexpr std::string_view standard_prefix = "whsec_";
/// Of one request; a sender that changes its secret sends two.
constexpr std::size_t signatures_max = 16;

constexpr std::array<std::pair<std::string_view, SignatureScheme>, 4> schemes{{
    {"github", SignatureScheme::github},
    {"stripe", SignatureScheme::stripe},
    {"generic", SignatureScheme::generic},
    {"standard", SignatureScheme::standard},
}};
constexpr std::array<std::pair<std::string_view, SignatureAlgorithm>, 3> algorithms{{
    {"sha256", SignatureAlgorithm::sha256},
    {"sha512", SignatureAlgorithm::sha512},
    {"sha1", SignatureAlgorithm::sha1},
}};

std::string_view name_of(SignatureAlgorithm algorithm) {
    return std::ranges::find(algorithms, algorithm,
                             &std::pair<std::string_view, SignatureAlgorithm>::second)
        ->first;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char c) { return lower(c); });
    return made;
}

const std::string* find(std::span<const std::pair<std::string, std::string>> headers,
                        std::string_view name) {
    const auto found = std::ranges::find_if(headers, [&](const auto& header) {
        return std::ranges::equal(
            header.first, name, {}, [](char c) { return lower(c); },
            [](char c) { return lower(c); });
    });
    return found == headers.end() ? nullptr : &found->second;
}

std::string hmac(SignatureAlgorithm algorithm, std::string_view key,
                 std::initializer_list<std::string_view> parts) {
    const EVP_MD* const digest = algorithm == SignatureAlgorithm::sha1     ? EVP_sha1()
                                 : algorithm == SignatureAlgorithm::sha512 ? EVP_sha512()
                                                                           : EVP_sha256();
    std::string text;
    std::string_view signed_text = *(parts.end() - 1);
    if (parts.size() > 1) {
        for (const std::string_view part : parts)
            text.append(part);
        signed_text = text;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    const auto* const made = HMAC(digest, key.data(), static_cast<int>(key.size()),
                                  reinterpret_cast<const unsigned char*>(signed_text.data()),
                                  signed_text.size(), bytes.data(), &size);
    if (made == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

bool equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Whether `text` spells these bytes, in hexadecimal of either case or in base64.
bool spells(std::string_view text, std::string_view bytes) {
    if (bytes.empty()) return false;
    if (text.size() == bytes.size() * 2) return equal(lower(text), hex(bytes));
    return equal(text, core::base64(bytes));
}

std::optional<core::Time> seconds(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    constexpr std::int64_t most = 253'402'300'799;  // the end of the year 9999
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
        return std::nullopt;
    return core::Time{value * 1'000};
}

std::string seconds_text(core::Time time) {
    return std::to_string(time.ms / 1'000);
}

/// The key that a secret of Standard Webhooks stands for.
std::string standard_key(std::string_view secret) {
    const bool has_prefix = secret.starts_with(standard_prefix);
    std::string text{has_prefix ? secret.substr(standard_prefix.size()) : secret};
    while (text.size() % 4 != 0)
        text += '=';
    auto key = core::parse_base64(text);
    return key && !key->empty() ? *std::move(key) : std::string{secret};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

/// What a request says about its signature, before any of it is believed.
struct Claim {
    std::vector<std::string_view> signatures;
    std::string_view time;  ///< as it was signed; empty: the scheme has none
    std::string_view id;
};

using Verdict = SignatureCheck::Verdict;

std::unexpected<SignatureCheck> refuse(Verdict verdict, std::string detail) {
    SignatureCheck check;
    check.verdict = verdict;
    check.detail = std::move(detail);
    return std::unexpected(std::move(check));
}

std::expected<std::string_view, SignatureCheck> required(
    std::span<const std::pair<std::string, std::string>> headers, std::string_view name) {
    const std::string* const value = find(headers, name);
    if (value != nullptr && !trimmed(*value).empty()) return trimmed(*value);
    return refuse(Verdict::missing, "the header " + std::string{name} + " is missing");
}

std::expected<Claim, SignatureCheck> read_stripe(std::string_view text) {
    Claim claim;
    while (!text.empty()) {
        const std::string_view part = trimmed(text.substr(0, text.find(',')));
        text.remove_prefix(
            std::min(text.find(',') == text.npos ? text.size() : text.find(',') + 1, text.size()));
        if (part.starts_with("t=")) claim.time = part.substr(2);
        if (part.starts_with("v1=")) claim.signatures.push_back(part.substr(3));
    }
    if (claim.time.empty() || claim.signatures.empty())
        return refuse(Verdict::malformed, "Stripe-Signature must be like t=SECONDS,v1=HEX");
    return claim;
}

std::expected<Claim, SignatureCheck> read_standard(
    std::span<const std::pair<std::string, std::string>> headers) {
    Claim claim;
    const auto text = required(headers, standard_header);
    const auto time = required(headers, standard_time);
    const auto id = required(headers, standard_id);
    for (const auto* const part : {&text, &time, &id})
        if (!*part) return std::unexpected(part->error());
    claim.time = *time;
    claim.id = *id;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find(' '));
        rest = trimmed(rest.substr(part.size()));
        if (part.starts_with("v1,")) claim.signatures.push_back(part.substr(3));
    }
    if (claim.signatures.empty())
        return refuse(Verdict::malformed, "webhook-signature must be like v1,BASE64");
    return claim;
}

std::expected<Claim, SignatureCheck> read_generic(
    const SignatureRule& rule, std::span<const std::pair<std::string, std::string>> headers) {
    Claim claim;
    const auto text = required(headers, rule.header);
    if (!text) return std::unexpected(text.error());
    const std::string prefix = std::string{name_of(rule.algorithm)} + "=";
    std::string_view signature = *text;
    if (lower(signature).starts_with(prefix)) signature.remove_prefix(prefix.size());
    claim.signatures.push_back(signature);
    if (!rule.timestamp_header.empty()) {
        const auto time = required(headers, rule.timestamp_header);
        if (!time) return std::unexpected(time.error());
        claim.time = *time;
    }
    return claim;
}

std::expected<Claim, SignatureCheck> read_claim(
    const SignatureRule& rule, std::span<const std::pair<std::string, std::string>> headers) {
    switch (rule.scheme) {
        case SignatureScheme::github: {
            const auto text = required(headers, github_header);
            if (!text) return std::unexpected(text.error());
            constexpr std::string_view prefix = "sha256=";
            if (!text->starts_with(prefix))
                return refuse(Verdict::malformed, "X-Hub-Signature-256 must be like sha256=HEX");
            return Claim{{text->substr(prefix.size())}, {}, {}};
        }
        case SignatureScheme::stripe: {
            const auto text = required(headers, stripe_header);
            if (!text) return std::unexpected(text.error());
            return read_stripe(*text);
        }
        case SignatureScheme::generic: return read_generic(rule, headers);
        case SignatureScheme::standard: return read_standard(headers);
    }
    return refuse(Verdict::malformed, "the scheme is unknown");
}

std::string expected_signature(const SignatureRule& rule, std::string_view secret,
                               const Claim& claim, std::string_view body) {
    if (rule.scheme == SignatureScheme::standard) {
        return hmac(SignatureAlgorithm::sha256, standard_key(secret),
                    {claim.id, ".", claim.time, ".", body});
    }
    const SignatureAlgorithm algorithm =
        rule.scheme == SignatureScheme::generic ? rule.algorithm : SignatureAlgorithm::sha256;
    if (claim.time.empty()) return hmac(algorithm, secret, {body});
    return hmac(algorithm, secret, {claim.time, ".", body});
}

const std::string_view* text_member(const Value& given, std::string_view name,
                                    std::string_view& room) {
    const Value* const value = given.find(name);
    if (value == nullptr || !value->is_string()) return nullptr;
    room = value->as_string();
    return &room;
}

std::unexpected<core::Error> bad_rule(std::string_view member, std::string_view what) {
    return core::fail(SignatureErrc::bad_rule, std::string{member} + " " + std::string{what});
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    });
}

/// The members that only `generic` takes.
core::Result<> read_choices(const Value& given, SignatureRule& rule) {
    for (const std::string_view name : {"header", "timestamp_header", "algorithm", "encoding"}) {
        const Value* const value = given.find(name);
        if (value == nullptr) continue;
        if (rule.scheme != SignatureScheme::generic)
            return bad_rule(name, "is for the scheme generic only");
        if (!value->is_string()) return bad_rule(name, "must be a text");
    }
    std::string_view text;
    if (text_member(given, "header", text) != nullptr) rule.header = text;
    if (text_member(given, "timestamp_header", text) != nullptr) rule.timestamp_header = text;
    if (!is_header_name(rule.header)) return bad_rule("header", "is no name of a header");
    if (given.find("timestamp_header") != nullptr && !is_header_name(rule.timestamp_header))
        return bad_rule("timestamp_header", "is no name of a header");
    if (text_member(given, "algorithm", text) != nullptr) {
        const auto found = std::ranges::find(
            algorithms, text, &std::pair<std::string_view, SignatureAlgorithm>::first);
        if (found == algorithms.end())
            return bad_rule("algorithm", "must be sha256, sha512 or sha1");
        rule.algorithm = found->second;
    }
    if (text_member(given, "encoding", text) != nullptr) {
        if (text != "hex" && text != "base64") return bad_rule("encoding", "must be hex or base64");
        rule.writes_base64 = text == "base64";
    }
    return {};
}

}  // namespace

std::string_view to_text(SignatureScheme scheme) {
    switch (scheme) {
        case SignatureScheme::github: return "github";
        case SignatureScheme::stripe: return "stripe";
        case SignatureScheme::generic: return "generic";
        case SignatureScheme::standard: return "standard";
    }
    return "generic";
}

std::optional<SignatureScheme> signature_scheme_of(std::string_view text) {
    const auto found =
        std::ranges::find(schemes, text, &std::pair<std::string_view, SignatureScheme>::first);
    if (found == schemes.end()) return std::nullopt;
    return found->second;
}

std::string_view to_text(SignatureCheck::Verdict verdict) {
    switch (verdict) {
        case Verdict::valid: return "valid";
        case Verdict::missing: return "missing";
        case Verdict::malformed: return "malformed";
        case Verdict::wrong: return "wrong";
        case Verdict::expired: return "expired";
    }
    return "wrong";
}

std::string_view code_text(SignatureErrc) {
    return "bad_rule";
}

core::Result<SignatureRule> read_signature_rule(const Value& given) {
    SignatureRule rule;
    std::string_view text;
    const auto scheme =
        text_member(given, "scheme", text) == nullptr ? std::nullopt : signature_scheme_of(text);
    if (!scheme) return bad_rule("scheme", "must be github, stripe, standard or generic");
    rule.scheme = *scheme;
    if (auto read = read_choices(given, rule); !read) return std::unexpected(read.error());
    if (const Value* const tolerance = given.find("tolerance")) {
        const auto duration = tolerance->is_string()
                                  ? core::parse_duration(tolerance->as_string())
                                  : core::Result<core::Duration>{core::Duration{0}};
        constexpr core::Duration most{86'400'000};
        if (!duration || *duration <= core::Duration{0} || *duration > most)
            return bad_rule("tolerance", "must be a duration of at most 1d, such as 5m");
        rule.tolerance = *duration;
    }
    return rule;
}

std::vector<std::string> signature_headers(const SignatureRule& rule) {
    switch (rule.scheme) {
        case SignatureScheme::github: return {std::string{github_header}};
        case SignatureScheme::stripe: return {std::string{stripe_header}};
        case SignatureScheme::generic: return {lower(rule.header)};
        case SignatureScheme::standard: return {std::string{standard_header}};
    }
    return {};
}

SignatureCheck check_signature(const SignatureRule& rule, std::string_view secret,
                               std::span<const std::pair<std::string, std::string>> headers,
                               std::string_view body, core::Time now) {
    const auto claim = read_claim(rule, headers);
    if (!claim) return claim.error();
    SignatureCheck check;
    check.verdict = Verdict::wrong;
    check.detail = "the signature is not of this body with this secret";
    if (secret.empty()) return check;
    if (!claim->time.empty()) {
        check.signed_at = seconds(claim->time);
        if (!check.signed_at)
            return refuse(Verdict::malformed, "the timestamp is no number of seconds").error();
    }
    const std::string right = expected_signature(rule, secret, *claim, body);
    bool is_right = false;
    // All are looked at: how long it takes tells nothing about which one it was.
    for (const std::string_view signature :
         std::span{claim->signatures}.first(std::min(claim->signatures.size(), signatures_max)))
        is_right = spells(signature, right) || is_right;
    if (!is_right) return check;
    if (check.signed_at) {
        const core::Duration age = now - *check.signed_at;
        if (age > rule.tolerance || age < core::Duration{0} - rule.tolerance) {
            check.verdict = Verdict::expired;
            check.detail = "it was signed at " + check.signed_at->text() +
                           ", which is further away than " + to_text(rule.tolerance);
            return check;
        }
    }
    check.verdict = Verdict::valid;
    check.detail.clear();
    check.fingerprint = hex(right);
    return check;
}

HeaderPairs sign_message(const SignatureRule& rule, std::string_view secret, std::string_view body,
                         std::string_view id, core::Time now) {
    Claim claim;
    const std::string time = seconds_text(now);
    const bool has_time =
        rule.scheme == SignatureScheme::stripe || rule.scheme == SignatureScheme::standard ||
        (rule.scheme == SignatureScheme::generic && !rule.timestamp_header.empty());
    if (has_time) claim.time = time;
    claim.id = id;
    const std::string bytes = expected_signature(rule, secret, claim, body);
    switch (rule.scheme) {
        case SignatureScheme::github: return {{"X-Hub-Signature-256", "sha256=" + hex(bytes)}};
        case SignatureScheme::stripe:
            return {{"Stripe-Signature", "t=" + time + ",v1=" + hex(bytes)}};
        case SignatureScheme::standard:
            return {{std::string{standard_id}, std::string{id}},
                    {std::string{standard_time}, time},
                    {std::string{standard_header}, "v1," + core::base64(bytes)}};
        case SignatureScheme::generic: break;
    }
    HeaderPairs headers{{rule.header, rule.writes_base64 ? core::base64(bytes) : hex(bytes)}};
    if (has_time) headers.emplace_back(rule.timestamp_header, time);
    return headers;
}

}  // namespace millrace::runtime
