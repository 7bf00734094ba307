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
/// run of the workflow can deliver both. O(links * literals / 64) to make.
class MustSets {
public:
    using Literal = std::uint32_t;
    using Links = std::span<const core::ConnectionIndex>;
    using Pair = std::pair<core::ConnectionIndex, core::ConnectionIndex>;

    /// Nodes that the graph could not order are left out; they count as never exclusive.
    MustSets(const Draft& draft, const CompileGraph& graph);

    /// By the definition, one pair at a time.
    bool are_exclusive(core::ConnectionIndex a, core::ConnectionIndex b) const;

    struct Search {
        std::optional<Pair> conflict;
        bool is_cut_short = false;  ///< the work was used up before anything was certain
    };
    /// Two connections of the list that may both deliver: the first that conflicts with one before
    /// it, and the first of those. The list rises. `work` is about the number
    /// of words that may still be looked at; with none left, some other conflict may be told.
    Search conflict(Links connections, std::uint64_t& work) const;

    /// The node's required inputs need two literals of one choice at once: it can never run.
    bool is_impossible(core::NodeIndex node) const;

private:
    friend class ConflictSearch;

    void number_literals();
    void number_literals_of(core::NodeIndex node);
    Literal add_literal();
    void collect(core::NodeIndex node);
    std::vector<Literal> literals_of(core::NodeIndex node) const;
    std::vector<Literal> literals_of(core::ConnectionIndex link) const;
    bool are_exclusive(std::span<const Literal> a, std::span<const Literal> b) const;

    const Draft& draft_;
    const CompileGraph& graph_;
    std::vector<std::uint32_t> choice_of_;  ///< by literal; rises, so a choice is a range
    std::vector<Literal> first_of_{0};      ///< by choice, and the end of the last
    std::vector<std::optional<Literal>> link_literals_;
    std::vector<std::optional<Literal>> trigger_literals_;  ///< by node
    BitRows must_;
};

/// Reports inputs that may get two values at once, and warns of nodes that can never run.
void check_fan_in(Draft& draft, const CompileGraph& graph);

}  // namespace millrace::engine
