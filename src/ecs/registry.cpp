// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/registry.hpp"

#include <algorithm>

namespace millrace::ecs::detail {

ComponentId Registry::next_id() const {
    MR_CHECK(types_.size() < components_max);
    return static_cast<ComponentId>(types_.size());
}

ComponentType& Registry::insert(std::uint32_t index, ComponentType type) {
    if (index >= by_type_.size()) by_type_.resize(index + 1, nullptr);
    types_.push_back(std::make_unique<ComponentType>(std::move(type)));
    by_type_[index] = types_.back().get();
    return *types_.back();
}

Bundle& Registry::insert_bundle(std::uint32_t index, std::span<const ComponentType* const> types) {
    auto bundle = std::make_unique<Bundle>();
    bundle->id = static_cast<BundleId>(bundles_.size());
    bundle->count = types.size();
    std::size_t end = 0;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const ComponentType& type = *types[i];
        bundle->types[i] = &type;
        bundle->signature.set(type.id);
        // A tag gets a byte of its own here, so that it can be constructed like the others.
        end = (end + type.alignment - 1) / type.alignment * type.alignment;
        bundle->payload_offsets[i] = static_cast<std::uint32_t>(end);
        end += std::max<std::size_t>(type.size, 1);
    }
    bundle->payload_size = end;
    if (index >= bundles_by_type_.size()) bundles_by_type_.resize(index + 1, nullptr);
    bundles_.push_back(std::move(bundle));
    bundles_by_type_[index] = bundles_.back().get();
    return *bundles_.back();
}

const ComponentType* Registry::find_named(std::string_view name) const noexcept {
    for (const auto& type : types_)
        if (type->persistence != Persistence::undeclared && type->name == name) return type.get();
    return nullptr;
}

void Registry::declare(ComponentType& type, std::string_view name, Persistence persistence) {
    MR_CHECK(!name.empty());
    const ComponentType* const owner = find_named(name);
    MR_CHECK(owner == nullptr || owner == &type);
    type.name = name;
    type.persistence = persistence;
}

}  // namespace millrace::ecs::detail
