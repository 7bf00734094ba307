// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "dispatch/event_value.hpp"

namespace millrace::server {

/// An event of a request.
struct SentEvent {
    GivenEvent event;
    bool has_id = false;  ///< the sender's own: sent again, it is the same event
};
struct SentEvents {
    std::vector<SentEvent> events;
    bool is_batch = false;
};

inline constexpr std::size_t events_at_once_max = 1'000;
inline constexpr std::string_view cloud_type = "application/cloudevents+json";
inline constexpr std::string_view cloud_batch_type = "application/cloudevents-batch+json";

/// JSON Schema of an event that is sent as plain JSON or YAML.
extern const std::string_view sent_event_schema;

/// Events in the form that Content-Type says: JSON or YAML of the server's own form, CloudEvents
/// one by one or as a batch, or a CloudEvent whose attributes are headers. 400, 415 or 422 with all
/// that is wrong.
std::expected<SentEvents, Problem> read_sent_events(const Request& request);

}  // namespace millrace::server
