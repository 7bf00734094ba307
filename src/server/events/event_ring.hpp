// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/place.hpp"
#include "events/told_event.hpp"

namespace millrace::server {

struct PlacedEvent {
    Place place;  ///< behind it
    SharedEvent event;
};

/// The newest events of one stream, for all who follow it and stand at different places in it. The
/// oldest make room for new ones, but the newest always stays. Not thread-safe.
class EventRing {
public:
    explicit EventRing(std::size_t bytes_max) : bytes_max_{bytes_max} {}

    /// The places of events rise.
    void add(PlacedEvent event);
    /// Events were left out, nobody knows which: whoever follows must read the store from now on,
    /// in which they are.
    void lose();
    /// Everybody has seen all.
    void forget_seen();

    /// Rises with `lose`. Who has asked for it and has read the store to its end after that goes on
    /// here when `covers`.
    std::uint64_t generation() const { return generation_; }
    /// All that was told behind `place` is here, and nothing was left out since that generation.
    bool covers(std::uint64_t generation, const Place& place) const {
        return generation == generation_ && place >= dropped_;
    }
    std::span<const PlacedEvent> behind(const Place& place) const;
    /// Behind all that was ever told here.
    const Place& end() const { return end_; }
    std::size_t bytes() const { return bytes_; }

private:
    std::span<const PlacedEvent> held() const { return std::span{events_}.subspan(first_); }
    void drop_first();

    std::size_t bytes_max_;
    std::vector<PlacedEvent> events_;
    std::size_t first_ = 0;  ///< those before it are gone
    std::size_t bytes_ = 0;
    std::uint64_t generation_ = 0;
    Place dropped_;
    Place end_;
};

}  // namespace millrace::server
