// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/vault.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/store/store.hpp"
#include "secrets/vault_key.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// What a value may not be separated from. Names have no zero bytes.
std::string context_of(const store::SealedSecret& secret) {
    std::string context = secret.kind == store::SecretKind::secret ? "secret" : "credential";
    context.append(1, '\0').append(secret.name).append(1, '\0').append(secret.type);
    return context;
}

std::string name_of(const store::SealedSecret& secret) {
    return (secret.kind == store::SecretKind::secret ? "secret " : "credential ") + secret.name;
}

}  // namespace

std::string_view code_text(VaultErrc code) {
    switch (code) {
        case VaultErrc::no_key: return "no_key";
        case VaultErrc::bad_key: return "bad_key";
        case VaultErrc::wrong_key: return "wrong_key";
        case VaultErrc::damaged: return "damaged";
        case VaultErrc::io: return "io";
    }
    return "io";
}

Vault::Vault(std::filesystem::path key_file, store::Secrets& secrets)
    : key_file_{std::move(key_file)}, secrets_{secrets} {}
Vault::~Vault() = default;

core::Result<std::unique_ptr<Vault>> Vault::open(std::filesystem::path key_file,
                                                 store::Secrets& secrets) {
    MR_CHECK(sodium_init() >= 0);
    std::unique_ptr<Vault> vault{new Vault{std::move(key_file), secrets}};
    if (vault->key_file_.empty()) {
        vault->key_ = Key::generate();
    } else {
        if (auto renamed = take_over_former_key(vault->key_file_); !renamed)
            return std::unexpected(renamed.error());
        auto read = vault->read_key();
        if (!read) return std::unexpected(read.error());
        vault->key_ = std::move(*read);
    }
    if (auto fits = vault->check_fit(); !fits) return std::unexpected(fits.error());
    return vault;
}

core::Result<> Vault::reload() {
    if (key_file_.empty()) return {};
    const std::scoped_lock lock{mutex_};
    auto read = read_key();
    if (!read) return std::unexpected(read.error());
    key_ = std::move(*read);
    return {};
}

std::shared_ptr<const Vault::Key> Vault::key() const {
    const std::scoped_lock lock{mutex_};
    return key_;
}

core::Result<std::shared_ptr<const Vault::Key>> Vault::read_key() const {
    auto key = Key::read(key_file_);
    if (!key) return std::unexpected(key.error());
    auto next = Key::read(next_key_file(key_file_));
    // One that cannot be read was being written when its process died: nothing was sealed with it.
    if (next && *next) {
        const auto stored = secrets_.list(std::nullopt);
        if (!stored) return std::unexpected(stored.error());
        const bool counts = !stored->empty() && stored->front().key_id == (*next)->id();
        if (counts) {
            if (auto done = adopt_next_key(key_file_); !done) return std::unexpected(done.error());
            return std::move(*next);
        }
    }
    return std::move(*key);
}

core::Result<> Vault::check_fit() const {
    const auto stored = secrets_.list(std::nullopt);
    if (!stored) return std::unexpected(stored.error());
    if (stored->empty()) return {};
    const std::string count = std::to_string(stored->size());
    if (!key_) {
        return core::fail(VaultErrc::no_key,
                          count + " stored secrets and credentials need the key file " +
                              key_file_.string() +
                              ", which is not there; restore it from a backup, or delete them and "
                              "set them again");
    }
    for (const store::SealedSecret& secret : *stored) {
        if (secret.key_id == key_->id()) continue;
        return core::fail(VaultErrc::wrong_key,
                          name_of(secret) + " was encrypted with key " + secret.key_id +
                              ", but the key file " + key_file_.string() + " has key " +
                              key_->id() + "; restore the key file that belongs to this data");
    }
    return {};
}

core::Result<std::shared_ptr<const Vault::Key>> Vault::require_key() {
    const std::scoped_lock lock{mutex_};
    if (key_) return key_;
    std::shared_ptr<const Key> key = Key::generate();
    if (auto written = key->write(next_key_file(key_file_)); !written)
        return std::unexpected(written.error());
    if (auto done = adopt_next_key(key_file_); !done) return std::unexpected(done.error());
    key_ = std::move(key);
    return key_;
}

std::string Vault::seal(const Key& key, const store::SealedSecret& secret,
                        std::string_view value) const {
    const std::string context = context_of(secret);
    std::string sealed(nonce_bytes + value.size() + tag_bytes, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
    randombytes_buf(out, nonce_bytes);
    const int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + nonce_bytes, nullptr, bytes_of(value), value.size(), bytes_of(context),
        context.size(), nullptr, out, key.data());
    MR_CHECK(failed == 0);
    return sealed;
}

core::Result<> Vault::put(store::SecretKind kind, const std::string& name, const std::string& type,
                          std::string_view value, core::Time now) {
    const auto key = require_key();
    if (!key) return std::unexpected(key.error());
    store::SealedSecret secret;
    secret.kind = kind;
    secret.name = name;
    secret.type = type;
    secret.key_id = (*key)->id();
    secret.created_at = secret.updated_at = now;
    secret.sealed = seal(**key, secret, value);
    return secrets_.put(secret);
}

core::Result<std::string> Vault::open_secret(const store::SealedSecret& sealed) const {
    const std::shared_ptr<const Key> key = this->key();
    if (!key || sealed.key_id != key->id()) {
        return core::fail(VaultErrc::wrong_key, name_of(sealed) + " was encrypted with key " +
                                                    sealed.key_id + ", which is not at hand");
    }
    const std::string context = context_of(sealed);
    if (sealed.sealed.size() >= nonce_bytes + tag_bytes) {
        std::string value(sealed.sealed.size() - nonce_bytes - tag_bytes, '\0');
        const unsigned char* in = bytes_of(sealed.sealed);
        const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
            reinterpret_cast<unsigned char*>(value.data()), nullptr, nullptr, in + nonce_bytes,
            sealed.sealed.size() - nonce_bytes, bytes_of(context), context.size(), in, key->data());
        if (failed == 0) return value;
    }
    return core::fail(VaultErrc::damaged,
                      name_of(sealed) + " was changed since it was encrypted; set it again");
}

core::Result<Vault::Rotation> Vault::rotate() {
    auto stored = secrets_.list(std::nullopt);
    if (!stored) return std::unexpected(stored.error());
    std::shared_ptr<const Key> key = Key::generate();
    for (store::SealedSecret& secret : *stored) {
        auto value = open_secret(secret);
        if (!value) return std::unexpected(value.error());
        secret.key_id = key->id();
        secret.sealed = seal(*key, secret, *value);
        sodium_memzero(value->data(), value->size());
    }
    // The new key is on the disk before anything needs it, and takes the old one's place only when
    // nothing needs that any more; `open` finishes what a crash in between has left.
    if (!key_file_.empty()) {
        if (auto written = key->write(next_key_file(key_file_)); !written)
            return std::unexpected(written.error());
    }
    // Whoever reads a secret with the new key waits here for that key.
    const std::scoped_lock lock{mutex_};
    if (auto replaced = secrets_.replace_all(*stored); !replaced) {
        const bool is_lost = !replaced.error().is(store::StoreErrc::outcome_unknown);
        if (is_lost && !key_file_.empty()) drop_next_key(key_file_);
        return std::unexpected(replaced.error());
    }
    if (!key_file_.empty()) {
        if (auto done = adopt_next_key(key_file_); !done) return std::unexpected(done.error());
    }
    key_ = std::move(key);
    return Rotation{key_->id(), stored->size()};
}

}  // namespace millrace::runtime
