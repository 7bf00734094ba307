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
    for (const engine::JournalRow& row : frame.journal)
        add(row);
    for (const engine::ParkedRow& row : frame.parked)
        if (const auto at = kept_.find(row.id); at != kept_.end()) drop(at);
    if (bytes_ > bytes_max_) drop_largest();
    is_empty_ = kept_.empty();
}

void Histories::add(const engine::JournalRow& row) {
    const auto at = kept_.find(row.id);
    if (at == kept_.end()) return;
    Kept& kept = at->second;
    if (row.first_seq != kept.next_seq) return drop(at);
    kept.next_seq += row.count;
    kept.rows.push_back(row.bytes);
    kept.bytes += row.bytes.size();
    bytes_ += row.bytes.size();
}

void Histories::drop_largest() {
    std::vector<std::pair<std::size_t, core::ExecutionId>> sizes;
    sizes.reserve(kept_.size());
    for (const auto& [id, kept] : kept_)
        sizes.emplace_back(kept.bytes, id);
    std::ranges::make_heap(sizes);
    // A good part at once: each look at all of them then is paid for by as many bytes as go.
    while (bytes_ > bytes_max_ / 4 * 3 && !sizes.empty()) {
        std::ranges::pop_heap(sizes);
        drop(kept_.find(sizes.back().second));
        sizes.pop_back();
    }
}

void Histories::drop(KeptById::iterator at) {
    bytes_ -= at->second.bytes;
    kept_.erase(at);
}

std::optional<std::vector<std::string>> Histories::take(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    auto taken = kept_.extract(id);
    is_empty_ = kept_.empty();
    if (!taken) return std::nullopt;
    bytes_ -= taken.mapped().bytes;
    return std::move(taken.mapped().rows);
}

std::size_t Histories::size() const {
    const std::scoped_lock lock{mutex_};
    return kept_.size();
}

}  // namespace millrace::runtime
