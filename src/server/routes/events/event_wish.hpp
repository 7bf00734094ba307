// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "events/event_filter.hpp"
#include "events/event_options.hpp"
#include "events/place.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::server {

/// What a caller wants to hear of, and how.
struct EventWish {
    bool is_stream = false;  ///< as they happen; else those that there are
    EventForm form;
    EventFilter filter;
    std::size_t limit = 0;  ///< of a list
    std::string after;      ///< a cursor; empty: none
};

/// `public_url` begins the source of CloudEvents.
std::expected<EventWish, Problem> event_wish(const Request& request, const std::string& public_url);
/// The same for a WebSocket, which is always a stream.
std::expected<EventWish, Problem> frames_wish(const Request& request,
                                              const std::string& public_url);

/// Its `after` as a place among the events of this execution.
std::expected<Place, Problem> place_in(const EventWish& wish, core::ExecutionId id);
/// The same among those of many; none when there is no cursor.
std::expected<std::optional<Place>, Problem> place_in_feed(const EventWish& wish);

}  // namespace millrace::server
