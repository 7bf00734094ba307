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
    use_replaced(credential);
    learn(credential);
    return credential;
}

void StoredCredentials::use_replaced(Credential& credential) {
    {
        const std::scoped_lock lock{mutex_};
        const auto found = replaced_.find(credential.name);
        if (found == replaced_.end()) return;
        const Replaced& replaced = found->second;
        // Somebody has set the credential anew, or it was stored after all.
        if (credential.text(replaced.field) != replaced.before) {
            replaced_.erase(found);
            return;
        }
        credential.fields = with_text(credential.fields, replaced.field, replaced.text);
    }
    store_replaced(credential.name);
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
    if (!writer_ || !writer_([&] { return write_replaced(name); })) return;
    const std::scoped_lock lock{mutex_};
    replaced_.erase(name);
}

core::Result<> StoredCredentials::write_replaced(const std::string& name) {
    Replaced replaced;
    {
        const std::scoped_lock lock{mutex_};
        const auto found = replaced_.find(name);
        if (found == replaced_.end()) return {};
        replaced = found->second;
    }
    auto sealed = secrets_.find(store::SecretKind::credential, name);
    if (!sealed) return std::unexpected(sealed.error());
    const auto text = open_sealed(*sealed);
    if (!text) return std::unexpected(text.error());
    const auto fields = core::parse_json(*text);
    if (!fields) return std::unexpected(fields.error());
    const Credential stored{name, sealed->type, *fields};
    if (stored.text(replaced.field) != replaced.before) return {};
    const auto opened = open_vault();
    if (!opened) return std::unexpected(opened.error());
    // The time tells when somebody has set it, which is not now.
    return (*opened)->put(store::SecretKind::credential, name, sealed->type,
                          core::to_json(with_text(stored.fields, replaced.field, replaced.text)),
                          sealed->updated_at);
}

}  // namespace millrace::runtime
