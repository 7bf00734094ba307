// SPDX-License-Identifier: Apache-2.0
#include "dispatch/dispatch_inbox.hpp"

#include <algorithm>
#include <utility>

namespace millrace::server {
namespace {

/// After so many rows that nobody wants the place behind them is kept: a restart begins there.
constexpr std::size_t rows_unseen_max = 10'000;

std::size_t bytes_of(const runtime::CommittedRow& row) {
    return row.bytes.size() + row.workflow_id.size() + sizeof(row);
}

bool opens_wait(const runtime::CommittedRow& row) {
    return std::ranges::any_of(row.waits, [](const engine::WaitRow& wait) {
        return wait.state == engine::WaitRow::State::open;
    });
}

}  // namespace

void DispatchInbox::begin(store::FeedPosition end) {
    const std::scoped_lock lock{mutex_};
    end_ = std::max(end_, end);
}

bool DispatchInbox::is_wanted(const runtime::CommittedRow& row) const {
    if (!row.waits.empty()) return true;
    const EventTypes types = wanted_ | wanted_for_waits_;
    return types != 0 && ((types & ~last_event_types) != 0 || row.finished.has_value());
}

void DispatchInbox::on_committed(std::span<const runtime::CommittedRow> rows) {
    if (rows.empty()) return;
    bool wakes = false;
    {
        const std::scoped_lock lock{mutex_};
        for (const runtime::CommittedRow& row : rows) {
            // What it waits for may be in the next row already.
            if (opens_wait(row)) wanted_for_waits_ = all_event_types;
            if (!is_wanted(row)) {
                ++rows_unseen_;
                continue;
            }
            bytes_ += bytes_of(row);
            rows_.push_back(row);
        }
        end_ = rows.back().position;
        if (bytes_ > bytes_max_) drop();
        wakes = !rows_.empty() || has_gap_ || rows_unseen_ >= rows_unseen_max ||
                std::exchange(is_expected_, false);
    }
    if (wakes) wake_();
}

void DispatchInbox::on_lagged(std::uint64_t) {
    {
        const std::scoped_lock lock{mutex_};
        drop();
    }
    wake_();
}

void DispatchInbox::drop() {
    rows_.clear();
    bytes_ = 0;
    has_gap_ = true;
}

void DispatchInbox::want(EventTypes types) {
    const std::scoped_lock lock{mutex_};
    wanted_ = types;
}

void DispatchInbox::want_for_waits(EventTypes types) {
    const std::scoped_lock lock{mutex_};
    if (std::ranges::none_of(rows_, opens_wait) && !has_gap_) wanted_for_waits_ = types;
}

void DispatchInbox::expect() {
    const std::scoped_lock lock{mutex_};
    is_expected_ = true;
}

DispatchInbox::Taken DispatchInbox::take(std::size_t rows_max) {
    const std::scoped_lock lock{mutex_};
    Taken taken;
    taken.has_gap = std::exchange(has_gap_, false);
    if (taken.has_gap) return taken;
    while (!rows_.empty() && taken.rows.size() < rows_max) {
        bytes_ -= bytes_of(rows_.front());
        taken.rows.push_back(std::move(rows_.front()));
        rows_.pop_front();
    }
    taken.is_all = rows_.empty();
    if (taken.is_all) rows_unseen_ = 0;
    taken.end = taken.is_all ? end_ : taken.rows.back().position;
    return taken;
}

store::FeedPosition DispatchInbox::end() {
    const std::scoped_lock lock{mutex_};
    return end_;
}

}  // namespace millrace::server
