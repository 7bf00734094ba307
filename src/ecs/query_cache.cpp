// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/query_plan.hpp"

namespace millrace::ecs::detail {

const QueryMatches& QueryCache::matches(const Signature& required,
                                        std::span<const std::unique_ptr<Archetype>> all) {
    std::unique_ptr<QueryMatches>& entry = by_requirement_[required];
    if (entry == nullptr) {
        entry = std::make_unique<QueryMatches>();
        entry->required = required;
        for (const auto& archetype : all)
            if (archetype->signature().contains(required))
                entry->archetypes.push_back(archetype.get());
    }
    return *entry;
}

void QueryCache::archetype_created(Archetype& archetype) {
    // Each entry is updated on its own, so their order does not matter.
    for (auto& [required, entry] : by_requirement_)
        if (archetype.signature().contains(required)) entry->archetypes.push_back(&archetype);
}

const QueryPlan& QueryCache::set_plan(std::uint32_t index, const QueryPlan& plan) {
    if (index >= plans_.size()) plans_.resize(index + 1);
    plans_[index] = std::make_unique<QueryPlan>(plan);
    return *plans_[index];
}

}  // namespace millrace::ecs::detail
