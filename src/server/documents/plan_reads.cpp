// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/plan_reads.hpp"

#include <algorithm>

namespace millrace::server {
namespace {

using engine::SlotSource;
using Take = std::function<void(const SlotSource&)>;

template <class Bound>
void take_slots(const Bound& bound, const Take& take) {
    for (const SlotSource& slot : bound.slots)
        take(slot);
}

template <class Bound>
void take_slots(const std::optional<Bound>& bound, const Take& take) {
    if (bound) take_slots(*bound, take);
}

void node_slots(const engine::PlanNode& node, const Take& take) {
    take_slots(node.data, take);
    for (const engine::BoundExpression& deferred : node.deferred)
        take_slots(deferred, take);
    if (node.cache) take_slots(node.cache->key, take);
    // What undoes it reads these of the time when it completed.
    for (const SlotSource& slot : node.undo_reads)
        take(slot);
    if (node.container) {
        take_slots(node.container->condition, take);
        take_slots(node.container->leave, take);
    }
}

template <class Bound>
void add_reading(std::vector<Reading>& readings, std::string place, const Bound& bound) {
    Reading reading{std::move(place), {}};
    for (const expr::Reference& reference : bound.code.references())
        reading.reads.push_back(expr::to_text(reference));
    if (!reading.reads.empty()) readings.push_back(std::move(reading));
}

/// `/expression` in a node's data is `data.expression`.
std::string place_of_field(std::string_view pointer) {
    std::string place = "data";
    for (const char c : pointer)
        place += c == '/' ? '.' : c;
    return place;
}

}  // namespace

void for_each_slot(const engine::Plan& plan, const Take& take) {
    for (const engine::PlanNode& node : plan.nodes())
        node_slots(node, take);
    for (const engine::PlanConnection& connection : plan.connections()) {
        take_slots(connection.filter, take);
        take_slots(connection.transform, take);
    }
    take_slots(plan.outputs(), take);
}

std::vector<Reading> readings_of(const engine::PlanNode& node) {
    std::vector<Reading> readings;
    add_reading(readings, "data", node.data);
    for (const engine::BoundExpression& deferred : node.deferred)
        add_reading(readings, place_of_field(deferred.pointer), deferred);
    if (node.cache && node.cache->key) add_reading(readings, "cache.key", *node.cache->key);
    if (!node.container) return readings;
    if (node.container->condition) add_reading(readings, "data.while", *node.container->condition);
    if (node.container->leave) add_reading(readings, "data.break", *node.container->leave);
    return readings;
}

std::vector<Reading> readings_of(const engine::PlanConnection& connection) {
    std::vector<Reading> readings;
    if (connection.filter) add_reading(readings, "filter", *connection.filter);
    if (connection.transform) add_reading(readings, "transform", *connection.transform);
    return readings;
}

std::vector<Reading> readings_of_outputs(const engine::Plan& plan) {
    std::vector<Reading> readings;
    if (plan.outputs()) add_reading(readings, "outputs", *plan.outputs());
    return readings;
}

std::vector<Dependencies> dependencies_of(const engine::Plan& plan) {
    std::vector<Dependencies> all(plan.nodes().size());
    const auto depends = [&](core::NodeIndex node, core::NodeIndex on) {
        if (node != on) all[node.value].direct.push_back(on);
    };
    for (const engine::PlanConnection& connection : plan.connections()) {
        // What a body gives back to its container does not come before the container.
        if (!connection.is_result) depends(connection.to, connection.from);
        const auto take = [&](const SlotSource& slot) {
            if (slot.kind == SlotSource::Kind::node_output) depends(connection.to, slot.node);
        };
        take_slots(connection.filter, take);
        take_slots(connection.transform, take);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const core::NodeIndex index{static_cast<std::uint32_t>(i)};
        const engine::PlanNode& node = plan.nodes()[i];
        node_slots(node, [&](const SlotSource& slot) {
            if (slot.kind == SlotSource::Kind::node_output) depends(index, slot.node);
        });
        if (node.fallback_for) depends(index, *node.fallback_for);
        if (node.undoes) depends(index, *node.undoes);
        if (const auto& container = plan.scope(node.scope).container) depends(index, *container);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::vector<core::NodeIndex>& direct = all[i].direct;
        std::ranges::sort(direct, {}, &core::NodeIndex::value);
        direct.erase(std::unique(direct.begin(), direct.end()), direct.end());
        for (const core::NodeIndex on : direct)
            all[on.value].dependents.push_back({static_cast<std::uint32_t>(i)});
    }
    return all;
}

std::vector<core::NodeIndex> reached_by(const std::vector<Dependencies>& all, core::NodeIndex from,
                                        std::vector<core::NodeIndex> Dependencies::*list) {
    std::vector<bool> seen(all.size());
    std::vector<core::NodeIndex> found;
    std::vector<core::NodeIndex> waiting{from};
    seen[from.value] = true;
    while (!waiting.empty()) {
        const core::NodeIndex at = waiting.back();
        waiting.pop_back();
        for (const core::NodeIndex next : all[at.value].*list) {
            if (seen[next.value]) continue;
            seen[next.value] = true;
            found.push_back(next);
            waiting.push_back(next);
        }
    }
    std::ranges::sort(found, {}, &core::NodeIndex::value);
    return found;
}

}  // namespace millrace::server
