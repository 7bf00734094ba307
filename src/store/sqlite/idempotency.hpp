// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "millrace/store/idempotency.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteIdempotency final : public Idempotency {
public:
    /// `access` outlives it.
    explicit SqliteIdempotency(PartAccess& access) : access_{access} {}

    core::Result<std::optional<KeptAnswer>> begin(const KeptAnswer& request) override;
    core::Result<> finish(const KeptAnswer& answer) override;
    core::Result<> forget(const std::string& scope, const std::string& key) override;
    core::Result<std::optional<KeptAnswer>> find(const std::string& scope,
                                                 const std::string& key) override;
    core::Result<std::uint64_t> forget_before(core::Time before, std::size_t limit) override;

private:
    PartAccess& access_;
};

}  // namespace millrace::store::sqlite
