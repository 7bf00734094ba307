// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "millrace/core/time.hpp"

namespace millrace::server {

/// What is to happen at a time unless it is taken back before, as most of it is: one timer for all,
/// so that tens of thousands of waits leave nothing behind. Thread-safe.
class WaitList : public std::enable_shared_from_this<WaitList> {
public:
    using Ticket =
        std::pair<std::int64_t, std::uint64_t>;  ///< when, in ns of a steady clock; order
    using Later = std::function<void(core::Duration, std::function<void()>)>;
    using SteadyNs = std::function<std::int64_t()>;

    /// `later` does a task after a while; tests bring a clock of their own.
    explicit WaitList(Later later, SteadyNs clock = {});

    Ticket add(core::Duration after, std::function<void()> overdue);
    /// Whether it was still there.
    bool remove(Ticket ticket);
    /// From now on nothing waits: what does is overdue at once.
    void hurry();
    std::size_t size() const;

private:
    void arm(std::int64_t at);
    void fire(std::int64_t at);

    const Later later_;
    const SteadyNs clock_;
    mutable std::mutex mutex_;
    std::map<Ticket, std::function<void()>> waits_;
    std::uint64_t last_number_ = 0;
    bool is_hurried_ = false;
    std::optional<std::int64_t> armed_for_;  ///< the earliest time that a timer is set to
};

}  // namespace millrace::server
