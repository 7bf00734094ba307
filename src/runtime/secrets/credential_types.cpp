// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/credential_types.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "millrace/core/problem.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t name_max = 128;
// Longer than any token in use, and short enough for a header.
constexpr std::size_t field_max = 16u << 10;

constexpr std::array basic_fields{
    CredentialField{"username", "who"},
    CredentialField{.name = "password", .description = "the password", .is_secret = true},
};
constexpr std::array bearer_fields{
    CredentialField{.name = "token", .description = "sent as it is", .is_secret = true},
};
constexpr std::array api_key_fields{
    CredentialField{"name", "of the header or query parameter"},
    CredentialField{.name = "value", .description = "the key", .is_secret = true},
    CredentialField{.name = "in",
                    .description = "where it goes; `header` if not given",
                    .is_required = false,
                    .choices = "header|query"},
};
constexpr std::array oauth2_fields{
    CredentialField{
        .name = "token_url", .description = "gives access tokens", .schemes = "http|https"},
    CredentialField{"client_id", "who"},
    CredentialField{.name = "client_secret",
                    .description = "the password; a public client has none",
                    .is_required = false,
                    .is_secret = true},
    CredentialField{.name = "refresh_token",
                    .description = "exchanged for access tokens in the name of a person, and for "
                                   "the next one, which is stored in its place",
                    .is_required = false,
                    .is_secret = true},
    CredentialField{.name = "scope", .description = "what is asked for", .is_required = false},
    CredentialField{
        .name = "audience", .description = "whom the token is for", .is_required = false},
};
constexpr std::array smtp_fields{
    CredentialField{.name = "server",
                    .description = "`smtp://HOST:PORT` or `smtps://HOST:PORT`",
                    .schemes = "smtp|smtps"},
    CredentialField{.name = "username", .description = "who", .is_required = false},
    CredentialField{
        .name = "password", .description = "the password", .is_required = false, .is_secret = true},
};

constexpr std::array signature_fields{
    CredentialField{.name = "scheme",
                    .description = "how it is signed",
                    .choices = "github|stripe|standard|generic"},
    CredentialField{.name = "secret", .description = "shared with the receiver", .is_secret = true},
    CredentialField{.name = "header",
                    .description = "of the signature, for `generic`; `X-Signature` if not given",
                    .is_required = false},
    CredentialField{.name = "timestamp_header",
                    .description = "of the time that is signed too, for `generic`; else none is",
                    .is_required = false},
    CredentialField{.name = "algorithm",
                    .description = "for `generic`; `sha256` if not given",
                    .is_required = false,
                    .choices = "sha256|sha512|sha1"},
    CredentialField{.name = "encoding",
                    .description = "for `generic`; `hex` if not given",
                    .is_required = false,
                    .choices = "hex|base64"},
};

constexpr std::array<CredentialType, 6> types{{
    {"http.basic", "user name and password, sent with HTTP requests", basic_fields},
    {"http.bearer", "a token, sent with HTTP requests", bearer_fields},
    {"http.api_key", "a key in a header or query parameter of HTTP requests", api_key_fields},
    {"oauth2", "client credentials or a refresh token, exchanged for access tokens", oauth2_fields,
     "client_secret|refresh_token"},
    {"webhook.signature", "a secret that signs the body of each HTTP request", signature_fields},
    {"smtp", "a mail server and who may use it", smtp_fields},
}};

/// Whether one of the words of `list`, which `|` separates, fulfils `matches`.
template <class Matches>
bool any_word(std::string_view list, Matches matches) {
    while (true) {
        const std::size_t end = list.find('|');
        if (matches(list.substr(0, end))) return true;
        if (end == std::string_view::npos) return false;
        list.remove_prefix(end + 1);
    }
}

std::unexpected<core::Error> bad_field(std::string_view field, std::string_view what) {
    return core::fail(CredentialErrc::bad_field,
                      "field \"" + std::string{field} + "\" " + std::string{what});
}

