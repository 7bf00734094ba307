// SPDX-License-Identifier: Apache-2.0
#include "executions.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "millrace/core/check.hpp"

namespace millrace::engine {

ExecutionState& Executions::create(core::ExecutionId id, std::shared_ptr<const Plan> plan) {
    MR_CHECK(!by_id_.contains(id));
    const ecs::Entity entity = world_.create(ExecutionState{});
    by_id_.emplace(id, entity);
    ExecutionState& x = world_.get<ExecutionState>(entity);
    x.id = id;
    fill(*plan, x.top);
    x.plan = std::move(plan);
    return x;
}

void Executions::fill(const Plan& plan, ScopeState& scope) {
    const PlanScope& shape = plan.scope(scope.scope);
    scope.runs.resize(shape.nodes.size());
    scope.links.resize(shape.connections.size());
    scope.unfinished = static_cast<std::uint32_t>(shape.nodes.size());
    scope.open_results = static_cast<std::uint32_t>(shape.results.size());
    if (!scope.runs.empty()) {
        world_.create_many_from(std::span{scope.runs}, [&](std::size_t i) {
            RunState run;
            run.node = shape.nodes[i];
            run.scope = scope.id;
            for (const PlanInput& input : plan.node(run.node).inputs)
                run.unsettled += static_cast<std::uint32_t>(input.connections.size());
            return std::tuple{run, RunData{}};
        });
    }
    if (!scope.links.empty()) world_.create_many(std::span{scope.links}, LinkState{});
}

void Executions::empty(ScopeState& scope) {
    world_.destroy_many(scope.runs);
    world_.destroy_many(scope.links);
    scope.runs.clear();
    scope.links.clear();
}

void Executions::destroy(core::ExecutionId id) {
    const auto found = by_id_.find(id);
    MR_CHECK(found != by_id_.end());
    ExecutionState& x = world_.get<ExecutionState>(found->second);
    while (!x.scopes.empty())
        close_scope(x, x.scopes.back().first);
    empty(x.top);
    world_.destroy(found->second);
    by_id_.erase(found);
}

ScopeState& Executions::open_scope(ExecutionState& x, std::uint32_t number,
                                   std::uint32_t plan_scope) {
    MR_CHECK(number > (x.scopes.empty() ? 0 : x.scopes.back().first));
    const ecs::Entity entity = world_.create(ScopeState{});
    x.scopes.emplace_back(number, entity);
    ScopeState& scope = world_.get<ScopeState>(entity);
    scope.id = number;
    scope.scope = plan_scope;
    fill(*x.plan, scope);
    return scope;
}

void Executions::close_scope(ExecutionState& x, std::uint32_t number) {
    const auto found =
        std::ranges::lower_bound(x.scopes, number, {}, [](const auto& s) { return s.first; });
    MR_CHECK(found != x.scopes.end() && found->first == number);
    const ecs::Entity entity = found->second;
    empty(world_.get<ScopeState>(entity));
    world_.destroy(entity);
    x.scopes.erase(found);
}

void Executions::restart(ExecutionState& x) {
    while (!x.scopes.empty())
        close_scope(x, x.scopes.back().first);
    empty(x.top);
    x.top = ScopeState{};
    fill(*x.plan, x.top);
}

ExecutionState* Executions::find(core::ExecutionId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &world_.get<ExecutionState>(found->second);
}

const ExecutionState* Executions::find(core::ExecutionId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &world_.get<ExecutionState>(found->second);
}

const ScopeState* Executions::find_scope(const ExecutionState& x, std::uint32_t number) const {
    if (number == 0) return &x.top;
    const auto found =
        std::ranges::lower_bound(x.scopes, number, {}, [](const auto& s) { return s.first; });
    if (found == x.scopes.end() || found->first != number) return nullptr;
    return &world_.get<ScopeState>(found->second);
}

const ScopeState* Executions::enclosing(const ExecutionState& x, std::uint32_t number,
                                        std::uint32_t plan_scope) const {
    const ScopeState* at = &scope(x, number);
    while (at->scope != plan_scope) {
        if (at->id == 0) return nullptr;
        at = &scope(x, at->container.scope);
    }
    return at;
}

bool Executions::holds(const ExecutionState& x, RunRef ref) const {
    const ScopeState* const instance = find_scope(x, ref.scope);
    return instance != nullptr && ref.node.value < x.plan->nodes().size() &&
           x.plan->node(ref.node).scope == instance->scope;
}

bool Executions::holds(const ExecutionState& x, LinkRef ref) const {
    const ScopeState* const instance = find_scope(x, ref.scope);
    return instance != nullptr && ref.connection.value < x.plan->connections().size() &&
           x.plan->connection(ref.connection).scope == instance->scope;
}

std::string Executions::path(const ExecutionState& x, RunRef ref) const {
    std::string path = x.plan->node(ref.node).id;
    const ScopeState& own = scope(x, ref.scope);
    if (x.plan->scope(own.scope).part == ScopePart::undo) {
        const std::string& place = undo_of(x, own).place;
        return place.empty() ? path : place + "." + path;
    }
    for (const ScopeState* at = &own; at->id != 0; at = &scope(x, at->container.scope)) {
        const PlanNode& container = x.plan->node(at->container.node);
        std::string element = container.id;
        const std::uint32_t attempt = run(x, at->container).attempt;
        if (attempt > 1) element += "#" + std::to_string(attempt);
        if (container.container->kind == core::ContainerKind::loop)
            element += "[" + std::to_string(at->index) + "]";
        path.insert(0, element + ".");
    }
    return path;
}

std::optional<RunRef> Executions::find_run(const ExecutionState& x, std::string_view path) const {
    // Instances are few at a time, so that looking at all is simpler than reading the path.
    const auto named = x.plan->find(path.substr(path.rfind('.') + 1));
    if (!named) return std::nullopt;
    if (holds(x, RunRef{0, *named}))
        return path.find('.') == std::string_view::npos ? std::optional{RunRef{0, *named}}
                                                        : std::nullopt;
    for (const auto& [number, entity] : x.scopes) {
        const RunRef ref{number, *named};
        if (holds(x, ref) && this->path(x, ref) == path) return ref;
    }
    return std::nullopt;
}

std::vector<core::ExecutionId> Executions::ids() const {
    std::vector<core::ExecutionId> ids;
    ids.reserve(by_id_.size());
    // order does not matter: they are sorted below
    for (const auto& [id, entity] : by_id_)
        ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace millrace::engine
