// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millrace/store/rollups.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteRollups final : public Rollups {
public:
    /// `access` outlives it.
    explicit SqliteRollups(PartAccess& access) : access_{access} {}

    core::Result<std::optional<RollupProgress>> progress() override;
    core::Result<> add(std::span<const RollupAdd> adds, const RollupProgress& progress,
                       const std::optional<RollupGap>& gap) override;
    core::Result<std::vector<RollupRow>> rows(const RollupSubject& subject,
                                              const RollupPart& part) override;
    core::Result<Rollup> total(const RollupSubject& subject,
                               std::span<const RollupPart> parts) override;
    core::Result<std::vector<std::pair<RollupSubject, Rollup>>> totals(
        const std::string& workflow_id, std::span<const RollupPart> parts) override;
    core::Result<std::vector<RollupGap>> gaps(core::Time from, core::Time before) override;
    core::Result<std::uint64_t> forget(RollupSpan span, core::Time before,
                                       std::size_t limit) override;

private:
    core::Result<std::int64_t> series_of(Connection& connection, const RollupSubject& subject);
    core::Result<> add_one(Connection& connection, const RollupAdd& one);

    PartAccess& access_;
    /// As far as they were looked up; used while writing only. Emptied when a transaction fails:
    /// a number may not have been kept.
    std::map<RollupSubject, std::int64_t> series_;
};

}  // namespace millrace::store::sqlite
