// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "millrace/ecs/detail/arena.hpp"
#include "millrace/ecs/detail/entity_table.hpp"
#include "millrace/ecs/detail/registry.hpp"

namespace millrace::ecs {

/// Structural changes to make later, in the order recorded: the way to change a World from inside
/// an iteration, a system or a hook. World::flush() applies the World's own buffer after each
/// system; World::apply() any other. A change to an entity that is no longer alive when its turn
/// comes is skipped, as is switching a component that it does not have. The World must outlive it.
class Commands {
public:
    Commands(detail::Rows& rows, detail::Registry& registry) noexcept
        : rows_(&rows), registry_(&registry) {}
    ~Commands() { discard(); }
    Commands(Commands&& other) noexcept;
    Commands& operator=(Commands&&) = delete;

    /// The handle is good at once, for further commands; it becomes alive when applied.
    template <Component... C>
    Entity create(C... components) {
        const Entity entity = rows_->entities.reserve();
        record(Kind::create, entity, std::move(components)...);
        return entity;
    }
    void destroy(Entity entity);

    template <Component... C>
        requires(sizeof...(C) > 0)
    void add(Entity entity, C... components) {
        record(Kind::add, entity, std::move(components)...);
    }
    template <Component... C>
        requires(sizeof...(C) > 0)
    void remove(Entity entity) { record_bundle(Kind::remove, entity, registry_->bundle<C...>()); }
    template <Component C>
    void enable(Entity entity) {
        record_bundle(Kind::enable, entity, registry_->bundle<C>());
    }
    template <Component C>
    void disable(Entity entity) {
        record_bundle(Kind::disable, entity, registry_->bundle<C>());
    }

    [[nodiscard]] bool empty() const noexcept { return operations_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return operations_.size(); }
    /// Forgets everything; handles that create() gave become stale.
    void discard() noexcept;

private:
    friend class World;

    enum class Kind : std::uint8_t { create, destroy, add, remove, enable, disable };
    struct Operation {
        Kind kind;
        Entity entity;
        detail::Bundle* bundle;
        std::byte* payload;  ///< the values of create and add, at the bundle's offsets
    };

    template <Component... C>
    void record(Kind kind, Entity entity, C&&... components) {
        detail::Bundle& bundle = registry_->bundle<C...>();
        std::byte* const payload = arena_.allocate(bundle.payload_size);
        operations_.push_back({kind, entity, &bundle, payload});
        std::size_t i = 0;
        ((::new (static_cast<void*>(payload + bundle.payload_offsets[i++]))
              C(std::move(components))),
         ...);
    }
    void record_bundle(Kind kind, Entity entity, detail::Bundle& bundle) {
        operations_.push_back({kind, entity, &bundle, nullptr});
    }
    static void destroy_payload(const Operation& operation) noexcept;

    detail::Rows* rows_;
    detail::Registry* registry_;
    std::vector<Operation> operations_;
    detail::Arena arena_;
};

}  // namespace millrace::ecs
