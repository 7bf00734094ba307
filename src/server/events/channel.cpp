// SPDX-License-Identifier: Apache-2.0
#include "events/channel.hpp"

#include <algorithm>
#include <utility>

namespace millrace::server {

void Channel::join() {
    const std::scoped_lock lock{mutex_};
    ++members_;
}

void Channel::leave(Waiter& waiter) {
    const std::scoped_lock lock{mutex_};
    if (waiter.wake) stop_waiting(waiter);
    --members_;
    forget_if_seen();
}

bool Channel::wants(const Waiter& waiter, std::span<const PlacedEvent> events) const {
    return std::ranges::any_of(events, [&](const PlacedEvent& placed) {
        return waiter.filter.takes(placed.event->event()) ||
               (ends() && is_last(placed.event->event()));
    });
}

void Channel::publish(std::span<const PlacedEvent> events) {
    Wakes wakes;
    {
        const std::scoped_lock lock{mutex_};
        for (const PlacedEvent& event : events)
            ring_.add(event);
        for (std::size_t i = 0; i < waiting_.size();) {
            Waiter& waiter = *waiting_[i];
            if (!wants(waiter, events)) {
                // It had taken everything, so these are behind it without its being asked. What a
                // follower has read of the store may be ahead of what is told here.
                waiter.place = std::max(waiter.place, ring_.end());
                ++i;
                continue;
            }
            wakes.push_back(std::move(waiter.wake));
            stop_waiting(waiter);
        }
        forget_if_seen();
    }
    for (const auto& wake : wakes)
        wake();
}

void Channel::lose() {
    Wakes wakes;
    {
        const std::scoped_lock lock{mutex_};
        ring_.lose();
        wakes = take_all();
    }
    for (const auto& wake : wakes)
        wake();
}

void Channel::wake_all() {
    Wakes wakes;
    {
        const std::scoped_lock lock{mutex_};
        wakes = take_all();
    }
    for (const auto& wake : wakes)
        wake();
}

void Channel::wait(Waiter& waiter, std::function<void()> wake) {
    waiter.wake = std::move(wake);
    waiter.waits_at = waiting_.size();
    waiting_.push_back(&waiter);
    forget_if_seen();
}

void Channel::stop_waiting(Waiter& waiter) {
    waiting_[waiter.waits_at] = waiting_.back();
    waiting_[waiter.waits_at]->waits_at = waiter.waits_at;
    waiting_.pop_back();
    waiter.wake = nullptr;
}

Channel::Wakes Channel::take_all() {
    Wakes wakes;
    while (!waiting_.empty()) {
        wakes.push_back(std::move(waiting_.back()->wake));
        stop_waiting(*waiting_.back());
    }
    return wakes;
}

void Channel::forget_if_seen() {
    // Who waits has taken all; who does not may still want what is held.
    if (waiting_.size() == members_ && ring_.bytes() > 0) ring_.forget_seen();
}

}  // namespace millrace::server
