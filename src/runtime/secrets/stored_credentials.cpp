// SPDX-License-Identifier: Apache-2.0
#include "secrets/stored_credentials.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {
namespace {

std::unexpected<core::Failure> failure_of(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = core::ErrorClass::validation;
    failure.message = std::move(message);
    return std::unexpected(std::move(failure));
}

std::unexpected<core::Failure> unreadable(const std::string& name, const core::Error& error) {
    return failure_of("bad_credential", "credential \"" + name + "\": " + error.message());
}

}  // namespace

std::string_view Credential::text(std::string_view field) const {
    const core::Value* found = fields.find(field);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view{};
}

StoredCredentials::StoredCredentials(std::filesystem::path key_file, store::Secrets& secrets)
    : key_file_{std::move(key_file)}, secrets_{secrets} {}

core::Result<Vault*> StoredCredentials::open_vault() {
    const std::scoped_lock lock{mutex_};
    return vault();
}

core::Result<> StoredCredentials::check() {
    const auto opened = open_vault();
    if (!opened) return std::unexpected(opened.error());
    return {};
}

core::Result<Vault*> StoredCredentials::vault() {
    if (!vault_) {
        auto opened = Vault::open(key_file_, secrets_);
        if (!opened) return std::unexpected(opened.error());
        vault_ = std::move(*opened);
    }
    return vault_.get();
}

core::Result<std::string> StoredCredentials::open_sealed(const store::SealedSecret& sealed) {
    const std::scoped_lock lock{mutex_};
    auto opened = vault();
    if (!opened) return std::unexpected(opened.error());
    auto text = (*opened)->open_secret(sealed);
    if (text || !text.error().is(VaultErrc::wrong_key)) return text;
    // The first secret makes the key, and a rotation another one: perhaps since this was opened.
    vault_.reset();
    opened = vault();
    if (!opened) return std::unexpected(opened.error());
    return (*opened)->open_secret(sealed);
}

void StoredCredentials::learn(const Credential& credential) {
    const CredentialType* type = find_credential_type(credential.type);
    if (type == nullptr) return;
    for (const CredentialField& field : type->fields)
        if (field.is_secret) mask_->add(credential.text(field.name));
    if (credential.type == "http.basic") {
        const std::string pair = std::string{credential.text("username")} + ":" +
                                 std::string{credential.text("password")};
        mask_->add(core::base64(pair));
    }
}

std::expected<std::string, core::Failure> StoredCredentials::secret(const std::string& name) {
    const auto sealed = secrets_.find(store::SecretKind::secret, name);
    if (!sealed && sealed.error().is(store::StoreErrc::not_found)) {
        return failure_of("unknown_secret", "there is no secret \"" + name +
                                                "\"; set it with: millrace secrets set " + name);
    }
    const auto text = sealed ? open_sealed(*sealed) : std::unexpected(sealed.error());
    if (!text)
        return failure_of("bad_secret", "secret \"" + name + "\": " + text.error().message());
    mask_->add(*text);
    return *text;
}

std::expected<Credential, core::Failure> StoredCredentials::resolve(
    const std::string& name, std::span<const std::string> accepted) {
    const auto sealed = secrets_.find(store::SecretKind::credential, name);
    if (!sealed) {
        if (!sealed.error().is(store::StoreErrc::not_found))
            return unreadable(name, sealed.error());
        return failure_of("unknown_credential", "there is no credential \"" + name +
                                                    "\"; set it with: millrace credentials set " +
                                                    name + " --type TYPE");
    }
    if (!accepted.empty() && std::ranges::find(accepted, sealed->type) == accepted.end()) {
        std::string types;
        for (const std::string& type : accepted)
            types += (types.empty() ? "" : ", ") + type;
        return failure_of("bad_credential", "credential \"" + name + "\" is of type " +
                                                sealed->type + ", but the node takes " + types);
    }
    const auto text = open_sealed(*sealed);
    if (!text) return unreadable(name, text.error());
    auto fields = core::parse_json(*text);
    if (!fields) return unreadable(name, {VaultErrc::damaged, "it is no JSON; set it again"});
    Credential credential{name, sealed->type, std::move(*fields)};
    learn(credential);
    return credential;
}

}  // namespace millrace::runtime
