// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "events/event_filter.hpp"
#include "events/event_ring.hpp"
#include "events/place.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::server {

/// What somebody may follow: an execution, a workflow, or everything.
struct Everything {
    auto operator<=>(const Everything&) const = default;
};
using Topic = std::variant<core::ExecutionId, std::string, Everything>;

/// Who follows a channel, as the channel sees it. Guarded by the channel's mutex.
struct Waiter {
    EventFilter filter;
    Place place;                 ///< behind all that was taken or is not wanted
    std::function<void()> wake;  ///< while it waits
    std::size_t waits_at = 0;    ///< in the channel's list; none while `wake` is empty
};

/// What is told about one topic, and who waits for it. Thread-safe, but for what says that the
/// caller holds `mutex`.
class Channel {
public:
    Channel(Topic topic, std::size_t bytes_max) : ring_{bytes_max}, topic_{std::move(topic)} {}

    const Topic& topic() const { return topic_; }
    /// Ends with the execution that it is about.
    bool ends() const { return std::holds_alternative<core::ExecutionId>(topic_); }

    void join();
    void leave(Waiter& waiter);
    void publish(std::span<const PlacedEvent> events);
    /// Some events were left out.
    void lose();
    /// Wakes whoever waits, for no news.
    void wake_all();

    std::mutex& mutex() { return mutex_; }
    /// The caller holds `mutex`.
    const EventRing& ring() const { return ring_; }
    /// The caller holds `mutex`, has taken all there is and waits for more.
    void wait(Waiter& waiter, std::function<void()> wake);

private:
    using Wakes = std::vector<std::function<void()>>;

    bool wants(const Waiter& waiter, std::span<const PlacedEvent> events) const;
    void stop_waiting(Waiter& waiter);
    void forget_if_seen();
    Wakes take_all();

    std::mutex mutex_;
    EventRing ring_;
    std::vector<Waiter*> waiting_;
    std::size_t members_ = 0;
    const Topic topic_;
};

}  // namespace millrace::server
