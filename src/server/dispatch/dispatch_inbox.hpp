// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "dispatch/event_rules.hpp"
#include "millrace/runtime/observer.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::server {

/// Keeps what is committed until it is looked at, as far as anybody may want it. What is too much
/// is dropped: it is read from the store. Thread-safe.
class DispatchInbox final : public runtime::Observer {
public:
    /// `wake` is called when there is something to do; it must not block.
    DispatchInbox(std::size_t bytes_max, std::function<void()> wake)
        : bytes_max_{bytes_max}, wake_{std::move(wake)} {}

    /// What was told before is behind this place.
    void begin(store::FeedPosition end);

    core::Duration patience() const override { return core::Duration{1}; }
    void on_committed(std::span<const runtime::CommittedRow> rows) override;
    void on_lagged(std::uint64_t rows) override;

    /// Which events triggers want.
    void want(EventTypes types);
    /// Which events runs wait for, as far as rows were taken: what is here still may add to it.
    void want_for_waits(EventTypes types);
    /// `wake` at the next rows, whatever they are.
    void expect();

    struct Taken {
        std::vector<runtime::CommittedRow> rows;
        store::FeedPosition end;  ///< behind them and all that nobody wants before the next
        bool is_all = true;
        bool has_gap = false;  ///< some rows were dropped; nothing is taken then
    };
    Taken take(std::size_t rows_max);
    /// Behind all that was told.
    store::FeedPosition end();

private:
    bool is_wanted(const runtime::CommittedRow& row) const;
    void drop();

    const std::size_t bytes_max_;
    const std::function<void()> wake_;
    std::mutex mutex_;  // guards what follows
    std::deque<runtime::CommittedRow> rows_;
    std::size_t bytes_ = 0;
    store::FeedPosition end_;
    EventTypes wanted_ = 0;
    EventTypes wanted_for_waits_ = all_event_types;  ///< until it is known
    std::size_t rows_unseen_ = 0;  ///< nobody wants them, but the place behind them is to be kept
    bool has_gap_ = false;
    bool is_expected_ = false;
};

}  // namespace millrace::server
