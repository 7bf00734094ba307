// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "millrace/store/result_cache.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteResultCache final : public ResultCache {
public:
    /// `access` outlives it.
    explicit SqliteResultCache(PartAccess& access) : access_{access} {}

    core::Result<std::optional<CachedResult>> find(const std::string& key) override;
    core::Result<> put(std::span<const CachedResult> results, std::uint64_t bytes_max,
                       core::Time now) override;
    core::Result<std::uint64_t> clear(const CacheFilter& filter) override;
    core::Result<CachePage> list(const CacheFilter& filter, std::size_t limit,
                                 const std::string& cursor) override;
    core::Result<CacheTotals> totals() override;

private:
    core::Result<> write(Connection& connection, std::span<const CachedResult> results,
                         std::uint64_t bytes_max, core::Time now);
    core::Result<> evict(Connection& connection, std::uint64_t bytes_max, core::Time now);

    PartAccess& access_;
    /// Of all that is kept, counted once and kept up to date by the writing thread; none: unknown.
    std::optional<std::uint64_t> bytes_;
};

}  // namespace millrace::store::sqlite
