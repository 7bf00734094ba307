// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/store/retention.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteRetention final : public Retention {
public:
    /// `access` outlives it.
    explicit SqliteRetention(PartAccess& access) : access_{access} {}

    core::Result<Prunable> prunable(const PruneRequest& request) override;
    core::Result<std::vector<core::ExecutionId>> removable(
        std::span<const core::ExecutionId> ids) override;
    core::Result<Pruned> prune(std::span<const core::ExecutionId> ids) override;
    core::Result<> remove(core::ExecutionId id) override;
    core::Result<std::uint64_t> free_bytes() override;
    core::Result<std::uint64_t> give_back(std::uint64_t bytes) override;

private:
    PartAccess& access_;
};

/// What `PRAGMA auto_vacuum` says of a database that can give space back.
inline constexpr std::int64_t auto_vacuum_incremental = 2;
/// What an owner writes anew without being asked: well under a second.
inline constexpr std::uint64_t give_back_bytes_max = 64u << 20;

/// Makes a database able to give free space back, which takes writing all of it anew unless it is
/// empty; nothing happens beyond `bytes_max`. Whether it is able to, afterwards. Not within a
/// transaction.
core::Result<bool> enable_give_back(Connection& connection, std::uint64_t bytes_max);

}  // namespace millrace::store::sqlite
