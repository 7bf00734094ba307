// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compile_draft.hpp"

// `compensate: NODE`: which node undoes which.

namespace millrace::engine {
namespace {

using core::ProblemCode;

/// Why `node` has nothing that could be undone; empty when it has.
std::string refusal_to_be_undone(const Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    const std::string name = quoted(spec.id);
    if (draft[node].is_named_as_undoing)
        return name + " undoes another node, and what undoes is not undone itself";
    if (spec.cache) {
        return name +
               " has a `cache`: what comes from there was not done by this execution, which "
               "must not undo it; remove one of the two keys";
    }
    if (!draft[node].definition) return {};
    const core::NodeType& type = draft[node].definition->type;
    if (type.role == core::NodeRole::trigger)
        return name + " is a trigger, which does nothing that could be undone";
    if (primary_output(type).value >= type.outputs.size())
        return name + " (" + type.type + ") has no output and so nothing to be undone";
    return {};
}

/// Why the type cannot undo anything; empty when it can.
std::string refusal_of_type(const std::string& name, const core::NodeType& type) {
    if (type.role == core::NodeRole::trigger)
        return name + " is a trigger, which cannot undo anything";
    if (type.role == core::NodeRole::container)
        return name + " is a container; let a single node undo, such as a sub-workflow";
    for (std::size_t i = 0; i < type.inputs.size(); ++i) {
        if (type.inputs[i].many)
            return name + " (" + type.type + ") joins connections, of which it has none here";
        if (i > 0 && type.inputs[i].required) {
            return name + " needs a value at " + quoted(type.inputs[i].name) +
                   ", but what undoes gets only `in`";
        }
    }
    return {};
}

/// Why `node` cannot undo anything; empty when it can.
std::string refusal_to_undo(const Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    const std::string name = quoted(spec.id);
    if (draft[node].is_target || draft[node].is_source)
        return name + " has connections, but runs only to undo; remove them";
    if (draft[node].is_named_as_fallback)
        return name + " is a fallback already; let another node undo";
    if (spec.on_error.kind != core::NodeOnError::Kind::inherit) {
        return name +
               " has `on_error`, but when undoing fails that is recorded and the next is "
               "undone, whatever it says; remove it";
    }
    if (spec.cache) return name + " has a `cache`, which would keep it from being run; remove that";
    return draft[node].definition ? refusal_of_type(name, draft[node].definition->type)
                                  : std::string{};
}

std::string refusal(const Draft& draft, core::NodeIndex undone, core::NodeIndex undoing) {
    if (undoing == undone) return "a node cannot undo itself";
    const std::string name = quoted(draft.spec(undoing).id);
    if (draft[undoing].parent != draft[undone].parent) {
        return name + " belongs to another container than " + quoted(draft.spec(undone).id) +
               "; what undoes a node lives beside it";
    }
    if (draft[undoing].undoes) {
        return name + " undoes " + quoted(draft.spec(*draft[undoing].undoes).id) +
               " already; give each node its own";
    }
    std::string reason = refusal_to_be_undone(draft, undone);
    return reason.empty() ? refusal_to_undo(draft, undoing) : reason;
}

void resolve_undo(Draft& draft, core::NodeIndex undone) {
    const std::string& named = draft.spec(undone).compensate;
    if (named.empty()) return;
    const std::string path = pointer_of(undone, "compensate");
    const std::optional<core::NodeIndex> undoing = draft.find(named);
    if (!undoing) {
        draft.problem(
            ProblemCode::unknown_node, path,
            "there is no node " + quoted(named) + " to undo " + quoted(draft.spec(undone).id),
            draft.nearest_node(named));
        return;
    }
    const std::string reason = refusal(draft, undone, *undoing);
    if (!reason.empty()) {
        const bool crosses = *undoing != undone && draft[*undoing].parent != draft[undone].parent;
        draft.problem(crosses ? ProblemCode::bad_scope : ProblemCode::bad_value, path, reason);
        return;
    }
    draft[undone].undone_by = undoing;
    draft[*undoing].undoes = undone;
    // The scope has failed already; that undoing fails keeps nothing else from being undone.
    draft[*undoing].on_failure = FailureHandling::proceed;
}

}  // namespace

void resolve_undos(Draft& draft) {
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i)
        resolve_undo(draft, {i});
}

}  // namespace millrace::engine
