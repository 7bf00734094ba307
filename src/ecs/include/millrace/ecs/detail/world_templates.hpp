// SPDX-License-Identifier: Apache-2.0
// The bodies of World's templates; include millrace/ecs/world.hpp.
#pragma once

#include "millrace/ecs/world.hpp"

namespace millrace::ecs {

// Inline even where the compiler thinks it too long: the values are then made in their rows. On the
// stack between, a value of several members is read back before its stores are done.
template <Component... C>
[[gnu::always_inline]] inline void World::place(Entity entity, detail::Bundle& bundle,
                                                C&&... components) {
    detail::Archetype& target = home(bundle);
    [[maybe_unused]] const detail::RowPlace place = target.append(entity, rows_.version);
    [[maybe_unused]] std::size_t i = 0;
    (target.construct(bundle.home_columns[i++], place, std::move(components)), ...);
    rows_.entities.place(entity, target, target.size() - 1);
}

template <Component... C>
[[gnu::always_inline]] inline Entity World::create(C... components) {
    check_structural();
    detail::Bundle& bundle = registry_.bundle<C...>();
    const Entity entity = rows_.entities.reserve();
    place(entity, bundle, std::move(components)...);
    added(entity, bundle.signature);
    return entity;
}

template <Component... C>
void World::create_many(std::span<Entity> out, const C&... components) {
    check_structural();
    if constexpr ((std::is_nothrow_copy_constructible_v<C> && ...)) {
        detail::Bundle& bundle = registry_.bundle<C...>();
        detail::Archetype& target = home(bundle);
        rows_.entities.reserve_many(out);
        const std::uint32_t first = target.append_many(out, rows_.version);
        [[maybe_unused]] std::size_t column = 0;
        (target.fill(bundle.home_columns[column++], first, components), ...);
        for (std::size_t i = 0; i < out.size(); ++i)
            rows_.entities.place(out[i], target, first + static_cast<std::uint32_t>(i));
        run_hooks(out, bundle.signature, true);
    } else {
        // A copy that throws must not leave a row half made, so each is made before its row.
        create_many_from(out,
                         [&](std::size_t /*index*/) { return std::tuple<C...>{components...}; });
    }
}

template <class Generate>
void World::create_many_from(std::span<Entity> out, Generate&& generate) {
    check_structural();
    rows_.entities.reserve_room(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = std::apply(
            [&]<Component... C>(C && ... components) {
                detail::Bundle& bundle = registry_.bundle<C...>();
                const Entity entity = rows_.entities.reserve();
                place(entity, bundle, std::move(components)...);
                added(entity, bundle.signature);
                return entity;
            },
            generate(i));
    }
}

template <Component... C>
    requires(sizeof...(C) > 0)
void World::add(Entity entity, C... components) {
    check_structural();
    detail::Slot* const slot = rows_.entities.find(entity);
    MR_CHECK(slot != nullptr);
    detail::Archetype& from = *slot->archetype;
    const detail::Bundle& bundle = registry_.bundle<C...>();
    const detail::Edge& edge = add_edge(from, bundle);
    const detail::RowPlace place = move_row(entity, *slot, edge);
    if (edge.overlaps) prepare_overwrite(bundle, edge, place, from.signature());
    [[maybe_unused]] std::size_t i = 0;
    (edge.target->construct(edge.columns[i++], place, std::move(components)), ...);
    added(entity, edge.changed);
}

template <Component... C>
    requires(sizeof...(C) > 0)
void World::add_many(std::span<const Entity> entities, const C&... components) {
    check_structural();
    const detail::Bundle& bundle = registry_.bundle<C...>();
    while (!entities.empty()) {
        const Run run = leading_run(entities);
        MR_CHECK(run.count() != 0);
        entities = entities.subspan(run.count());
        const detail::Edge& edge = add_edge(*run.archetype, bundle);
        // A copy that throws must not leave a row half made; see create_many.
        constexpr bool fills = (std::is_nothrow_copy_constructible_v<C> && ...);
        if (!fills || run.count() == 1 || edge.overlaps) {
            for (const Entity entity : run.entities)
                add(entity, C(components)...);
            continue;
        }
        if constexpr (fills) {
            const std::uint32_t first = move_run(run, edge);
            [[maybe_unused]] std::size_t i = 0;
            (edge.target->fill(edge.columns[i++], first, components), ...);
            run_hooks(run.entities, edge.changed, true);
        }
    }
}

template <Component... C>
    requires(sizeof...(C) > 0)
std::size_t World::remove_many(std::span<const Entity> entities) {
    return remove_many_bundle(entities, registry_.bundle<C...>());
}

template <class C>
C* World::try_get(Entity entity) {
    using Plain = std::remove_const_t<C>;
    static_assert(DataComponent<Plain>, "a tag has no value: ask has<Tag>()");
    const detail::Slot* const slot = rows_.entities.find(entity);
    if (slot == nullptr) return nullptr;
    const detail::Archetype& archetype = *slot->archetype;
    const int found = archetype.column_of(registry_.component<Plain>().id);
    if (found < 0) return nullptr;
    const auto column = static_cast<std::size_t>(found);
    const std::uint32_t chunk = archetype.chunk_of(slot->row);
    if constexpr (!std::is_const_v<C>) archetype.state(chunk, column).written = rows_.version;
    return std::launder(reinterpret_cast<C*>(archetype.values(chunk, column))) +
           archetype.row_in_chunk(slot->row);
}

template <DataComponent C>
const C* World::try_get(Entity entity) const {
    const detail::Slot* const slot = rows_.entities.find(entity);
    const detail::ComponentType* const type = registry_.find<C>();
    if (slot == nullptr || type == nullptr) return nullptr;
    const int found = slot->archetype->column_of(type->id);
    if (found < 0) return nullptr;
    return std::launder(reinterpret_cast<const C*>(
        slot->archetype->value(slot->row, static_cast<std::size_t>(found))));
}

template <class C>
C& World::get(Entity entity) {
    C* const found = try_get<C>(entity);
    MR_CHECK(found != nullptr);
    return *found;
}

template <DataComponent C>
const C& World::get(Entity entity) const {
    const C* const found = try_get<C>(entity);
    MR_CHECK(found != nullptr);
    return *found;
}

template <Component... C>
bool World::has(Entity entity) const noexcept {
    const detail::Slot* const slot = rows_.entities.find(entity);
    if (slot == nullptr) return false;
    const Signature& signature = slot->archetype->signature();
    const auto holds = [&](const detail::ComponentType* type) {
        return type != nullptr && signature.test(type->id);
    };
    return (holds(registry_.find<C>()) && ...);
}

template <Component C>
void World::switch_component(Entity entity, bool off) {
    const detail::Slot* const slot = rows_.entities.find(entity);
    MR_CHECK(slot != nullptr);
    const int column = slot->archetype->column_of(registry_.component<C>().id);
    MR_CHECK(column >= 0);
    slot->archetype->set_switched_off(slot->row, static_cast<std::size_t>(column), off,
                                      rows_.version);
}

template <Component C>
bool World::enabled(Entity entity) const noexcept {
    const detail::Slot* const slot = rows_.entities.find(entity);
    const detail::ComponentType* const type = registry_.find<C>();
    if (slot == nullptr || type == nullptr) return false;
    const int column = slot->archetype->column_of(type->id);
    return column >= 0 &&
           !slot->archetype->switched_off(slot->row, static_cast<std::size_t>(column));
}

template <Component C>
bool World::changed_since(Entity entity, Version mark) const noexcept {
    const detail::Slot* const slot = rows_.entities.find(entity);
    const detail::ComponentType* const type = registry_.find<C>();
    if (slot == nullptr || type == nullptr) return false;
    const detail::Archetype& archetype = *slot->archetype;
    const int column = archetype.column_of(type->id);
    return column >= 0 && archetype.written(archetype.chunk_of(slot->row),
                                            static_cast<std::size_t>(column)) >= mark;
}

template <class... Terms>
Query<Terms...> World::query() {
    const std::uint32_t index = detail::type_index<QueryFamily, detail::TypeList<Terms...>>();
    if (const detail::QueryPlan* known = queries_.plan(index)) return {rows_, *known};
    detail::QueryPlan plan;
    Signature required;
    std::size_t i = 0;
    const auto enter = [&]<class Term>(std::type_identity<Term> /*term*/) {
        using Traits = detail::TermTraits<Term>;
        const ComponentId id = registry_.component<typename Traits::C>().id;
        plan.ids[i++] = id;
        if (Traits::required) required.set(id);
    };
    (enter(std::type_identity<Terms>{}), ...);
    plan.matches = &queries_.matches(required, archetypes_);
    return {rows_, queries_.set_plan(index, plan)};
}

template <Tag C>
ComponentId World::register_component(std::string_view name) {
    detail::ComponentType& type = registry_.component<C>();
    registry_.declare(type, name, Persistence::stored);
    return type.id;
}

template <DataComponent C>
ComponentId World::register_component(std::string_view name, Codec<C> codec) {
    detail::ComponentType& type = registry_.component<C>();
    registry_.declare(type, name, Persistence::stored);
    detail::set_codec<C>(type, std::move(codec));
    return type.id;
}

template <Component C>
ComponentId World::register_transient(std::string_view name) {
    detail::ComponentType& type = registry_.component<C>();
    registry_.declare(type, name, Persistence::transient);
    return type.id;
}

template <Component... C>
Signature World::components() {
    Signature result;
    (result.set(registry_.component<C>().id), ...);
    return result;
}

}  // namespace millrace::ecs
