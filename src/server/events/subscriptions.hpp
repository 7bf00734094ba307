// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "events/event_filter.hpp"
#include "events/told_event.hpp"

namespace millrace::server {

/// Events for somebody within the program, in the order of their commits. Holds a bounded number;
/// the oldest are dropped for new ones. Thread-safe. Ends with its last owner.
class EventSubscription {
public:
    virtual ~EventSubscription() = default;
    struct Taken {
        std::vector<SharedEvent> events;
        std::uint64_t dropped = 0;  ///< before these, since the last call
        bool has_gap = false;       ///< some more were left out, nobody knows how many
    };
    virtual Taken take(std::size_t events_max) = 0;
};

/// All who listen within the program. Thread-safe.
class Subscriptions {
public:
    /// `wake` is called when there are events again after all were taken.
    std::shared_ptr<EventSubscription> add(EventFilter filter, std::size_t events_max,
                                           std::function<void()> wake);
    void publish(std::span<const SharedEvent> events);
    /// Some events were left out.
    void lose();
    std::size_t count() const;

private:
    class Queue;

    std::vector<std::shared_ptr<Queue>> queues();

    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<Queue>> queues_;
};

}  // namespace millrace::server
