// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/engine/execution_view.hpp"
#include "run/execution_facts.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// What the runs of one node inside a container took together; there may be a hundred thousand.
struct InnerRun {
    std::size_t runs = 0;
    std::size_t failed = 0;
    core::Duration total;
    core::Duration longest;
    core::Time first;  ///< when the first one started
    core::Time last;   ///< when the last one ended
};

/// Adds up the runs inside containers, as their events come by.
class InnerRuns {
public:
    void take(const core::Event& event);
    const std::map<std::string, InnerRun, std::less<>>& by_node() const { return by_node_; }

private:
    std::map<std::string, InnerRun, std::less<>> by_node_;
};

/// The chain of top-level nodes, each connected to the next, whose durations make the largest sum:
/// what to make faster first. Of nodes that ran; empty when none has.
std::vector<core::NodeIndex> critical_path(const std::vector<engine::NodeView>& nodes,
                                           const engine::Plan& plan);

struct TimelineStyle {
    std::size_t width = 80;
    bool unicode = true;
    core::Time now;  ///< until when what has not ended is drawn
};

/// A bar for each node that ran, in the order of their starts, with its duration, its attempts and
/// what became of it; the critical path marked and named; the whole time. Without bars where the
/// width does not allow any. Empty when nothing ran.
std::vector<Line> timeline(const ExecutionFacts& facts, const engine::Plan& plan,
                           const InnerRuns& inner, const TimelineStyle& style);

}  // namespace millrace::cli
