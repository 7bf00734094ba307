// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"

namespace millrace::runtime {

/// A stored credential, opened. Its fields go to the peer that they are for and nowhere else.
struct Credential {
    std::string name;
    std::string type;    ///< `http.basic`, `smtp`, …: see `credential_types`
    core::Value fields;  ///< object that its type's schema allows

    /// The text of a field; empty when it is not there.
    std::string_view text(std::string_view field) const;
};

/// Where performers get credentials from, at the moment when they use them. Thread-safe.
class Credentials {
public:
    virtual ~Credentials() = default;

    /// Opens the credential. Failures of class validation: `unknown_credential` when none has this
    /// name, `bad_credential` when its type is not one of `accepted` (empty: all are) or the data
    /// folder's key does not open it.
    virtual std::expected<Credential, core::Failure> resolve(
        const std::string& name, std::span<const std::string> accepted) = 0;

    /// Opens the secret of this name. Failures of class validation: `unknown_secret`, or
    /// `bad_secret` when the data folder's key does not open it.
    virtual std::expected<std::string, core::Failure> secret(const std::string& name) = 0;

    /// Puts another text in the place of a field of a credential as `resolve` gave it, such as the
    /// refresh token that a server has replaced: durable, and seen by whoever resolves it from now
    /// on. Nothing happens when the field was changed meanwhile.
    virtual void replace_field(const Credential& credential, std::string_view field,
                               const std::string& text) = 0;

    /// A secret that a peer gave in exchange for a credential, such as an access token: from now on
    /// it is masked like the fields of opened credentials. `resolve` has told of its own.
    virtual void keep_secret(std::string_view value) = 0;

    /// From now on the tokens of links are masked, too.
    virtual void hide_links() {}

    /// The text with `***` in place of each secret that was opened so far.
    virtual std::string masked(std::string_view text) const = 0;
    /// The same for all texts of a failure, its details and causes. The executor does this with
    /// every failure of a performer; logs of performers call `masked` themselves.
    virtual void mask(core::Failure& failure) const = 0;
    /// The same for all texts of a result: a peer may send back what it was sent.
    virtual core::Value without_secrets(const core::Value& value) const = 0;
};

}  // namespace millrace::runtime
