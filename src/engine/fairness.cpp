// SPDX-License-Identifier: Apache-2.0
#include "fairness.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

namespace millrace::engine {
namespace {

constexpr std::int32_t priority_step = 10;
constexpr std::int32_t extra_turns_max = 10;

std::int32_t turns_of(std::int32_t priority) {
    return 1 + std::clamp(-(priority / priority_step), 0, extra_turns_max);
}

std::int32_t priority_of(const CreateExecution& create) {
    return create.options.priority.value_or(create.plan->settings().priority);
}

bool is_of_one_workflow(const std::deque<Input>& inbox) {
    const Plan* first = nullptr;
    for (const Input& input : inbox) {
        const auto* create = std::get_if<CreateExecution>(&input);
        if (create == nullptr) continue;
        if (first == nullptr) first = create->plan.get();
        if (create->plan.get() != first) return false;
    }
    return true;
}

}  // namespace

std::vector<std::size_t> fair_order(const std::vector<Waiting>& waiting) {
    std::map<std::string_view, std::size_t> known;
    std::vector<std::deque<std::size_t>> flows;  // by the workflow's first appearance
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const auto [flow, is_new] = known.emplace(waiting[i].workflow, flows.size());
        if (is_new) flows.emplace_back();
        flows[flow->second].push_back(i);
    }
    std::vector<std::size_t> order;
    order.reserve(waiting.size());
    const auto serve = [&](std::deque<std::size_t>& flow, std::int32_t turns) {
        for (; turns > 0 && !flow.empty(); --turns) {
            order.push_back(flow.front());
            flow.pop_front();
        }
    };
    while (order.size() < waiting.size()) {
        std::vector<std::int32_t> further;
        for (std::deque<std::size_t>& flow : flows) {
            further.push_back(turns_of(waiting[flow.front()].priority) - 1);
            serve(flow, 1);
        }
        for (std::size_t i = 0; i < flows.size(); ++i)
            serve(flows[i], further[i]);
        std::erase_if(flows, [](const auto& flow) { return flow.empty(); });
    }
    return order;
}

void order_creations(std::deque<Input>& inbox) {
    if (is_of_one_workflow(inbox)) return;
    std::vector<std::size_t> places;
    std::vector<Waiting> waiting;
    for (std::size_t i = 0; i < inbox.size(); ++i) {
        const auto* create = std::get_if<CreateExecution>(&inbox[i]);
        if (create == nullptr) continue;
        places.push_back(i);
        waiting.push_back({create->plan->identity().workflow_id, priority_of(*create)});
    }
    const std::vector<std::size_t> order = fair_order(waiting);
    if (std::ranges::is_sorted(order)) return;
    std::vector<Input> creations;
    creations.reserve(places.size());
    for (const std::size_t index : order)
        creations.push_back(std::move(inbox[places[index]]));
    for (std::size_t i = 0; i < places.size(); ++i)
        inbox[places[i]] = std::move(creations[i]);
}

}  // namespace millrace::engine
