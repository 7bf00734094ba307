// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/core/document.hpp"
#include "reading.hpp"

namespace millrace::format {

// Readers of the document's parts, one source file each.

core::NodeSpec read_node(Reading& reading, const core::Value& value, const Path& path);
core::Settings read_settings(Reading& reading, const core::Value& value, const Path& path);

/// Appends what one entry of `connections` says: several for a chain, but not more than `room`.
void read_connection(Reading& reading, const core::Value& value, const Path& path, std::size_t room,
                     std::vector<core::ConnectionSpec>& connections);

/// Reads `cache`, `circuit_breaker`, `compensate` and `credential` of a node.
void read_effect_rules(Reading& reading, const core::Value& value, const Path& path,
                       core::NodeSpec& node);

/// What policies of trying again share: how long they wait, and how fast that grows.
struct Waits {
    core::Duration delay;
    core::Duration max_delay;
    double backoff;
};
/// Reads `delay`, `max_delay` and `backoff`; what is not given stays.
void read_waits(Reading& reading, const core::Value& value, const Path& path, Waits& waits);

inline constexpr IntegerRange parallel_nodes_range{1, 10'000};
inline constexpr IntegerRange concurrent_executions_range{1, 1'000'000};
inline constexpr IntegerRange workflow_priority_range{-100, 100};
inline constexpr IntegerRange retained_executions_range{1, 1'000'000'000};
inline constexpr IntegerRange workflow_attempts_range{2, 1'000};
inline constexpr IntegerRange attempts_range{1, 1'000};
inline constexpr IntegerRange priority_range{-1'000'000, 1'000'000};
inline constexpr IntegerRange breaker_failures_range{1, 100'000};
inline constexpr IntegerRange breaker_probes_range{1, 1'000};
inline constexpr double backoff_max = 100;

}  // namespace millrace::format
