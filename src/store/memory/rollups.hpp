// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/store/rollups.hpp"

namespace millrace::store::memory {

/// Thread-safe.
class MemoryRollups final : public Rollups {
public:
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
    using Key = std::tuple<RollupSubject, RollupSpan, core::Time>;

    bool merge_into(Rollup& total, const RollupSubject& subject,
                    std::span<const RollupPart> parts) const;

    std::mutex mutex_;
    std::map<Key, Rollup> rows_;
    std::optional<RollupProgress> progress_;
    std::vector<RollupGap> gaps_;
};

}  // namespace millrace::store::memory
