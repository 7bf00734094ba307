// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "remote/api_client.hpp"
#include "run/wakeups.hpp"

namespace millrace::cli {

/// The events of one execution on a server, as they come; a thread of its own reads them. A broken
/// connection is made again and goes on where it broke, for a while.
class EventFeed {
public:
    /// Without `after` from the first event on. `client` outlives the feed.
    EventFeed(const ApiClient& client, core::ExecutionId id, std::string after);
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    struct News {
        std::vector<core::Event> events;
        bool is_trying_again = false;      ///< the connection broke, for the first time in a row
        bool has_ended = false;            ///< no more will come: the execution has ended
        std::optional<core::Error> error;  ///< no more will come
    };
    News take();
    /// Rings when there is news.
    const Bell& bell() const { return bell_; }

private:
    void read();
    /// One connection; whether another one may help.
    bool read_once();
    void wait_a_little(int tries);

    const ApiClient& client_;
    const core::ExecutionId id_;
    std::string cursor_;  // of the reading thread
    std::size_t received_ = 0;
    std::optional<core::Error> broken_;
    Bell bell_;
    std::atomic<bool> is_over_{false};
    std::mutex mutex_;
    News news_;            // guarded by mutex_
    std::jthread thread_;  // last: it uses everything above
};

}  // namespace millrace::cli
