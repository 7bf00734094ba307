// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/ecs/component.hpp"
#include "millrace/ecs/detail/type_index.hpp"

namespace millrace::ecs::detail {

class Archetype;

/// Components that one call of create, add or remove can name.
inline constexpr std::size_t bundle_components_max = 16;

enum class BundleId : std::uint32_t {};

/// The components of one typed call, in the order of the call, with everything that only depends
/// on the types worked out once: so a call does no hash lookup.
struct Bundle {
    BundleId id{};
    std::size_t count = 0;
    std::array<const ComponentType*, bundle_components_max> types{};
    Signature signature;

    /// The archetype of exactly these components and where it keeps them; set on first create.
    Archetype* home = nullptr;
    std::array<std::uint16_t, bundle_components_max> home_columns{};

    /// Layout of the values while they wait in a Commands buffer.
    std::array<std::uint32_t, bundle_components_max> payload_offsets{};
    std::size_t payload_size = 0;
};

template <class... C>
inline constexpr bool all_distinct = true;
template <class First, class... Rest>
inline constexpr bool all_distinct<First, Rest...> =
    (!std::is_same_v<First, Rest> && ...) && all_distinct<Rest...>;

/// The component types and bundles of one World. Addresses of both are stable.
class Registry {
public:
    /// The type's entry, made on first use.
    template <Component C>
    [[nodiscard]] ComponentType& component() {
        const std::uint32_t index = type_index<ComponentFamily, C>();
        ComponentType* const known = index < by_type_.size() ? by_type_[index] : nullptr;
        if (known != nullptr) [[likely]]
            return *known;
        return insert<C>(index);
    }

    /// The type's entry, or null when this World has never seen the type.
    template <Component C>
    [[nodiscard]] const ComponentType* find() const noexcept {
        const std::uint32_t index = type_index<ComponentFamily, C>();
        return index < by_type_.size() ? by_type_[index] : nullptr;
    }

    template <Component... C>
        requires all_distinct<C...>
    [[nodiscard]] Bundle& bundle() {
        static_assert(sizeof...(C) <= bundle_components_max, "name fewer components in one call");
        const std::uint32_t index = type_index<BundleFamily, TypeList<C...>>();
        Bundle* const known = index < bundles_by_type_.size() ? bundles_by_type_[index] : nullptr;
        if (known != nullptr) [[likely]]
            return *known;
        return insert_bundle<C...>(index);
    }

    [[nodiscard]] const ComponentType& type(ComponentId id) const { return *types_[to_index(id)]; }
    [[nodiscard]] const ComponentType* find_named(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }

    /// Gives the component its name; two components of one World cannot share one.
    void declare(ComponentType& type, std::string_view name, Persistence persistence);

private:
    struct ComponentFamily;
    struct BundleFamily;

    [[nodiscard]] ComponentId next_id() const;
    // Out of line, so that finding what is known stays a few instructions in the caller.
    template <Component C>
    [[gnu::noinline]] ComponentType& insert(std::uint32_t index) {
        return insert(index, make_component_type<C>(next_id()));
    }
    template <Component... C>
    [[gnu::noinline]] Bundle& insert_bundle(std::uint32_t index) {
        const std::array<const ComponentType*, sizeof...(C)> types{&component<C>()...};
        return insert_bundle(index, types);
    }
    ComponentType& insert(std::uint32_t index, ComponentType type);
    Bundle& insert_bundle(std::uint32_t index, std::span<const ComponentType* const> types);

    std::vector<std::unique_ptr<ComponentType>> types_;  // by ComponentId
    std::vector<ComponentType*> by_type_;                // by type_index, null: not seen yet
    std::vector<std::unique_ptr<Bundle>> bundles_;       // by BundleId
    std::vector<Bundle*> bundles_by_type_;
};

}  // namespace millrace::ecs::detail
