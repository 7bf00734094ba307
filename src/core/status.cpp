// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/status.hpp"

#include <array>
#include <cstddef>

namespace millrace::core {
namespace {

// At the index of the enumerator.
constexpr std::array<std::string_view, 7> execution_names{
    "pending", "running", "waiting", "paused", "completed", "failed", "canceled"};
constexpr std::array<std::string_view, 7> node_names{"pending", "running", "waiting", "completed",
                                                     "failed",  "skipped", "canceled"};

template <class Status>
std::optional<Status> find_name(std::string_view text,
                                const std::array<std::string_view, 7>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return static_cast<Status>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(ExecutionStatus status) {
    return execution_names[static_cast<std::size_t>(status)];
}

std::string_view to_text(NodeStatus status) {
    return node_names[static_cast<std::size_t>(status)];
}

std::optional<ExecutionStatus> parse_execution_status(std::string_view text) {
    return find_name<ExecutionStatus>(text, execution_names);
}

std::optional<NodeStatus> parse_node_status(std::string_view text) {
    return find_name<NodeStatus>(text, node_names);
}

}  // namespace millrace::core
