// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::runtime {

/// A field of a credential; all values are texts.
struct CredentialField {
    std::string_view name;
    std::string_view description;
    bool is_required = true;
    bool is_secret = false;         ///< masked wherever it might be shown
    std::string_view choices = "";  ///< `a|b`: only these; empty: any text
    std::string_view schemes = "";  ///< `http|https`: a URL with one of these; empty: any text
};

/// What peers ask for: `http.basic`, `http.bearer`, `http.api_key`, `oauth2`, `smtp`,
/// `webhook.signature`.
struct CredentialType {
    std::string_view name;
    std::string_view description;
    std::span<const CredentialField> fields;
    std::string_view one_of = "";  ///< `a|b`: at least one of these is required
};

enum class CredentialErrc {
    unknown_type,
    bad_field,  ///< missing, unknown, or not of the kind that the type says
    bad_name,
};
std::string_view code_text(CredentialErrc code);

std::span<const CredentialType> credential_types();
/// Null pointer when there is none of this name.
const CredentialType* find_credential_type(std::string_view name);

/// The fields as an object in the type's order. Errors name the field, never its value.
core::Result<core::Value> check_credential(std::string_view type, const core::Value& fields);

/// Names of secrets and credentials: 1 to 128 letters, digits, `_`, `-` and `.`, a letter first.
core::Result<> check_secret_name(std::string_view name);

}  // namespace millrace::runtime
