// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "events/channel.hpp"
#include "events/event_options.hpp"
#include "events/event_readers.hpp"
#include "events/hub_core.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// The events of one topic for one who follows. Reads the store until nothing else is there, and
/// goes on with what the channel holds; when that has let go of something it was too slow for, it
/// says so and reads the store again. It knows its place all the time, so nothing is left out or
/// told twice.
class Follower final : public MessageSource, public std::enable_shared_from_this<Follower> {
public:
    Follower(std::shared_ptr<HubCore> core, const Topic& topic, Place after, EventFilter filter,
             EventForm form);
    ~Follower() override;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    Batch take(std::size_t bytes_max, std::function<void()> wake) override;

private:
    enum class Phase : std::uint8_t {
        behind,   ///< must read the store
        reading,  ///< a task does
        read,     ///< has a part of it to tell
        live,     ///< goes with the channel
        ended,
    };
    /// What `take` has found while it held the channel's mutex.
    struct Found {
        std::vector<PlacedEvent> events;
        std::size_t bytes = 0;
        Place place;  ///< behind them, for what is said beside events
        bool has_lagged = false;
        std::optional<core::Error> failure;
    };

    // The caller holds the channel's mutex. The last two say whether `take` is to return.
    void find(Found& found, std::size_t bytes_max, std::function<void()>& wake);
    bool find_read(Found& found, std::size_t bytes_max);
    bool find_live(Found& found, std::size_t bytes_max, std::function<void()>& wake);

    std::vector<Message> told(const Found& found) const;
    Message notice(std::string_view type, const Place& place, const core::Error* error) const;
    std::string cursor(const Place& place) const;
    void read();

    const std::shared_ptr<HubCore> core_;
    const std::shared_ptr<Channel> channel_;
    const std::unique_ptr<const EventForm> form_;  ///< null: the plain one
    std::unique_ptr<EventReader> reader_;          ///< of the running task; none while live

    // Guarded by the channel's mutex.
    Waiter waiter_;
    Phase phase_ = Phase::behind;
    std::function<void()> read_wake_;  ///< called when the reading is done
    EventReader::Part part_;           ///< what was read
    std::size_t part_told_ = 0;        ///< of its events
    std::size_t read_bytes_ = 0;       ///< how much to read
    std::optional<core::Error> failed_;
    std::uint64_t generation_ = 0;  ///< of the channel, before the last reading
};

}  // namespace millrace::server
