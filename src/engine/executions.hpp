// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/ecs/world.hpp"
#include "state.hpp"

namespace millrace::engine {

/// The World of a shard with its executions by id. References to components hold until the next
/// `destroy` or `close_scope`.
class Executions {
public:
    /// Makes the entities of an execution and of its top level's runs and connections.
    ExecutionState& create(core::ExecutionId id, std::shared_ptr<const Plan> plan);
    void destroy(core::ExecutionId id);

    ExecutionState* find(core::ExecutionId id);
    const ExecutionState* find(core::ExecutionId id) const;

    /// Makes a further scope instance; its number is above those of all before it.
    ScopeState& open_scope(ExecutionState& x, std::uint32_t number, std::uint32_t plan_scope);
    void close_scope(ExecutionState& x, std::uint32_t number);
    /// Closes all further instances and makes the top level's runs and connections anew.
    void restart(ExecutionState& x);

    /// Null when there is no such instance, or no longer.
    ScopeState* find_scope(ExecutionState& x, std::uint32_t number) {
        return const_cast<ScopeState*>(std::as_const(*this).find_scope(x, number));
    }
    const ScopeState* find_scope(const ExecutionState& x, std::uint32_t number) const;
    ScopeState& scope(ExecutionState& x, std::uint32_t number) {
        return number == 0 ? x.top : *find_scope(x, number);
    }
    const ScopeState& scope(const ExecutionState& x, std::uint32_t number) const {
        return number == 0 ? x.top : *find_scope(x, number);
    }
    /// The instance of `plan_scope` that `number` is or lies in; null when it lies in none.
    const ScopeState* enclosing(const ExecutionState& x, std::uint32_t number,
                                std::uint32_t plan_scope) const;

    // Of runs and connections that exist; see `holds`.

    RunState& run(const ExecutionState& x, RunRef ref) {
        return world_.get<RunState>(entity(x, ref));
    }
    const RunState& run(const ExecutionState& x, RunRef ref) const {
        return world_.get<RunState>(entity(x, ref));
    }
    RunData& data(const ExecutionState& x, RunRef ref) {
        return world_.get<RunData>(entity(x, ref));
    }
    const RunData& data(const ExecutionState& x, RunRef ref) const {
        return world_.get<RunData>(entity(x, ref));
    }
    LinkState& link(const ExecutionState& x, LinkRef ref) {
        return world_.get<LinkState>(entity(x, ref));
    }
    const LinkState& link(const ExecutionState& x, LinkRef ref) const {
        return world_.get<LinkState>(entity(x, ref));
    }
    /// Of the instance in which a node undoes a run: that run.
    const Undo& undo_of(const ExecutionState& x, const ScopeState& scope) const {
        return this->scope(x, scope.container.scope).undos.back();
    }
    bool holds(const ExecutionState& x, RunRef ref) const;
    bool holds(const ExecutionState& x, LinkRef ref) const;

    /// `charge`, `loop[3].charge`, `outer[2].guard.charge`; a container that is tried anew counts
    /// its attempts, `loop#2[3].charge`, so that no two runs of a generation share a path. What
    /// undoes a run has the path that it would have beside it: `loop[3].refund`.
    std::string path(const ExecutionState& x, RunRef ref) const;
    /// The run of that path that is there now.
    std::optional<RunRef> find_run(const ExecutionState& x, std::string_view path) const;

    std::size_t size() const { return by_id_.size(); }
    /// Sorted, so that no caller sees the order of the table.
    std::vector<core::ExecutionId> ids() const;
    void shuffle_rows(std::uint64_t seed) { world_.shuffle_rows(seed); }

private:
    ecs::Entity entity(const ExecutionState& x, RunRef ref) const {
        return scope(x, ref.scope).runs[x.plan->node(ref.node).local];
    }
    ecs::Entity entity(const ExecutionState& x, LinkRef ref) const {
        return scope(x, ref.scope).links[x.plan->connection(ref.connection).local];
    }
    void fill(const Plan& plan, ScopeState& scope);
    void empty(ScopeState& scope);

    ecs::World world_;
    std::unordered_map<core::ExecutionId, ecs::Entity> by_id_;  // looked up, never walked in order
};

}  // namespace millrace::engine
