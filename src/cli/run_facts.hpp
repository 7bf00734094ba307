// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::cli {

/// What a watcher should know of a node before it starts.
struct NodeFacts {
    std::string id;
    std::uint32_t attempts_max = 1;
    bool is_effect = false;
};

/// In the order of the plan.
std::vector<NodeFacts> facts_of(const engine::Plan& plan);
/// Null when there is no such node.
const NodeFacts* find_facts(const std::vector<NodeFacts>& facts, std::string_view node_id);

// What an event's data says; empty or zero where it does not.
std::string failure_code(const core::Event& event);
/// `http_503: the peer answered 503`, in one line.
std::string failure_words(const core::Event& event);
std::string data_text(const core::Event& event, std::string_view key);
std::int64_t data_number(const core::Event& event, std::string_view key);
core::Time data_time(const core::Event& event, std::string_view key);

/// What a node says of itself: a log line with its level.
struct Remark {
    std::string level;
    std::string text;
};
Remark remark_of(const core::Event& event);

}  // namespace millrace::cli
