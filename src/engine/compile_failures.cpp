// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compile_draft.hpp"

namespace millrace::engine {
namespace {

using core::ProblemCode;
using Kind = core::NodeOnError::Kind;

/// Where what stands in for a failed node's output goes: `out`, or `done` of a container.
bool lacks_primary_output(const core::NodeType& type) {
    const core::PortIndex primary = primary_output(type);
    if (primary.value >= type.outputs.size()) return false;
    const std::string& name = type.outputs[primary.value].name;
    return name != "out" && name != "done";
}

/// Why `fallback` cannot stand in for `failed`; empty when it can.
std::string refusal(const Draft& draft, core::NodeIndex failed, core::NodeIndex fallback) {
    const NodeDraft& entry = draft[fallback];
    const std::string name = quoted(draft.spec(fallback).id);
    if (fallback == failed) return "a node cannot be its own fallback";
    if (entry.is_target || entry.is_source) {
        return name +
               " has connections of its own; a fallback takes over those of the failed node,"
               " so remove them";
    }
    if (entry.parent != draft[failed].parent) {
        return name + " belongs to another container than " + quoted(draft.spec(failed).id) +
               "; a fallback lives beside the node that it stands in for";
    }
    if (entry.fallback_for) {
        return name + " is the fallback of " + quoted(draft.spec(*entry.fallback_for).id) +
               " already; give each node its own";
    }
    if (!entry.definition) return {};
    const core::NodeType& type = entry.definition->type;
    if (type.role == core::NodeRole::trigger)
        return name + " is a trigger, which cannot stand in for a node";
    if (lacks_primary_output(type)) {
        return name + " (" + type.type + ") has no output `out` that could stand in for that of " +
               quoted(draft.spec(failed).id);
    }
    for (std::size_t i = 1; i < type.inputs.size(); ++i) {
        if (type.inputs[i].required) {
            return name + " needs a value at " + quoted(type.inputs[i].name) +
                   ", but a fallback gets only the failed node's `in`";
        }
    }
    return {};
}

void resolve_fallback(Draft& draft, core::NodeIndex failed) {
    const std::string& named = draft.spec(failed).on_error.fallback;
    const std::string path = pointer_of(failed, "on_error") + "/fallback";
    const std::optional<core::NodeIndex> fallback = draft.find(named);
    if (!fallback) {
        draft.problem(ProblemCode::unknown_node, path,
                      "there is no node " + quoted(named) + " to fall back to",
                      draft.nearest_node(named));
        return;
    }
    const std::string reason = refusal(draft, failed, *fallback);
    if (!reason.empty()) {
        const bool crosses = *fallback != failed && draft[*fallback].parent != draft[failed].parent;
        draft.problem(crosses ? ProblemCode::bad_scope : ProblemCode::bad_value, path, reason);
        return;
    }
    draft[failed].fallback = fallback;
    draft[*fallback].fallback_for = failed;
}

/// Fallbacks may have fallbacks, but the chain must begin at a node that starts by itself. As each
/// stands in for one node at most, a chain that does not is a ring; it is reported once.
void check_rings(Draft& draft) {
    std::vector<bool> is_visited(draft.nodes.size(), false);
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        if (is_visited[i] || !draft.nodes[i].fallback_for) continue;
        std::optional<core::NodeIndex> at = core::NodeIndex{i};
        while (at && !is_visited[at->value]) {
            is_visited[at->value] = true;
            at = draft[*at].fallback_for;
        }
        if (at != core::NodeIndex{i}) continue;
        std::string ring = draft.spec(core::NodeIndex{i}).id;
        for (auto next = draft.nodes[i].fallback; next; next = draft[*next].fallback) {
            ring += " -> " + draft.spec(*next).id;
            if (*next == *at) break;
        }
        draft.problem(
            ProblemCode::bad_value, pointer_of(core::NodeIndex{i}, "on_error") + "/fallback",
            "the fallbacks " + quoted(ring) + " form a ring, so none of them ever starts");
        for (core::NodeIndex member{i}; draft[member].fallback;) {
            const core::NodeIndex next = *draft[member].fallback;
            draft[member].fallback.reset();
            draft[next].fallback_for.reset();
            member = next;
        }
    }
}

/// Inside a try a failure ends its body, whatever the workflow's setting: that is what it is for.
bool is_within_attempt(const Draft& draft, const NodeDraft& node) {
    for (auto parent = node.parent; parent; parent = draft[*parent].parent)
        if (draft[*parent].definition->type.container == core::ContainerKind::attempt) return true;
    return false;
}

FailureHandling inherited(const Draft& draft, const NodeDraft& node) {
    const bool has_error_port = node.definition && !node.outputs.back().empty();
    if (has_error_port) return FailureHandling::error_port;
    if (is_within_attempt(draft, node)) return FailureHandling::stop;
    return draft.document.settings.on_error.kind == core::WorkflowOnError::Kind::proceed
               ? FailureHandling::proceed
               : FailureHandling::stop;
}

void resolve_failure(Draft& draft, core::NodeIndex index) {
    NodeDraft& node = draft[index];
    const core::NodeOnError& on_error = draft.spec(index).on_error;
    switch (on_error.kind) {
        case Kind::inherit: node.on_failure = inherited(draft, node); return;
        case Kind::stop: node.on_failure = FailureHandling::stop; break;
        case Kind::proceed: node.on_failure = FailureHandling::proceed; break;
        case Kind::default_value: node.on_failure = FailureHandling::default_value; break;
        case Kind::fallback:
            node.on_failure = FailureHandling::fallback;
            resolve_fallback(draft, index);
            break;
    }
    if (!node.definition) return;
    const std::string& id = draft.spec(index).id;
    if (!node.outputs.back().empty()) {
        draft.problem(ProblemCode::bad_value, pointer_of(index, "on_error"),
                      quoted(id) + " has both `on_error` and a connection from " +
                          quoted(id + ".error") + "; keep one of them, as only one can decide");
    }
    const bool stands_in = on_error.kind == Kind::default_value || on_error.kind == Kind::fallback;
    if (stands_in && lacks_primary_output(node.definition->type)) {
        draft.problem(ProblemCode::bad_value, pointer_of(index, "on_error"),
                      quoted(id) + " (" + node.definition->type.type +
                          ") has no output `out` by which another value could leave; use `stop`, "
                          "`continue` or a connection from " +
                          quoted(id + ".error"));
    }
}

}  // namespace

void resolve_failures(Draft& draft) {
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        resolve_failure(draft, {i});
    check_rings(draft);
}

}  // namespace millrace::engine
