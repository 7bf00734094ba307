// SPDX-License-Identifier: Apache-2.0
#include "outputs_of.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace millrace::engine {
namespace {

using core::Value;

Value collected(const ContainerState& container) {
    std::vector<const ContainerState::Result*> order;
    order.reserve(container.results.size());
    for (const ContainerState::Result& result : container.results)
        order.push_back(&result);
    std::ranges::sort(order, {}, [](const auto* result) { return result->index; });
    std::vector<Value> values;
    values.reserve(order.size());
    for (const ContainerState::Result* result : order)
        values.push_back(result->value);
    return Value::array(std::move(values));
}

std::string_view text_of(const ContainerState& container) {
    switch (container.body) {
        case ScopeOutcome::completed: return "completed";
        case ScopeOutcome::failed: return "failed";
        case ScopeOutcome::canceled: return "canceled";
    }
    return "canceled";
}

}  // namespace

std::vector<PortValue> container_outputs(const PlanNode& node, const ContainerState& container) {
    if (node.container->kind == core::ContainerKind::attempt)
        return {{node.primary, container.last}};
    if (container.aggregates) return {{node.primary, collected(container)}};
    return {{node.primary, Value::object({{"iterations", container.completed + container.failed},
                                          {"completed", container.completed},
                                          {"failed", container.failed}})}};
}

Value entry_value(const ContainerState& container, core::ContainerKind kind, std::uint32_t index) {
    if (kind == core::ContainerKind::attempt || container.is_conditional) return container.last;
    if (container.items.is_null()) return Value{index};
    const auto items = container.items.as_array();
    if (container.batch_size == 0) return items[index];
    const std::size_t first = std::size_t{index} * container.batch_size;
    const std::size_t end = std::min<std::size_t>(first + container.batch_size, items.size());
    std::vector<Value> batch;
    for (std::size_t i = first; i < end; ++i)
        batch.push_back(items[i]);
    return Value::array(std::move(batch));
}

Value cleanup_value(const ContainerState& container, Value input) {
    const bool failed = container.body == ScopeOutcome::failed && container.failure;
    return Value::object(
        {{"status", text_of(container)},
         {"result", container.body == ScopeOutcome::completed ? container.last : Value{}},
         {"error", failed ? container.failure->to_value() : Value{}},
         {"input", std::move(input)}});
}

const Value* result_value(const Executions& executions, const ExecutionState& x,
                          const ScopeState& scope) {
    for (const core::ConnectionIndex result : x.plan->scope(scope.scope).results) {
        const LinkState& link = executions.link(x, {scope.id, result});
        if (link.settled == LinkState::Settled::live) return &link.value;
    }
    return nullptr;
}

}  // namespace millrace::engine
