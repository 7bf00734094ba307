// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/ecs/world.hpp"
#include "state.hpp"

namespace millrace::engine {

/// The World of a shard with its executions by id. References to components hold until the next
/// `create` or `destroy`.
class Executions {
public:
    /// Makes the entities of an execution, its runs and its connections.
    ExecutionState& create(core::ExecutionId id, std::shared_ptr<const Plan> plan);
    void destroy(core::ExecutionId id);

    ExecutionState* find(core::ExecutionId id);
    const ExecutionState* find(core::ExecutionId id) const;

    RunState& run(const ExecutionState& x, core::NodeIndex node) {
        return world_.get<RunState>(x.runs[node.value]);
    }
    const RunState& run(const ExecutionState& x, core::NodeIndex node) const {
        return world_.get<RunState>(x.runs[node.value]);
    }
    RunData& data(const ExecutionState& x, core::NodeIndex node) {
        return world_.get<RunData>(x.runs[node.value]);
    }
    const RunData& data(const ExecutionState& x, core::NodeIndex node) const {
        return world_.get<RunData>(x.runs[node.value]);
    }
    LinkState& link(const ExecutionState& x, core::ConnectionIndex connection) {
        return world_.get<LinkState>(x.links[connection.value]);
    }
    const LinkState& link(const ExecutionState& x, core::ConnectionIndex connection) const {
        return world_.get<LinkState>(x.links[connection.value]);
    }

    std::size_t size() const { return by_id_.size(); }
    /// Sorted, so that no caller sees the order of the table.
    std::vector<core::ExecutionId> ids() const;
    void shuffle_rows(std::uint64_t seed) { world_.shuffle_rows(seed); }

private:
    ecs::World world_;
    std::unordered_map<core::ExecutionId, ecs::Entity> by_id_;  // looked up, never walked in order
};

}  // namespace millrace::engine
