// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::core {

// The numbers are stored; never renumber.
enum class ExecutionStatus : std::uint8_t {
    pending = 0,
    running = 1,
    waiting = 2,
    paused = 3,
    completed = 4,
    failed = 5,
    canceled = 6,
};

enum class NodeStatus : std::uint8_t {
    pending = 0,
    running = 1,
    waiting = 2,
    completed = 3,
    failed = 4,
    skipped = 5,
    canceled = 6,
};

/// A terminal status never changes.
constexpr bool is_terminal(ExecutionStatus s) {
    return s >= ExecutionStatus::completed;
}
constexpr bool is_terminal(NodeStatus s) {
    return s >= NodeStatus::completed;
}

std::string_view to_text(ExecutionStatus status);
std::string_view to_text(NodeStatus status);
std::optional<ExecutionStatus> parse_execution_status(std::string_view text);
std::optional<NodeStatus> parse_node_status(std::string_view text);

}  // namespace millrace::core
