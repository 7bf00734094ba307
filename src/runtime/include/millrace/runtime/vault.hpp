// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/secrets.hpp"

namespace millrace::runtime {

enum class VaultErrc {
    no_key,     ///< secrets are stored, but their key file is not there
    bad_key,    ///< the key file is damaged, or others than its owner may read it
    wrong_key,  ///< what is stored was encrypted with another key
    damaged,    ///< a stored secret was changed since it was encrypted
    io,         ///< the key file cannot be read or written
};
std::string_view code_text(VaultErrc code);

/// Encrypts what the store keeps secret. The key lies in a file beside the data, mode 0600, which
/// the first secret creates; each secret knows the id of its key. XChaCha20-Poly1305; kind, name
/// and type are authenticated with each value, so none can take another's place.
/// `put` and `rotate` are writing calls of the store; the others may be made from any thread at any
/// time.
class Vault {
public:
    struct Rotation {
        std::string key_id;
        std::size_t secrets = 0;
    };

    /// Reads the key, if there is one, and checks that it fits what is stored. Finishes a rotation
    /// that was cut off. `key_file` empty: a key that ends with the vault. `secrets` outlives it.
    /// A key under its former name, `secret.key` for `key`, gets the new one.
    static core::Result<std::unique_ptr<Vault>> open(std::filesystem::path key_file,
                                                     store::Secrets& secrets);
    ~Vault();
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    core::Result<> put(store::SecretKind kind, const std::string& name, const std::string& type,
                       std::string_view value, core::Time now);
    /// The value as it was put. `wrong_key` also when the key was rotated since `sealed` was read:
    /// read it again.
    core::Result<std::string> open_secret(const store::SealedSecret& sealed) const;
    /// A new key; all secrets are encrypted with it in one transaction, and the old key is gone.
    core::Result<Rotation> rotate();
    /// Reads the key again: another vault may have made or rotated it.
    core::Result<> reload();

private:
    class Key;
    Vault(std::filesystem::path key_file, store::Secrets& secrets);
    core::Result<std::shared_ptr<const Key>> read_key() const;
    core::Result<std::shared_ptr<const Key>> require_key();
    core::Result<> check_fit() const;
    std::shared_ptr<const Key> key() const;
    std::string seal(const Key& key, const store::SealedSecret& secret,
                     std::string_view value) const;

    std::filesystem::path key_file_;
    store::Secrets& secrets_;
    mutable std::mutex mutex_;        // a rotation holds it until the new key is the one
    std::shared_ptr<const Key> key_;  // none: nothing is stored yet
};

}  // namespace millrace::runtime
