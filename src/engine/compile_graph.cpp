// SPDX-License-Identifier: Apache-2.0
#include "compile_graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace millrace::engine {

CompileGraph::CompileGraph(std::size_t node_count, std::vector<GraphEdge> edges,
                           std::size_t matrix_nodes)
    : edges_{std::move(edges)},
      first_(node_count + 1, 0),
      is_ordered_(node_count, false),
      stands_in_for_(node_count),
      ancestors_{node_count <= matrix_nodes ? node_count : 0, node_count} {
    std::ranges::stable_sort(edges_, {}, &GraphEdge::from);
    for (const GraphEdge& edge : edges_)
        ++first_[edge.from.value + 1];
    for (std::size_t i = 0; i < node_count; ++i)
        first_[i + 1] += first_[i];
    for (const GraphEdge& edge : edges_) {
        if (edge.kind == GraphEdge::Kind::stand_in) stands_in_for_[edge.to.value] = edge.from;
    }
    sort_topologically();
    if (node_count <= matrix_nodes) {
        collect_ancestors();
        return;
    }
    incoming_.resize(node_count);
    for (std::size_t i = 0; i < edges_.size(); ++i)
        incoming_[edges_[i].to.value].push_back(i);
}

bool CompileGraph::is_ancestor(core::NodeIndex ancestor, core::NodeIndex node) const {
    if (incoming_.empty()) return ancestors_.test(node.value, ancestor.value);
    if (found_for_ != node) find_ancestors(node);
    return found_[ancestor.value];
}

void CompileGraph::find_ancestors(core::NodeIndex node) const {
    found_for_ = node;
    found_.assign(is_ordered_.size(), false);
    std::vector<bool> is_visited(is_ordered_.size(), false);
    std::vector<core::NodeIndex> rest{node};
    while (!rest.empty()) {
        const core::NodeIndex at = rest.back();
        rest.pop_back();
        for (const std::size_t index : incoming_[at.value]) {
            const GraphEdge& edge = edges_[index];
            // What waits for the last of a chain of fallbacks waits for all of it.
            std::optional<core::NodeIndex> seen = edge.from;
            for (; edge.kind == GraphEdge::Kind::plain && seen; seen = stands_in_for_[seen->value])
                found_[seen->value] = true;
            if (is_visited[edge.from.value]) continue;
            is_visited[edge.from.value] = true;
            rest.push_back(edge.from);
        }
    }
}

void CompileGraph::sort_topologically() {
    std::vector<std::size_t> waits_for(is_ordered_.size(), 0);
    for (const GraphEdge& edge : edges_)
        ++waits_for[edge.to.value];
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
    for (std::uint32_t i = 0; i < waits_for.size(); ++i) {
        if (waits_for[i] == 0) ready.push(i);
    }
    while (!ready.empty()) {
        const core::NodeIndex node{ready.top()};
        ready.pop();
        order_.push_back(node);
        is_ordered_[node.value] = true;
        for (const GraphEdge& edge : edges_from(node)) {
            if (--waits_for[edge.to.value] == 0) ready.push(edge.to.value);
        }
    }
}

void CompileGraph::collect_ancestors() {
    std::vector<std::uint64_t> with_self;
    for (const core::NodeIndex node : order_) {
        const std::span<const GraphEdge> edges = edges_from(node);
        const std::span<const std::uint64_t> own = ancestors_.row(node.value);
        with_self.assign(own.begin(), own.end());
        const auto is_plain = [](const GraphEdge& edge) {
            return edge.kind == GraphEdge::Kind::plain;
        };
        if (std::ranges::any_of(edges, is_plain)) {
            // What waits for the last of a chain of fallbacks waits for all of it.
            for (std::optional<core::NodeIndex> at = node; at; at = stands_in_for_[at->value])
                with_self[at->value / 64] |= std::uint64_t{1} << (at->value % 64);
        }
        for (const GraphEdge& edge : edges) {
            const std::span<const std::uint64_t> seen = is_plain(edge) ? with_self : own;
            const std::span<std::uint64_t> theirs = ancestors_.row(edge.to.value);
            for (std::size_t word = 0; word < seen.size(); ++word)
                theirs[word] |= seen[word];
        }
    }
}

