// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sodium.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/runtime/vault.hpp"

namespace millrace::runtime {

/// The key of a vault and its file: `millrace-key-1`, the key's id and the key in base64.
class Vault::Key {
public:
    static std::unique_ptr<Key> generate();
    /// Null pointer when there is no such file.
    static core::Result<std::unique_ptr<Key>> read(const std::filesystem::path& file);
    ~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    /// Writes a new file of mode 0600; durable when it returns.
    core::Result<> write(const std::filesystem::path& file) const;

    const std::string& id() const { return id_; }
    const unsigned char* data() const { return bytes_.data(); }

private:
    Key() = default;
    void name();

    std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> bytes_{};
    std::string id_;
};

/// Until now `key` was `secret.key`, and `work.db.key` was `work.db.secret.key`: where there is no
/// key, but one under its former name, that one is renamed, durably.
core::Result<> take_over_former_key(const std::filesystem::path& file);

/// Where a rotation keeps the new key until it counts.
std::filesystem::path next_key_file(const std::filesystem::path& file);
/// Gives the next key the place of the key, durably.
core::Result<> adopt_next_key(const std::filesystem::path& file);
void drop_next_key(const std::filesystem::path& file);

}  // namespace millrace::runtime
