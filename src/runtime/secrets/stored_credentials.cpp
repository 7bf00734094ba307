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

/// The same object with another text in a field.
core::Value with_text(const core::Value& fields, std::string_view field, const std::string& text) {
    core::ObjectBuilder changed;
    for (const core::Member& member : fields.as_object())
        changed.set(member.key, member.key == field ? core::Value{text} : member.value);
    return std::move(changed).build();
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

core::Result<Vault*> StoredCredentials::vault() {
    if (!vault_) {
        auto opened = Vault::open(key_file_, secrets_);
        if (!opened) return std::unexpected(opened.error());
        vault_ = std::move(*opened);
    }
    return vault_.get();
}

core::Result<std::string> StoredCredentials::open_sealed(store::SealedSecret& sealed) {
    const auto opened = open_vault();
    if (!opened) return std::unexpected(opened.error());
    auto text = (*opened)->open_secret(sealed);
    if (text || !text.error().is(VaultErrc::wrong_key)) return text;
    // A rotation came between reading and opening it, or another vault has made the first key.
    auto again = secrets_.find(sealed.kind, sealed.name);
    if (!again) return std::unexpected(again.error());
    sealed = std::move(*again);
    text = (*opened)->open_secret(sealed);
    if (text || !text.error().is(VaultErrc::wrong_key)) return text;
    if (auto read = (*opened)->reload(); !read) return std::unexpected(read.error());
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
    auto sealed = secrets_.find(store::SecretKind::secret, name);
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
    // Asked for before the store is: what is stored between the two must not be missed.
    const auto replaced = replaced_in(name);
    auto sealed = secrets_.find(store::SecretKind::credential, name);
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
    if (replaced) {
        if (credential.text(replaced->field) == replaced->before)
            credential.fields = with_text(credential.fields, replaced->field, replaced->text);
        store_replaced(name);
    }
    learn(credential);
    return credential;
}

std::optional<StoredCredentials::Replaced> StoredCredentials::replaced_in(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    const auto found = replaced_.find(name);
    return found == replaced_.end() ? std::nullopt : std::optional{found->second};
}

void StoredCredentials::replace_field(const Credential& credential, std::string_view field,
                                      const std::string& text) {
    mask_->add(text);
    {
        const std::scoped_lock lock{mutex_};
        Replaced next{std::string{field}, std::string{credential.text(field)}, text};
        const auto known = replaced_.find(credential.name);
        // The one before is not stored yet.
        if (known != replaced_.end() && known->second.text == next.before)
            next.before = known->second.before;
        replaced_[credential.name] = std::move(next);
    }
    store_replaced(credential.name);
}

void StoredCredentials::store_replaced(const std::string& name) {
    // Where it fails, whoever resolves the credential next tries again.
    if (writer_) static_cast<void>(writer_([&] { return write_replaced(name); }));
}

core::Result<> StoredCredentials::write_replaced(const std::string& name) {
    const auto replaced = replaced_in(name);
    if (!replaced) return {};
    auto sealed = secrets_.find(store::SecretKind::credential, name);
    if (!sealed) return std::unexpected(sealed.error());
    const auto text = open_sealed(*sealed);
    if (!text) return std::unexpected(text.error());
    const auto fields = core::parse_json(*text);
    if (!fields) return std::unexpected(fields.error());
    const Credential stored{name, sealed->type, *fields};
    // Otherwise somebody has set the credential anew.
    if (stored.text(replaced->field) == replaced->before) {
        const auto opened = open_vault();
        if (!opened) return std::unexpected(opened.error());
        // The time tells when somebody has set it, which is not now.
        const auto put =
            (*opened)->put(store::SecretKind::credential, name, sealed->type,
                           core::to_json(with_text(stored.fields, replaced->field, replaced->text)),
                           sealed->updated_at);
        if (!put) return put;
    }
    forget_written(name, *replaced);
    return {};
}

void StoredCredentials::forget_written(const std::string& name, const Replaced& written) {
    const std::scoped_lock lock{mutex_};
    const auto found = replaced_.find(name);
    if (found == replaced_.end()) return;
    // It may have been replaced once more meanwhile.
    if (found->second.text == written.text) {
        replaced_.erase(found);
    } else if (found->second.before == written.before) {
        found->second.before = written.text;
    }
}

}  // namespace millrace::runtime
