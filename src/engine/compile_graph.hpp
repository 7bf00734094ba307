// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compile_draft.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::engine {

/// One row of bits per index, all of one length, in one block of memory.
class BitRows {
public:
    BitRows(std::size_t rows, std::size_t bits)
        : words_{(bits + 63) / 64}, bits_(rows * words_, 0) {}

    bool test(std::size_t row, std::size_t bit) const {
        return (bits_[row * words_ + bit / 64] >> (bit % 64) & 1) != 0;
    }
    void set(std::size_t row, std::size_t bit) {
        bits_[row * words_ + bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    std::span<std::uint64_t> row(std::size_t index) {
        return std::span{bits_}.subspan(index * words_, words_);
    }
    std::span<const std::uint64_t> row(std::size_t index) const {
        return std::span{bits_}.subspan(index * words_, words_);
    }

private:
    std::size_t words_;
    std::vector<std::uint64_t> bits_;
};

/// `to` cannot settle before `from` has.
struct GraphEdge {
    core::NodeIndex from;
    core::NodeIndex to;
    std::optional<core::ConnectionIndex> connection;
    /// From a node to its fallback or to what undoes it, or from a container to what lives in it:
    /// that sees what the node saw, but not the node.
    enum class Kind : std::uint8_t { plain, stand_in, inside };
    Kind kind = Kind::plain;
};

/// Who waits for whom: connections, and the ways a fallback takes part in those of the node it
/// stands in for. Indices are the document's.
class CompileGraph {
public:
    /// Up to so many nodes, ancestors are kept for each pair of nodes, in at most 32 MiB.
    static constexpr std::size_t matrix_nodes_max = 16'384;

    CompileGraph(std::size_t node_count, std::vector<GraphEdge> edges,
                 std::size_t matrix_nodes = matrix_nodes_max);

    /// Topological, the first in the document first; without nodes in or behind a cycle.
    const std::vector<core::NodeIndex>& order() const { return order_; }
    bool is_ordered(core::NodeIndex node) const { return is_ordered_[node.value]; }

    /// Has `ancestor` settled whenever `node` starts? Both must be ordered. O(1), but O(edges) when
    /// `node` changes in a graph that is too large for a matrix.
    bool is_ancestor(core::NodeIndex ancestor, core::NodeIndex node) const;

    /// Sorted by source, then in the order they were given.
    std::span<const GraphEdge> edges_from(core::NodeIndex node) const {
        return std::span{edges_}.subspan(first_[node.value],
                                         first_[node.value + 1] - first_[node.value]);
    }

    /// Cycles that have no node in common, each as the edges around it, beginning at its first
    /// node in the document. Every node of a cycle can be reached from one that is named here.
    std::vector<std::vector<GraphEdge>> cycles() const;

private:
    void sort_topologically();
    void collect_ancestors();
    void find_ancestors(core::NodeIndex node) const;

    std::vector<GraphEdge> edges_;
    std::vector<std::size_t> first_;
    std::vector<core::NodeIndex> order_;
    std::vector<bool> is_ordered_;
    std::vector<std::optional<core::NodeIndex>> stands_in_for_;  ///< by fallback
    BitRows ancestors_;                                          ///< empty in a large graph
    // Of a large graph: the ancestors of the node that was asked about last.
    std::vector<std::vector<std::size_t>> incoming_;  ///< by node: places in edges_
    mutable std::optional<core::NodeIndex> found_for_;
    mutable std::vector<bool> found_;
};

CompileGraph make_graph(const Draft& draft);

/// Reports each cycle by the names of its nodes.
void report_cycles(Draft& draft, const CompileGraph& graph);

}  // namespace millrace::engine
