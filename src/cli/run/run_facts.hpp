// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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
    bool is_loop = false;
};

/// The nodes of a workflow's top level, in its order. What runs inside containers is counted, not
/// named: it may be a hundred thousand runs.
class RunFacts {
public:
    RunFacts() = default;
    explicit RunFacts(std::vector<NodeFacts> nodes);

    const std::vector<NodeFacts>& nodes() const { return nodes_; }
    std::optional<std::size_t> index_of(std::string_view node_id) const;
    /// Null when there is no such node.
    const NodeFacts* find(std::string_view node_id) const;

private:
    std::vector<NodeFacts> nodes_;
    std::map<std::string, std::size_t, std::less<>> index_;
};
RunFacts facts_of(const engine::Plan& plan);

/// Of a run inside a container.
bool is_inner(const core::Event& event);

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
