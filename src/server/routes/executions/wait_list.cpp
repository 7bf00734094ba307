// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/wait_list.hpp"

#include <chrono>
#include <vector>

namespace millrace::server {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

WaitList::WaitList(Later later, SteadyNs clock)
    : later_{std::move(later)}, clock_{clock ? std::move(clock) : SteadyNs{steady_ns}} {}

WaitList::Ticket WaitList::add(core::Duration after, std::function<void()> overdue) {
    const std::int64_t now = clock_();
    std::int64_t at = now + after.ms * ns_per_ms;
    Ticket ticket;
    bool is_first = false;
    {
        const std::scoped_lock lock{mutex_};
        if (is_hurried_) at = now;
        ticket = {at, ++last_number_};
        // Waits are mostly equally long, so a new one mostly belongs to the end.
        waits_.emplace_hint(waits_.end(), ticket, std::move(overdue));
        is_first = !armed_for_ || at < *armed_for_;
        if (is_first) armed_for_ = at;
    }
    if (is_first) arm(at);
    return ticket;
}

bool WaitList::remove(Ticket ticket) {
    const std::scoped_lock lock{mutex_};
    return waits_.erase(ticket) > 0;
}

void WaitList::hurry() {
    std::map<Ticket, std::function<void()>> waits;
    {
        const std::scoped_lock lock{mutex_};
        is_hurried_ = true;
        waits.swap(waits_);
    }
    for (const auto& [ticket, overdue] : waits)
        overdue();
}

std::size_t WaitList::size() const {
    const std::scoped_lock lock{mutex_};
    return waits_.size();
}

void WaitList::arm(std::int64_t at) {
    const std::int64_t left = at - clock_();
    const core::Duration delay{left <= 0 ? 0 : (left + ns_per_ms - 1) / ns_per_ms};
    later_(delay, [weak = weak_from_this(), at] {
        if (const auto list = weak.lock()) list->fire(at);
    });
}

void WaitList::fire(std::int64_t at) {
    std::vector<std::function<void()>> due;
    std::optional<std::int64_t> next;
    {
        const std::scoped_lock lock{mutex_};
        // A timer that an earlier one has taken the place of has nothing to do.
        if (armed_for_ != at) return;
        const std::int64_t now = clock_();
        while (!waits_.empty() && waits_.begin()->first.first <= now) {
            due.push_back(std::move(waits_.begin()->second));
            waits_.erase(waits_.begin());
        }
        if (!waits_.empty()) next = waits_.begin()->first.first;
        armed_for_ = next;
    }
    for (const std::function<void()>& overdue : due)
        overdue();
    if (next) arm(*next);
}

}  // namespace millrace::server
