// SPDX-License-Identifier: Apache-2.0
#include "memory/rollups.hpp"

#include <algorithm>

namespace millrace::store::memory {

core::Result<std::optional<RollupProgress>> MemoryRollups::progress() {
    const std::scoped_lock lock{mutex_};
    return progress_;
}

core::Result<> MemoryRollups::add(std::span<const RollupAdd> adds, const RollupProgress& progress,
                                  const std::optional<RollupGap>& gap) {
    const std::scoped_lock lock{mutex_};
    for (const RollupAdd& one : adds)
        rows_[{one.subject, one.span, one.start}].merge(one.rollup);
    progress_ = progress;
    if (gap) gaps_.push_back(*gap);
    return {};
}

core::Result<std::vector<RollupRow>> MemoryRollups::rows(const RollupSubject& subject,
                                                         const RollupPart& part) {
    const std::scoped_lock lock{mutex_};
    std::vector<RollupRow> rows;
    auto at = rows_.lower_bound({subject, part.span, part.from});
    const auto end = rows_.lower_bound({subject, part.span, std::max(part.from, part.before)});
    for (; at != end; ++at)
        rows.push_back({std::get<core::Time>(at->first), at->second});
    return rows;
}

bool MemoryRollups::merge_into(Rollup& total, const RollupSubject& subject,
                               std::span<const RollupPart> parts) const {
    bool is_any = false;
    for (const RollupPart& part : parts) {
        auto at = rows_.lower_bound({subject, part.span, part.from});
        const auto end = rows_.lower_bound({subject, part.span, std::max(part.from, part.before)});
        for (; at != end; ++at, is_any = true)
            total.merge(at->second);
    }
    return is_any;
}

core::Result<Rollup> MemoryRollups::total(const RollupSubject& subject,
                                          std::span<const RollupPart> parts) {
    const std::scoped_lock lock{mutex_};
    Rollup total;
    merge_into(total, subject, parts);
    return total;
}

core::Result<std::vector<std::pair<RollupSubject, Rollup>>> MemoryRollups::totals(
    const std::string& workflow_id, std::span<const RollupPart> parts) {
    const std::scoped_lock lock{mutex_};
    std::vector<std::pair<RollupSubject, Rollup>> all;
    auto at = rows_.begin();
    while (at != rows_.end()) {
        const RollupSubject subject = std::get<RollupSubject>(at->first);
        const bool is_wanted = workflow_id.empty()
                                   ? subject.node_id.empty() && !subject.workflow_id.empty()
                                   : subject.workflow_id == workflow_id && !subject.node_id.empty();
        Rollup total;
        if (is_wanted && merge_into(total, subject, parts))
            all.emplace_back(subject, std::move(total));
        while (at != rows_.end() && std::get<RollupSubject>(at->first) == subject)
            ++at;
    }
    return all;
}

core::Result<std::vector<RollupGap>> MemoryRollups::gaps(core::Time from, core::Time before) {
    const std::scoped_lock lock{mutex_};
    std::vector<RollupGap> found;
    for (const RollupGap& gap : gaps_)
        if (gap.to > from && (!gap.from || *gap.from < before)) found.push_back(gap);
    return found;
}

core::Result<std::uint64_t> MemoryRollups::forget(RollupSpan span, core::Time before,
                                                  std::size_t limit) {
    const std::scoped_lock lock{mutex_};
    std::uint64_t forgotten = 0;
    for (auto at = rows_.begin(); at != rows_.end() && forgotten < limit;) {
        const bool is_old =
            std::get<RollupSpan>(at->first) == span && std::get<core::Time>(at->first) < before;
        at = is_old ? rows_.erase(at) : std::next(at);
        if (is_old) ++forgotten;
    }
    if (span == RollupSpan::day)
        std::erase_if(gaps_, [&](const RollupGap& gap) { return gap.to <= before; });
    return forgotten;
}

}  // namespace millrace::store::memory
