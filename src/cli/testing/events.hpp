// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/event.hpp"

namespace millrace::cli::testing {

/// The beginning of all test executions.
inline constexpr core::Time start{1'800'000'000'000};

inline core::Event event(core::EventType type, std::string node, std::int64_t after_ms,
                         core::Value data = {}, std::uint32_t attempt = 1) {
    core::Event made;
    made.type = type;
    made.time = start + core::Duration{after_ms};
    made.path = node;
    made.node_id = std::move(node);
    made.attempt = attempt;
    made.data = std::move(data);
    return made;
}

inline core::Event created() {
    return event(core::EventType::execution_created, "", 0, {}, 0);
}
inline core::Event started(std::string node, std::int64_t after_ms, std::uint32_t attempt = 1) {
    return event(core::EventType::node_started, std::move(node), after_ms, {}, attempt);
}
inline core::Event completed(std::string node, std::int64_t after_ms, std::int64_t duration_ms,
                             std::uint32_t attempt = 1) {
    return event(core::EventType::node_completed, std::move(node), after_ms,
                 core::Value::object({{"duration_ms", duration_ms}}), attempt);
}
inline core::Value error_data(std::string_view code, std::string_view message) {
    return core::Value::object({{"code", code}, {"message", message}});
}
inline core::Event failed(std::string node, std::int64_t after_ms, std::string_view then) {
    return event(core::EventType::node_failed, std::move(node), after_ms,
                 core::Value::object(
                     {{"error", error_data("http_503", "GET / answered 503")}, {"then", then}}));
}
inline core::Event retrying(std::string node, std::int64_t after_ms, std::int64_t backoff_ms,
                            std::uint32_t next_attempt) {
    const core::Time due = start + core::Duration{after_ms + backoff_ms};
    return event(core::EventType::node_retrying, std::move(node), after_ms,
                 core::Value::object({{"error", error_data("http_503", "GET / answered 503")},
                                      {"next_attempt", next_attempt},
                                      {"due", due.text()},
                                      {"backoff_ms", backoff_ms}}),
                 next_attempt - 1);
}
inline core::Event waiting(std::string node, std::int64_t after_ms, std::int64_t for_ms) {
    const core::Time due = start + core::Duration{after_ms + for_ms};
    return event(core::EventType::node_waiting, std::move(node), after_ms,
                 core::Value::object({{"due", due.text()}}));
}
inline core::Event remark(std::string node, std::string_view level, std::string_view message) {
    return event(core::EventType::node_event, std::move(node), 0,
                 core::Value::object({{"level", level}, {"message", message}}));
}

}  // namespace millrace::cli::testing
