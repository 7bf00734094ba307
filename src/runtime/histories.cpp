// SPDX-License-Identifier: Apache-2.0
#include "histories.hpp"

#include <algorithm>
#include <utility>

namespace millrace::runtime {

void Histories::keep(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    kept_.try_emplace(id);
    is_empty_ = false;
}

void Histories::add(const engine::Frame& frame) {
    if (is_empty_) return;
    const std::scoped_lock lock{mutex_};
    for (const engine::JournalRow& row : frame.journal) {
        const auto at = kept_.find(row.id);
        if (at == kept_.end() || !at->second.is_whole) continue;
        Kept& kept = at->second;
        if (row.first_seq != kept.next_seq) {
            drop(kept);
            continue;
        }
        kept.next_seq += row.count;
        kept.rows.push_back(row.bytes);
        kept.bytes += row.bytes.size();
        bytes_ += row.bytes.size();
    }
    while (bytes_ > bytes_max_)
        drop_largest();
}

void Histories::drop_largest() {
    const auto largest =
        std::ranges::max_element(kept_, {}, [](const auto& entry) { return entry.second.bytes; });
    drop(largest->second);
}

void Histories::drop(Kept& kept) {
    bytes_ -= kept.bytes;
    kept = Kept{};
    kept.is_whole = false;
}

std::optional<std::vector<std::string>> Histories::take(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    auto taken = kept_.extract(id);
    is_empty_ = kept_.empty();
    if (!taken) return std::nullopt;
    Kept& kept = taken.mapped();
    bytes_ -= kept.bytes;
    if (!kept.is_whole) return std::nullopt;
    return std::move(kept.rows);
}

}  // namespace millrace::runtime
