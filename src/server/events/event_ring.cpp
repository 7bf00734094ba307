// SPDX-License-Identifier: Apache-2.0
#include "events/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace millrace::server {

void EventRing::add(PlacedEvent event) {
    bytes_ += event.event->bytes();
    end_ = event.place;
    events_.push_back(std::move(event));
    while (bytes_ > bytes_max_ && held().size() > 1)
        drop_first();
    if (first_ > events_.size() / 2) {
        events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void EventRing::drop_first() {
    PlacedEvent& oldest = events_[first_++];
    bytes_ -= oldest.event->bytes();
    dropped_ = oldest.place;
    oldest.event.reset();
}

void EventRing::lose() {
    ++generation_;
    forget_seen();
}

void EventRing::forget_seen() {
    dropped_ = end_;
    bytes_ = 0;
    first_ = 0;
    // Gives the memory back: most streams have nothing to tell most of the time.
    events_ = {};
}

std::span<const PlacedEvent> EventRing::behind(const Place& place) const {
    const std::span<const PlacedEvent> all = held();
    const auto first = std::ranges::upper_bound(all, place, {}, &PlacedEvent::place);
    return {first, all.end()};
}

}  // namespace millrace::server
