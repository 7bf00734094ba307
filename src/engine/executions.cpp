// SPDX-License-Identifier: Apache-2.0
#include "executions.hpp"

#include <algorithm>
#include <span>
#include <tuple>

#include "millrace/core/check.hpp"

namespace millrace::engine {

ExecutionState& Executions::create(core::ExecutionId id, std::shared_ptr<const Plan> plan) {
    MR_CHECK(!by_id_.contains(id));
    const std::size_t nodes = plan->nodes().size();
    const std::size_t links = plan->connections().size();

    const ecs::Entity entity = world_.create(ExecutionState{});
    by_id_.emplace(id, entity);
    ExecutionState& x = world_.get<ExecutionState>(entity);
    x.id = id;
    x.runs.resize(nodes);
    x.links.resize(links);
    x.unfinished = static_cast<std::uint32_t>(nodes);
    world_.create_many_from(std::span{x.runs}, [](std::size_t i) {
        RunState run;
        run.node = {static_cast<std::uint32_t>(i)};
        return std::tuple{run, RunData{}};
    });
    if (links != 0) world_.create_many(std::span{x.links}, LinkState{});
    for (const PlanConnection& connection : plan->connections())
        ++run(x, connection.to).unsettled;
    x.plan = std::move(plan);
    return x;
}

void Executions::destroy(core::ExecutionId id) {
    const auto found = by_id_.find(id);
    MR_CHECK(found != by_id_.end());
    ExecutionState& x = world_.get<ExecutionState>(found->second);
    const std::vector<ecs::Entity> runs = std::move(x.runs);
    const std::vector<ecs::Entity> links = std::move(x.links);
    world_.destroy_many(runs);
    world_.destroy_many(links);
    world_.destroy(found->second);
    by_id_.erase(found);
}

ExecutionState* Executions::find(core::ExecutionId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &world_.get<ExecutionState>(found->second);
}

const ExecutionState* Executions::find(core::ExecutionId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &world_.get<ExecutionState>(found->second);
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
