// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "undo.hpp"
#include "view_state.hpp"

// What people see of runs that are undone, and of what undoes them.

namespace millrace::engine {

ScopeView* ViewState::shown_scope(std::uint32_t number) {
    if (ScopeView* const live = find_scope(number)) return live;
    const auto found = kept_places.find(number);
    return found == kept_places.end() ? nullptr : &kept[found->second];
}

NodeView* ViewState::shown_undo(const RunKey& run) {
    ScopeView* const scope = shown_scope(run.scope);
    if (scope == nullptr || run.node.value >= plan->nodes().size()) return nullptr;
    const PlanScope& shape = plan->scope(scope->scope);
    const auto found = std::ranges::find(shape.undoing, plan->node(run.node).undone_by);
    if (found == shape.undoing.end()) return nullptr;
    return &scope->nodes[shape.nodes.size() +
                         static_cast<std::size_t>(found - shape.undoing.begin())];
}

void ViewState::skip_idle_undos() {
    const auto skip = [&](ScopeView& scope) {
        for (std::size_t i = plan->scope(scope.scope).nodes.size(); i < scope.nodes.size(); ++i)
            if (scope.nodes[i].status == core::NodeStatus::pending)
                scope.nodes[i].status = core::NodeStatus::skipped;
    };
    skip(scopes.at(0));
    for (ScopeView& scope : kept)
        skip(scope);
}

void ViewState::note_undo(const NodeView& node, const RunCompleted& r) {
    const PlanNode& completed = plan->node(r.run.node);
    const ScopeView& scope = scope_of(r.run);
    if (completed.undone_by && is_own_doing(r.by)) {
        undos[r.run] = {scope.path,
                        undo_input(node.input, output_at(node.outputs, completed.primary))};
    }
    if (!scope.undoes) return;
    ScopeView* const beside = shown_scope(scope.undoes->scope);
    // In a damaged journal a number may come to mean another scope.
    const bool is_there =
        beside != nullptr && beside->scope == plan->node(scope.undoes->node).scope;
    if (is_there) beside->nodes[local(*scope.undoes)].undone_by = node.id;
}

core::Value ViewState::undone_path(const RunKey& run) const {
    const ScopeView& scope = scope_of(run);
    if (!scope.undoes) return {};
    const std::string& undone = plan->node(scope.undoes->node).id;
    return core::Value::object(
        {{"undoes", scope.path.empty() ? undone : scope.path + "." + undone}});
}

void ViewState::start_undo(const UndoStarted& r) {
    const auto found = undos.find(r.run);
    if (found == undos.end() || r.scope == 0) return;
    const core::NodeIndex undoing = *plan->node(r.run.node).undone_by;
    ScopeView scope = fresh(plan->node(undoing).scope, std::move(found->second.place));
    scope.undoes = r.run;
    scope.item = std::move(found->second.input);
    undos.erase(found);
    scopes.insert_or_assign(r.scope, std::move(scope));
}

std::optional<NodeView> ViewState::skip_undo(const UndoSkipped& r, core::Time at) {
    const auto found = undos.find(r.run);
    if (found == undos.end()) return std::nullopt;
    const core::NodeIndex undoing = *plan->node(r.run.node).undone_by;
    NodeView unseen =
        std::move(fresh(plan->node(undoing).scope, std::move(found->second.place)).nodes.front());
    undos.erase(found);
    NodeView* const shown = shown_undo(r.run);
    NodeView& node = shown != nullptr ? *shown : unseen;
    node.status = core::NodeStatus::skipped;
    node.completed_at = at;
    return node;
}

}  // namespace millrace::engine
