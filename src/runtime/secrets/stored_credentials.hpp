// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "millrace/runtime/vault.hpp"
#include "secrets/credentials.hpp"
#include "secrets/secret_mask.hpp"

namespace millrace::runtime {

/// The credentials of a store. The vault is opened with the first that is asked for, or by `check`.
class StoredCredentials final : public Credentials {
public:
    /// `secrets` outlives it.
    StoredCredentials(std::filesystem::path key_file, store::Secrets& secrets);

    /// Whether the key fits what is stored.
    core::Result<> check();
    /// The vault, for those who store. It ends with this.
    core::Result<Vault*> open_vault();

    std::expected<Credential, core::Failure> resolve(
        const std::string& name, std::span<const std::string> accepted) override;
    std::expected<std::string, core::Failure> secret(const std::string& name) override;
    void keep_secret(std::string_view value) override { mask_->add(value); }
    std::string masked(std::string_view text) const override { return mask_->masked(text); }
    void mask(core::Failure& failure) const override { mask_->mask(failure); }
    core::Value without_secrets(const core::Value& value) const override {
        return mask_->without_secrets(value);
    }

    std::shared_ptr<const SecretMask> secrets_mask() const { return mask_; }

private:
    core::Result<Vault*> vault();  // under the lock
    core::Result<std::string> open_sealed(const store::SealedSecret& sealed);
    void learn(const Credential& credential);

    const std::filesystem::path key_file_;
    store::Secrets& secrets_;
    const std::shared_ptr<SecretMask> mask_ = std::make_shared<SecretMask>();
    std::mutex mutex_;  // guards the vault
    std::unique_ptr<Vault> vault_;
};

}  // namespace millrace::runtime
