// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "compile_draft.hpp"
#include "compile_graph.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::engine {

/// What must have been chosen for a node to run, and so which connections can never both deliver.
///
/// A *choice* is a place where exactly one alternative comes true: one branch of a decision, `out`
/// or `error` of a node, one of all triggers. A *literal* is one alternative of one choice. With
/// lit(c) for the literal of the port that connection c starts at,
///
///     must(c) = must(source of c) + lit(c)
///     must(n) = union over n's required ports of (intersection of must(c) over the port's c)
///
/// because n runs only when each of its required ports is live; and a port is live when any one of
/// its connections delivered, so only what all of them have in common is certain. Optional ports
/// make nothing certain. A filter can only take deliveries away; as it never makes another one
/// happen, it is no choice and never counts.
///
/// Two connections are exclusive when their sets hold different literals of one choice: then no
/// run of the workflow can deliver both. O(nodes * literals / 64) to make.
class MustSets {
public:
    using Literal = std::uint32_t;

    /// Nodes that the graph could not order are left out; they count as never exclusive.
    MustSets(const Draft& draft, const CompileGraph& graph);

    bool are_exclusive(core::ConnectionIndex a, core::ConnectionIndex b) const;

    /// Two connections of the list that may both deliver; nothing when all are exclusive.
    std::optional<std::pair<core::ConnectionIndex, core::ConnectionIndex>> conflict(
        std::span<const core::ConnectionIndex> connections) const;

    /// The node's required inputs need two literals of one choice at once: it can never run.
    bool is_impossible(core::NodeIndex node) const;

private:
    void number_literals(const Draft& draft);
    void collect(const Draft& draft, core::NodeIndex node);
    std::vector<Literal> literals_of(core::NodeIndex node) const;
    std::vector<Literal> literals_of(core::ConnectionIndex link) const;
    bool are_exclusive(std::span<const Literal> a, std::span<const Literal> b) const;

    const Draft& draft_;
    const CompileGraph& graph_;
    std::vector<std::uint32_t> choice_of_;  ///< by literal; rises, so a choice is a range
    std::vector<std::optional<Literal>> link_literals_;
    std::vector<std::optional<Literal>> trigger_literals_;  ///< by node
    BitRows must_;
};

/// Reports inputs that may get two values at once, and warns of nodes that can never run.
void check_fan_in(Draft& draft, const CompileGraph& graph);

}  // namespace millrace::engine