core::Result<> check_text(const CredentialField& field, std::string_view text) {
    if (text.empty()) return bad_field(field.name, "is empty");
    if (text.size() > field_max) return bad_field(field.name, "is longer than 16 KiB");
    const auto is_control = [](char byte) {
        return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
    };
    if (std::ranges::any_of(text, is_control))
        return bad_field(field.name, "has a control character, such as a line feed");
    const auto is_text = [&](std::string_view word) { return text == word; };
    if (!field.choices.empty() && !any_word(field.choices, is_text))
        return bad_field(field.name, "must be one of " + std::string{field.choices});
    const auto is_scheme = [&](std::string_view word) {
        return text.starts_with(word) && text.substr(word.size()).starts_with("://") &&
               text.size() > word.size() + 3;
    };
    if (!field.schemes.empty() && !any_word(field.schemes, is_scheme))
        return bad_field(
            field.name,
            "must be a URL that begins with one of " + std::string{field.schemes} + ", such as " +
                std::string{field.schemes.substr(0, field.schemes.find('|'))} + "://example.com");
    return {};
}

core::Result<> refuse_unknown(const CredentialType& type, const core::Value& fields) {
    std::vector<std::string_view> names;
    for (const CredentialField& field : type.fields)
        names.push_back(field.name);
    for (const core::Member& member : fields.as_object()) {
        if (std::ranges::find(names, member.key) != names.end()) continue;
        const std::string near = core::nearest(member.key, names);
        return bad_field(member.key, "is unknown to type " + std::string{type.name} +
                                         (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    }
    return {};
}

}  // namespace

std::string_view code_text(CredentialErrc code) {
    switch (code) {
        case CredentialErrc::unknown_type: return "unknown_type";
        case CredentialErrc::bad_field: return "bad_field";
        case CredentialErrc::bad_name: return "bad_name";
    }
    return "bad_field";
}

std::span<const CredentialType> credential_types() {
    return types;
}

const CredentialType* find_credential_type(std::string_view name) {
    const auto found = std::ranges::find(types, name, &CredentialType::name);
    return found == types.end() ? nullptr : &*found;
}

core::Result<core::Value> check_credential(std::string_view type, const core::Value& fields) {
    const CredentialType* known = find_credential_type(type);
    if (known == nullptr) {
        std::vector<std::string_view> names;
        std::string all;
        for (const CredentialType& each : types) {
            names.push_back(each.name);
            all += (all.empty() ? "" : ", ") + std::string{each.name};
        }
        const std::string near = core::nearest(type, names);
        return core::fail(
            CredentialErrc::unknown_type,
            "there is no credential type \"" + std::string{type} + "\"; " +
                (near.empty() ? "there are " + all : "did you mean \"" + near + "\"?"));
    }
    if (!fields.is_object()) {
        return core::fail(CredentialErrc::bad_field,
                          "the fields of a credential are a JSON object, such as "
                          "{\"username\": \"…\", \"password\": \"…\"}");
    }
    if (auto checked = refuse_unknown(*known, fields); !checked)
        return std::unexpected(checked.error());
    const auto is_given = [&](std::string_view word) { return fields.find(word) != nullptr; };
    if (!known->one_of.empty() && !any_word(known->one_of, is_given))
        return bad_field(known->one_of, "is missing: one of them is required");
    core::ObjectBuilder ordered;
    for (const CredentialField& field : known->fields) {
        const core::Value* value = fields.find(field.name);
        if (value == nullptr) {
            if (field.is_required) return bad_field(field.name, "is missing");
            continue;
        }
        if (!value->is_string()) return bad_field(field.name, "must be a text");
        if (auto checked = check_text(field, value->as_string()); !checked)
            return std::unexpected(checked.error());
        ordered.set(field.name, *value);
    }
    return std::move(ordered).build();
}

core::Result<> check_secret_name(std::string_view name) {
    const auto is_letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    };
    const auto may_follow = [&](char byte) {
        return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
               byte == '.';
    };
    if (!name.empty() && name.size() <= name_max && is_letter(name.front()) &&
        std::ranges::all_of(name, may_follow))
        return {};
    return core::fail(CredentialErrc::bad_name,
                      "a name has 1 to 128 letters, digits, \"_\", \"-\" and \".\", and begins "
                      "with a letter");
}

}  // namespace millrace::runtime
