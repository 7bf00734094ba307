// SPDX-License-Identifier: Apache-2.0
#include "run/follower.hpp"

namespace millrace::cli {

core::Result<bool> Follower::take(std::uint64_t first_seq, const std::string& row,
                                  std::vector<core::Event>& events) {
    if (first_seq > last_seq_ + 1) return false;
    const auto records = engine::read_row(row);
    if (!records) return std::unexpected(records.error());
    for (const engine::Record& record : *records) {
        if (record.seq <= last_seq_) continue;
        last_seq_ = record.seq;
        if (auto event = view_.feed(record)) events.push_back(std::move(*event));
    }
    return true;
}

core::Result<std::uint64_t> Follower::take_until(const std::vector<std::string>& rows,
                                                 std::uint64_t last,
                                                 std::vector<core::Event>& events) {
    for (const std::string& row : rows) {
        const auto records = engine::read_row(row);
        if (!records) return std::unexpected(records.error());
        for (const engine::Record& record : *records) {
            if (record.seq > last) return last_seq_;
            last_seq_ = record.seq;
            if (auto event = view_.feed(record)) events.push_back(std::move(*event));
        }
    }
    return last_seq_;
}

core::Result<> Follower::catch_up(store::Store& store, std::vector<core::Event>& events) {
    const auto rows = store.journal(id_, last_seq_);
    if (!rows) return std::unexpected(rows.error());
    for (const std::string& row : *rows) {
        // The store gives rows without a gap, so the place of a row need not be told.
        const auto taken = take(last_seq_ + 1, row, events);
        if (!taken) return std::unexpected(taken.error());
    }
    return {};
}

}  // namespace millrace::cli
