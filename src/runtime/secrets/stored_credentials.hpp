// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "millrace/runtime/vault.hpp"
#include "secrets/credentials.hpp"
#include "secrets/secret_mask.hpp"

namespace millrace::runtime {

/// The credentials of a store. The vault is opened with the first that is asked for.
class StoredCredentials final : public Credentials {
public:
    /// Lets a task make writing calls of the store.
    using Writer = std::function<core::Result<>(const std::function<core::Result<>()>& task)>;

    /// `secrets` outlives it.
    StoredCredentials(std::filesystem::path key_file, store::Secrets& secrets);

    /// From now on; before it, and where writing fails, fields are replaced in memory only.
    void write_with(Writer writer) { writer_ = std::move(writer); }
    /// The vault, for those who store. It ends with this.
    core::Result<Vault*> open_vault();

    std::expected<Credential, core::Failure> resolve(
        const std::string& name, std::span<const std::string> accepted) override;
    std::expected<std::string, core::Failure> secret(const std::string& name) override;
    void replace_field(const Credential& credential, std::string_view field,
                       const std::string& text) override;
    void keep_secret(std::string_view value) override { mask_->add(value); }
    void hide_links() override { mask_->hide_links(); }
    std::string masked(std::string_view text) const override { return mask_->masked(text); }
    void mask(core::Failure& failure) const override { mask_->mask(failure); }
    core::Value without_secrets(const core::Value& value) const override {
        return mask_->without_secrets(value);
    }

    std::shared_ptr<const SecretMask> secrets_mask() const { return mask_; }

private:
    core::Result<Vault*> vault();  // under the lock
    /// Reads `sealed` again when the key was rotated since.
    core::Result<std::string> open_sealed(store::SealedSecret& sealed);
    void learn(const Credential& credential);
    struct Replaced {
        std::string field;
        std::string before;
        std::string text;
    };
    /// What was replaced and is not stored yet.
    std::optional<Replaced> replaced_in(const std::string& name);
    void store_replaced(const std::string& name);
    core::Result<> write_replaced(const std::string& name);
    void forget_written(const std::string& name, const Replaced& written);

    const std::filesystem::path key_file_;
    store::Secrets& secrets_;
    const std::shared_ptr<SecretMask> mask_ = std::make_shared<SecretMask>();
    Writer writer_;
    std::mutex mutex_;  // guards what follows
    std::unique_ptr<Vault> vault_;
    std::map<std::string, Replaced> replaced_;  // by name
};

}  // namespace millrace::runtime