std::vector<std::vector<GraphEdge>> CompileGraph::cycles() const {
    enum class Mark : std::uint8_t { fresh, on_path, done, in_cycle };
    struct Step {
        core::NodeIndex node;
        std::size_t next = 0;
    };
    std::vector<Mark> marks(is_ordered_.size(), Mark::fresh);
    std::vector<std::vector<GraphEdge>> found;
    std::vector<Step> path;  // explicit: a chain may be as long as the document
    const auto visit = [&](const GraphEdge& edge) {
        Mark& mark = marks[edge.to.value];
        if (mark == Mark::fresh) {
            mark = Mark::on_path;
            path.push_back({edge.to});
            return;
        }
        const auto start = std::ranges::find(path, edge.to, &Step::node);
        if (start == path.end()) return;
        const bool is_new = std::none_of(start, path.end(), [&](const Step& step) {
            return marks[step.node.value] == Mark::in_cycle;
        });
        if (!is_new) return;
        std::vector<GraphEdge> cycle;
        for (auto step = start; step != path.end(); ++step) {
            marks[step->node.value] = Mark::in_cycle;
            cycle.push_back(edges_from(step->node)[step->next - 1]);
        }
        std::ranges::rotate(cycle, std::ranges::min_element(cycle, {}, &GraphEdge::from));
        found.push_back(std::move(cycle));
    };
    for (std::uint32_t i = 0; i < marks.size(); ++i) {
        if (is_ordered_[i] || marks[i] != Mark::fresh) continue;
        marks[i] = Mark::on_path;
        path.push_back({core::NodeIndex{i}});
        while (!path.empty()) {
            Step& step = path.back();
            const std::span<const GraphEdge> edges = edges_from(step.node);
            if (step.next < edges.size()) {
                visit(edges[step.next++]);
                continue;
            }
            Mark& mark = marks[step.node.value];
            if (mark == Mark::on_path) mark = Mark::done;
            path.pop_back();
        }
    }
    return found;
}

CompileGraph make_graph(const Draft& draft) {
    std::vector<GraphEdge> edges;
    /// By node: the last of its chain of fallbacks.
    std::vector<std::optional<core::NodeIndex>> last(draft.nodes.size());
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        const core::NodeIndex node{i};
        if (draft[node].fallback)
            edges.push_back({node, *draft[node].fallback, {}, GraphEdge::Kind::stand_in});
        if (draft[node].undone_by)
            edges.push_back({node, *draft[node].undone_by, {}, GraphEdge::Kind::stand_in});
        if (draft[node].parent)
            edges.push_back({*draft[node].parent, node, {}, GraphEdge::Kind::inside});
        if (draft[node].fallback_for) continue;
        for (auto next = draft[node].fallback; next; next = draft[*next].fallback)
            last[i] = next;
    }
    for (std::uint32_t i = 0; i < draft.links.size(); ++i) {
        const LinkDraft& link = draft.links[i];
        // What passes between a container and its body makes nobody wait but the body's nodes.
        if (!link.from || !link.to || link.is_entry || link.is_result) continue;
        edges.push_back({*link.from, *link.to, core::ConnectionIndex{i}});
        // Whatever stands in for the source is awaited, and may be read, like the source itself.
        // The others of a chain of fallbacks come before its last.
        if (const auto stand_in = last[link.from->value])
            edges.push_back({*stand_in, *link.to, core::ConnectionIndex{i}});
    }
    return {draft.nodes.size(), std::move(edges)};
}

void report_cycles(Draft& draft, const CompileGraph& graph) {
    constexpr std::size_t names_max = 20;
    for (const std::vector<GraphEdge>& cycle : graph.cycles()) {
        std::string names;
        for (std::size_t i = 0; i < std::min(cycle.size(), names_max); ++i)
            names += draft.spec(cycle[i].from).id + " -> ";
        if (cycle.size() > names_max) names += "… -> ";
        names += draft.spec(cycle.front().from).id;
        // The edge that leads back is the one to cut; around a node alone it is its only edge.
        const std::optional<core::ConnectionIndex> back = cycle.back().connection;
        draft.problem(core::ProblemCode::cycle,
                      back ? pointer_of(*back) : pointer_of(cycle.back().from),
                      quoted(names) + " is a cycle, so none of these nodes could ever start; " +
                          "remove one of its connections");
    }
}

}  // namespace millrace::engine
