// SPDX-License-Identifier: Apache-2.0
#include "compile_graph.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <vector>

namespace millrace::engine {
namespace {

using core::NodeIndex;
using Kind = GraphEdge::Kind;

TEST(CompileGraph, LetsABodySeeWhatItsContainerSees) {
    // 0 -> 1, and 2 lives in 1; 1 -> 3.
    const CompileGraph graph{4,
                             {{NodeIndex{0}, NodeIndex{1}, {}, Kind::plain},
                              {NodeIndex{1}, NodeIndex{2}, {}, Kind::inside},
                              {NodeIndex{1}, NodeIndex{3}, {}, Kind::plain}}};
    EXPECT_TRUE(graph.is_ancestor(NodeIndex{0}, NodeIndex{2}));
    EXPECT_FALSE(graph.is_ancestor(NodeIndex{1}, NodeIndex{2}));
    EXPECT_FALSE(graph.is_ancestor(NodeIndex{2}, NodeIndex{3}));
    EXPECT_TRUE(graph.is_ancestor(NodeIndex{1}, NodeIndex{3}));
}

/// A graph without cycles: edges lead to later nodes; a node stands in for one other at most.
std::vector<GraphEdge> random_edges(std::uint32_t nodes) {
    std::vector<GraphEdge> edges;
    std::vector<bool> has_special(nodes, false);
    const auto count = *rc::gen::inRange<std::size_t>(0, 3 * nodes);
    for (std::size_t i = 0; i < count; ++i) {
        const auto to = *rc::gen::inRange<std::uint32_t>(1, nodes);
        const auto from = *rc::gen::inRange<std::uint32_t>(0, to);
        Kind kind = *rc::gen::element(Kind::plain, Kind::plain, Kind::stand_in, Kind::inside);
        if (kind != Kind::plain && has_special[to]) kind = Kind::plain;
        has_special[to] = has_special[to] || kind != Kind::plain;
        edges.push_back({NodeIndex{from}, NodeIndex{to}, {}, kind});
    }
    return edges;
}

RC_GTEST_PROP(CompileGraph, KnowsTheSameAncestorsWithoutAMatrix, ()) {
    const auto nodes = *rc::gen::inRange<std::uint32_t>(2, 24);
    const std::vector<GraphEdge> edges = random_edges(nodes);
    const CompileGraph with{nodes, edges};
    const CompileGraph without{nodes, edges, 0};
    for (std::uint32_t a = 0; a < nodes; ++a)
        for (std::uint32_t b = 0; b < nodes; ++b)
            RC_ASSERT(with.is_ancestor(NodeIndex{a}, NodeIndex{b}) ==
                      without.is_ancestor(NodeIndex{a}, NodeIndex{b}));
}

}  // namespace
}  // namespace millrace::engine
