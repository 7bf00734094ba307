// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

enum class EventType : std::uint8_t {
    execution_created,
    execution_started,
    execution_paused,
    execution_resumed,
    execution_waiting,
    execution_completed,
    execution_failed,
    execution_canceled,
    node_started,
    node_completed,
    node_failed,
    node_retrying,
    node_skipped,
    node_canceled,
    node_waiting,
    node_event,  ///< something the node says of itself, such as a log line
};

/// `execution.created` and so on.
std::string_view to_text(EventType type);
std::optional<EventType> parse_event_type(std::string_view text);

enum class EventErrc { bad_event };
std::string_view code_text(EventErrc code);

/// What a watcher of an execution is told. A pure function of the journal's records; `seq` is
/// dense per execution, from 1.
struct Event {
    std::uint64_t seq = 0;
    Time time;
    ExecutionId execution_id;
    std::string workflow_id;
    std::uint32_t workflow_version = 0;
    EventType type = EventType::execution_created;
    std::string node_id;        ///< empty for events of the execution
    std::string path;           ///< such as `loop[3].charge`; empty like node_id
    std::uint32_t attempt = 0;  ///< 0: not about an attempt
    Value data;                 ///< object or null

    /// Names the place after this event: `<execution id>:<seq>`. Opaque to callers of the API.
    std::string cursor() const;
    /// The JSON form that the command line and the API show.
    Value to_value() const;
    /// Reads what `to_value` made.
    static Result<Event> from_value(const Value& value);
    friend bool operator==(const Event&, const Event&) = default;
};

/// A cursor taken apart.
struct EventCursor {
    ExecutionId execution_id;
    std::uint64_t seq = 0;

    static std::optional<EventCursor> parse(std::string_view text);
    friend bool operator==(const EventCursor&, const EventCursor&) = default;
};

}  // namespace millrace::core
