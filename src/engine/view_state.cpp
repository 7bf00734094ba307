// SPDX-License-Identifier: Apache-2.0
#include "view_state.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "outputs_of.hpp"

namespace millrace::engine {

ScopeView ViewState::fresh(std::uint32_t plan_scope, std::string path) const {
    const PlanScope& shape = plan->scope(plan_scope);
    ScopeView scope;
    scope.scope = plan_scope;
    scope.nodes.resize(shape.nodes.size() + shape.undoing.size());
    scope.pending.resize(shape.nodes.size());
    scope.links.resize(shape.connections.size());
    for (std::size_t i = 0; i < scope.nodes.size(); ++i) {
        const std::size_t own = shape.nodes.size();
        const PlanNode& node = plan->node(i < own ? shape.nodes[i] : shape.undoing[i - own]);
        scope.nodes[i].id = node.id;
        scope.nodes[i].path = path.empty() ? node.id : path + "." + node.id;
        scope.nodes[i].type = node.definition->type.type;
    }
    scope.path = std::move(path);
    return scope;
}

std::vector<PortValue> ViewState::take_container_outputs(const RunKey& run) {
    ContainerState* const container = container_of(run);
    if (container == nullptr) return {};
    auto brought = container_outputs(plan->node(run.node), *container);
    scope_of(run).containers.erase(local(run));
    return brought;
}

void ViewState::open_scope(const ScopeOpened& r) {
    NodeView* const owner = find(r.container);
    ContainerState* const container = owner == nullptr ? nullptr : container_of(r.container);
    if (container == nullptr) return;
    const PlanContainer& shape = *plan->node(r.container.node).container;
    const bool is_body = r.part == ScopePart::body;
    if (!is_body && !shape.cleanup) return;
    if (is_body && !may_open(*container, shape.kind, r.index)) return;
    std::string path = owner->path;
    if (owner->attempts.size() > 1) path += "#" + std::to_string(owner->attempts.size());
    if (shape.kind == core::ContainerKind::loop) path += "[" + std::to_string(r.index) + "]";
    ScopeView scope = fresh(is_body ? shape.body : *shape.cleanup, std::move(path));
    scope.container = r.container;
    scope.index = r.index;
    scope.item = is_body ? entry_value(*container, shape.kind, r.index)
                         : cleanup_value(*container, primary_input(r.container));
    if (is_body) ++owner->iterations->opened;
    scopes.insert_or_assign(r.scope, std::move(scope));
}

void ViewState::count(NodeView& owner, ContainerState& container, const ScopeView& scope,
                      ScopeOutcome outcome) {
    container.body = outcome;
    switch (outcome) {
        case ScopeOutcome::canceled: ++owner.iterations->canceled; return;
        case ScopeOutcome::failed:
            ++owner.iterations->failed;
            ++container.failed;
            container.failure = scope.failure;
            return;
        case ScopeOutcome::completed: break;
    }
    ++owner.iterations->completed;
    ++container.completed;
    const core::Value* result = nullptr;
    for (const core::ConnectionIndex link : plan->scope(scope.scope).results)
        if (result == nullptr) result = delivered(scope, link);
    container.last = result == nullptr ? core::Value{} : *result;
    const bool is_loop =
        plan->node(scope.container.node).container->kind == core::ContainerKind::loop;
    if (result != nullptr && is_loop && container.aggregates)
        container.keep({scope.index, *result});
}

bool may_open(const ContainerState& container, core::ContainerKind kind, std::uint32_t index) {
    if (kind == core::ContainerKind::attempt || !container.items.is_array()) return true;
    return std::size_t{index} * std::max<std::uint32_t>(container.batch_size, 1) <
           container.items.size();
}

std::string_view to_text(FailedThen then) {
    switch (then) {
        case FailedThen::stop: return "stop";
        case FailedThen::proceed: return "continue";
        case FailedThen::error_port: return "error_port";
        case FailedThen::fallback: return "fallback";
    }
    return "stop";
}

bool ViewState::is_wanted(const ScopeView& scope) const {
    if (wanted.empty() || scope.path.empty()) return false;
    if (wanted == ExecutionView::every_scope) return true;
    // `loop` stands for all of `loop[0]`, `loop[1]` and so on.
    return scope.path == wanted ||
           (scope.path.starts_with(wanted) && scope.path[wanted.size()] == '[' &&
            scope.path.find(']', wanted.size()) == scope.path.size() - 1);
}

ScopeView* ViewState::find_scope(std::uint32_t number) {
    const auto found = scopes.find(number);
    return found == scopes.end() ? nullptr : &found->second;
}

const ScopeView* ViewState::find_scope(std::uint32_t number) const {
    const auto found = scopes.find(number);
    return found == scopes.end() ? nullptr : &found->second;
}

NodeView* ViewState::find(const RunKey& run) {
    ScopeView* const scope = find_scope(run.scope);
    const bool is_known = scope != nullptr && run.node.value < plan->nodes().size() &&
                          plan->node(run.node).scope == scope->scope;
    if (!is_known) return nullptr;
    NodeView* const shown = scope->undoes ? shown_undo(*scope->undoes) : nullptr;
    return shown != nullptr ? shown : &scope->nodes[local(run)];
}

ContainerState* ViewState::container_of(const RunKey& run) {
    auto& containers = scope_of(run).containers;
    const auto found = containers.find(local(run));
    return found == containers.end() ? nullptr : &found->second;
}

const core::Value* ViewState::delivered(const ScopeView& scope, core::ConnectionIndex index) const {
    const PlanConnection& connection = plan->connection(index);
    if (!connection.is_plain()) {
        const std::optional<core::Value>& value = scope.links[connection.local];
        return value ? &*value : nullptr;
    }
    return put_out(scope, connection);
}

const core::Value* ViewState::put_out(const ScopeView& scope,
                                      const PlanConnection& connection) const {
    if (plan->scope(scope.scope).container == connection.from) return &scope.item;
    const NodeView& source = scope.nodes[plan->node(connection.from).local];
    const auto live = std::ranges::find(source.outputs, connection.from_port, &PortValue::port);
    return live == source.outputs.end() ? nullptr : &live->value;
}

core::Value ViewState::primary_input(const RunKey& run) const {
    const ScopeView& scope = scope_of(run);
    if (scope.undoes) {
        const core::Value* const other = given_inputs.find(scope.nodes.front().path);
        return other == nullptr ? scope.item : *other;
    }
    // A fallback gets what the node got for which it stands in; the first of a chain of them
    // has the connections.
    const PlanNode* node = &plan->node(run.node);
    while (node->fallback_for)
        node = &plan->node(*node->fallback_for);
    const core::Value* const given = given_inputs.find(scope.nodes[node->local].path);
    if (given != nullptr) return *given;
    if (node->inputs.empty()) return {};
    const PlanInput& port = node->inputs.front();
    std::vector<core::Value> values;
    for (const core::ConnectionIndex connection : port.connections) {
        const core::Value* const value = delivered(scope, connection);
        if (value == nullptr) continue;
        if (!port.many) return *value;
        values.push_back(*value);
    }
    return port.many ? core::Value::array(std::move(values)) : core::Value{};
}

}  // namespace millrace::engine
