// SPDX-License-Identifier: Apache-2.0
#include "shape.hpp"

#include <algorithm>

namespace millrace::engine {

PlanShape shape_of(const Draft& draft, const CompileGraph& graph) {
    PlanShape shape;
    shape.order = graph.order();
    const std::size_t count = draft.nodes.size();
    std::vector<std::size_t> depth(count, 0);
    std::vector<std::size_t> length(count, 1);  // of the longest chain that ends at the node
    std::vector<std::optional<core::NodeIndex>> before(count);
    for (const core::NodeIndex node : shape.order) {
        for (const GraphEdge& edge : graph.edges_from(node)) {
            const std::size_t to = edge.to.value;
            depth[to] = std::max(depth[to], depth[node.value] + 1);
            // Of people's interest is the way through the workflow, not that through a body.
            if (draft[node].fallback_for || draft[edge.to].fallback_for) continue;
            if (draft[edge.to].undoes) continue;
            if (draft[edge.to].parent) continue;
            if (length[node.value] + 1 <= length[to]) continue;
            length[to] = length[node.value] + 1;
            before[to] = node;
        }
    }
    const std::size_t deepest = count == 0 ? 0 : *std::ranges::max_element(depth) + 1;
    shape.groups.assign(deepest, {});
    for (std::uint32_t i = 0; i < count; ++i)
        shape.groups[depth[i]].push_back({i});
    if (count == 0) return shape;
    const auto last = std::ranges::max_element(length) - length.begin();
    for (std::optional<core::NodeIndex> node = core::NodeIndex{static_cast<std::uint32_t>(last)};
         node; node = before[node->value]) {
        shape.critical_path.push_back(*node);
    }
    std::ranges::reverse(shape.critical_path);
    return shape;
}

}  // namespace millrace::engine
