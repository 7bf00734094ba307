// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/event.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "object_reader.hpp"

namespace millrace::core {
namespace {

// At the index of the enumerator.
constexpr std::array<std::string_view, 16> type_names{
    "execution.created", "execution.started",   "execution.paused", "execution.resumed",
    "execution.waiting", "execution.completed", "execution.failed", "execution.canceled",
    "node.started",      "node.completed",      "node.failed",      "node.retrying",
    "node.skipped",      "node.canceled",       "node.waiting",     "node.event"};
static_assert(type_names[static_cast<std::size_t>(EventType::node_event)] == "node.event");

/// Of the JSON form; a reader refuses other ones.
constexpr std::int64_t event_format = 1;

}  // namespace

std::string_view to_text(EventType type) {
    return type_names[static_cast<std::size_t>(type)];
}

std::optional<EventType> parse_event_type(std::string_view text) {
    for (std::size_t i = 0; i < type_names.size(); ++i) {
        if (type_names[i] == text) return static_cast<EventType>(i);
    }
    return std::nullopt;
}

std::string_view code_text(EventErrc) {
    return "bad_event";
}

std::string Event::cursor() const {
    return execution_id.text() + ":" + std::to_string(seq);
}

Value Event::to_value() const {
    ObjectBuilder object;
    object.set("v", event_format)
        .set("seq", static_cast<std::int64_t>(seq))
        .set("cursor", cursor())
        .set("time", time.text())
        .set("execution_id", execution_id.text())
        .set("workflow_id", workflow_id)
        .set("workflow_version", workflow_version)
        .set("type", to_text(type));
    if (!node_id.empty()) object.set("node_id", node_id);
    if (!path.empty()) object.set("path", path);
    if (attempt > 0) object.set("attempt", attempt);
    if (!data.is_null()) object.set("data", data);
    return std::move(object).build();
}

Result<Event> Event::from_value(const Value& value) {
    if (!value.is_object()) {
        return fail(EventErrc::bad_event,
                    "an event must be an object, not " + std::string{kind_name(value)});
    }
    constexpr std::int64_t u32_max = std::numeric_limits<std::uint32_t>::max();
    ObjectReader fields{value};
    Event event;
    if (fields.integer("v", u32_max) != event_format) fields.reject("v", "must be 1");
    event.seq = static_cast<std::uint64_t>(
        fields.integer("seq", std::numeric_limits<std::int64_t>::max()).value_or(0));
    const std::optional<Time> time = Time::parse(fields.text("time", true));
    if (!time) fields.reject("time", "is no RFC 3339 time");
    const auto execution_id = ExecutionId::parse(fields.text("execution_id", true));
    if (!execution_id) fields.reject("execution_id", "is no UUID");
    event.workflow_id = fields.text("workflow_id", true);
    event.workflow_version =
        static_cast<std::uint32_t>(fields.integer("workflow_version", u32_max).value_or(0));
    const std::string type_name = fields.text("type", true);
    const std::optional<EventType> type = parse_event_type(type_name);
    if (!type) fields.reject("type", "has the unknown value '" + type_name + "'");
    event.node_id = fields.text("node_id", false);
    event.path = fields.text("path", false);
    event.attempt = static_cast<std::uint32_t>(fields.integer("attempt", u32_max).value_or(0));
    if (const Value* const data = value.find("data")) event.data = *data;
    if (!fields.complaint().empty()) return fail(EventErrc::bad_event, fields.complaint());
    event.time = *time;
    event.execution_id = *execution_id;
    event.type = *type;
    return event;
}

std::optional<EventCursor> EventCursor::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto execution_id = ExecutionId::parse(text.substr(0, colon));
    if (!execution_id) return std::nullopt;
    EventCursor cursor{*execution_id, 0};
    const char* const end = text.data() + text.size();
    const auto [read_end, error] = std::from_chars(text.data() + colon + 1, end, cursor.seq);
    if (error != std::errc{} || read_end != end) return std::nullopt;
    return cursor;
}

}  // namespace millrace::core
