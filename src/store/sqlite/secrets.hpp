// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/store/secrets.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteSecrets final : public Secrets {
public:
    /// `access` outlives it.
    explicit SqliteSecrets(PartAccess& access) : access_{access} {}

    core::Result<std::vector<SealedSecret>> list(std::optional<SecretKind> kind) override;
    core::Result<SealedSecret> find(SecretKind kind, const std::string& name) override;
    core::Result<> put(const SealedSecret& secret) override;
    core::Result<> remove(SecretKind kind, const std::string& name) override;
    core::Result<> replace_all(std::span<const SealedSecret> secrets) override;

private:
    PartAccess& access_;
};

}  // namespace millrace::store::sqlite
