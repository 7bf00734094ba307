// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compile_draft.hpp"

// Containers: who lives in which, and how connections may pass between them.

namespace millrace::engine {
namespace {

using core::ProblemCode;

constexpr std::size_t container_depth_max = 16;

void resolve_parent(Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    if (spec.parent.empty()) return;
    const std::string path = pointer_of(node, "parent");
    const std::optional<core::NodeIndex> parent = draft.find(spec.parent);
    if (!parent) {
        draft.problem(
            ProblemCode::unknown_node, path,
            "there is no node " + quoted(spec.parent) + " to be the parent of " + quoted(spec.id),
            draft.nearest_node(spec.parent));
        return;
    }
    const NodeDraft& container = draft[*parent];
    if (!container.definition) return;  // its unknown type has been reported
    if (!container.is_container()) {
        draft.problem(ProblemCode::bad_scope, path,
                      quoted(spec.parent) + " is of type " + quoted(draft.spec(*parent).type) +
                          ", which is no container; remove `parent`");
        return;
    }
    const auto& own = draft[node].definition;
    if (own && own->type.role == core::NodeRole::trigger) {
        draft.problem(ProblemCode::bad_scope, path,
                      quoted(spec.id) +
                          " is a trigger, which starts the whole workflow; it cannot "
                          "live in a container, so remove `parent`");
        return;
    }
    draft[node].parent = parent;
}

/// Cuts containers that lie in each other, and reports where they go too deep.
void check_nesting(Draft& draft, core::NodeIndex node) {
    std::size_t depth = 0;
    for (auto at = draft[node].parent; at; at = draft[*at].parent) {
        if (*at == node) {
            draft.problem(ProblemCode::bad_scope, pointer_of(node, "parent"),
                          quoted(draft.spec(node).id) + " lies within itself; remove `parent`");
            draft[node].parent.reset();
            return;
        }
        // A ring further out is reported at its own nodes.
        if (++depth > draft.nodes.size()) return;
    }
    if (depth != container_depth_max + 1) return;
    draft.problem(ProblemCode::limit, pointer_of(node, "parent"),
                  quoted(draft.spec(node).id) + " lies within more than " +
                      std::to_string(container_depth_max) +
                      " containers; move inner ones to a workflow of their own");
}

std::string place_name(const Draft& draft, std::optional<core::NodeIndex> container) {
    return container ? "in " + quoted(draft.spec(*container).id) : "at the top level";
}

/// All siblings that `first` leads to, along connections and to what stands in or undoes.
void mark_reached(const Draft& draft, std::vector<core::NodeIndex> first,
                  std::vector<bool>& marks) {
    while (!first.empty()) {
        const core::NodeIndex node = first.back();
        first.pop_back();
        if (marks[node.value]) continue;
        marks[node.value] = true;
        if (draft[node].fallback) first.push_back(*draft[node].fallback);
        if (draft[node].undone_by) first.push_back(*draft[node].undone_by);
        for (const auto& port : draft[node].outputs) {
            for (const core::ConnectionIndex link : port) {
                if (!draft[link].is_entry && !draft[link].is_result)
                    first.push_back(*draft[link].to);
            }
        }
    }
}

std::vector<core::NodeIndex> targets_of(const Draft& draft, core::NodeIndex container,
                                        std::size_t inner_output) {
    std::vector<core::NodeIndex> targets;
    const auto& outputs = draft[container].definition->type.outputs;
    std::size_t inner = 0;
    for (std::size_t port = 0; port < outputs.size(); ++port) {
        if (!outputs[port].inner || inner++ != inner_output) continue;
        for (const core::ConnectionIndex link : draft[container].outputs[port])
            if (!draft[link].is_result) targets.push_back(*draft[link].to);
    }
    return targets;
}

bool is_fed(const NodeDraft& node) {
    return node.fallback_for || node.undoes ||
           std::ranges::any_of(node.inputs,
                               [](const auto& connections) { return !connections.empty(); });
}

std::uint32_t add_scope(Draft& draft, core::NodeIndex container, ScopePart part) {
    draft.scopes.push_back({container, part, 0, 0});
    return static_cast<std::uint32_t>(draft.scopes.size() - 1);
}

/// Where the clean-up part begins is where it ends: nothing of it may be part of the body.
void divide(Draft& draft, core::NodeIndex container, const std::vector<core::NodeIndex>& children) {
    const std::vector<core::NodeIndex> cleanup_entries = targets_of(draft, container, 1);
    const std::uint32_t body = add_scope(draft, container, ScopePart::body);
    for (const core::NodeIndex child : children)
        draft[child].scope = body;
    if (cleanup_entries.empty()) return;
    const std::uint32_t cleanup = add_scope(draft, container, ScopePart::cleanup);
    std::vector<core::NodeIndex> body_entries = targets_of(draft, container, 0);
    for (const core::NodeIndex child : children)
        if (!is_fed(draft[child])) body_entries.push_back(child);
    std::vector<bool> in_body(draft.nodes.size());
    std::vector<bool> in_cleanup(draft.nodes.size());
    mark_reached(draft, std::move(body_entries), in_body);
    mark_reached(draft, cleanup_entries, in_cleanup);
    for (const core::NodeIndex child : children) {
        if (!in_cleanup[child.value]) continue;
        draft[child].scope = cleanup;
        if (in_body[child.value]) {
            draft.problem(ProblemCode::bad_scope, pointer_of(child),
                          quoted(draft.spec(child).id) + " is reached both from the body of " +
                              quoted(draft.spec(container).id) +
                              " and from its `finally`; give each part nodes of its own");
        }
        for (const auto& port : draft[child].outputs) {
            for (const core::ConnectionIndex link : port) {
                if (!draft[link].is_result || draft[link].to != container) continue;
                draft.problem(ProblemCode::bad_scope, pointer_of(link),
                              quoted(draft.spec(child).id) + " belongs to the `finally` part of " +
                                  quoted(draft.spec(container).id) +
                                  ", which gives no result; remove the connection");
            }
        }
    }
}

}  // namespace

void resolve_parents(Draft& draft) {
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        resolve_parent(draft, {i});
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        check_nesting(draft, {i});
}

bool check_crossing(Draft& draft, core::ConnectionIndex link) {
    LinkDraft& ends = draft.links[link.value];
    const auto& from = draft[*ends.from].definition->type.outputs;
    const auto& to = draft[*ends.to].definition->type.inputs;
    ends.is_entry = ends.from_port->value < from.size() && from[ends.from_port->value].inner;
    ends.is_result = to[ends.to_port->value].inner;
    const auto source = ends.is_entry ? ends.from : draft[*ends.from].parent;
    const auto target = ends.is_result ? ends.to : draft[*ends.to].parent;
    const core::ConnectionSpec& spec = draft.spec(link);
    if (source == target) {
        const bool skips_body = ends.is_entry && ends.is_result && ends.from_port->value != 0 &&
                                from[ends.from_port->value].name == "finally";
        if (!skips_body) return true;
        draft.problem(ProblemCode::bad_scope, pointer_of(link),
                      quoted(spec.from) + " gives no result; remove the connection");
        return false;
    }
    draft.problem(ProblemCode::bad_scope, pointer_of(link),
                  quoted(spec.from) + " leads to nodes " + place_name(draft, source) + ", but " +
                      quoted(spec.to) + " takes values from nodes " + place_name(draft, target) +
                      "; a container is entered by its `item` and left by its `result`");
    return false;
}

void resolve_scopes(Draft& draft) {
    draft.scopes.assign(1, {});
    std::vector<std::vector<core::NodeIndex>> children(draft.nodes.size());
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        if (draft.nodes[i].parent) children[draft.nodes[i].parent->value].push_back({i});
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        if (draft.nodes[i].is_container()) divide(draft, {i}, children[i]);
    for (std::size_t i = 1; i < draft.scopes.size(); ++i)
        draft.scopes[i].parent = draft[*draft.scopes[i].container].scope;
    for (std::size_t i = 1; i < draft.scopes.size(); ++i) {
        std::uint32_t at = static_cast<std::uint32_t>(i);
        const auto is_loop = [&](std::uint32_t scope) {
            return draft[*draft.scopes[scope].container].definition->type.container ==
                   core::ContainerKind::loop;
        };
        // Rings of containers have been reported, and cut.
        for (std::size_t steps = 0; at != 0 && !is_loop(at) && steps < draft.scopes.size(); ++steps)
            at = draft.scopes[at].parent;
        draft.scopes[i].loop = at;
    }
}

std::uint32_t scope_of(const Draft& draft, core::ConnectionIndex link) {
    const LinkDraft& ends = draft[link];
    // A connection that was refused has lost its ports.
    if (!ends.is_entry || !ends.from_port) return ends.from ? draft[*ends.from].scope : 0;
    const auto& outputs = draft[*ends.from].definition->type.outputs;
    const bool is_first = std::none_of(
        outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(ends.from_port->value),
        [](const core::PortDescriptor& port) { return port.inner; });
    const ScopePart part = is_first ? ScopePart::body : ScopePart::cleanup;
    for (std::uint32_t i = 1; i < draft.scopes.size(); ++i)
        if (draft.scopes[i].container == ends.from && draft.scopes[i].part == part) return i;
    return 0;
}

}  // namespace millrace::engine
