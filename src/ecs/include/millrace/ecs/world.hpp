// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/core/result.hpp"
#include "millrace/ecs/commands.hpp"
#include "millrace/ecs/detail/archetype.hpp"
#include "millrace/ecs/detail/entity_table.hpp"
#include "millrace/ecs/detail/query_plan.hpp"
#include "millrace/ecs/detail/registry.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/ecs/errc.hpp"
#include "millrace/ecs/fwd.hpp"
#include "millrace/ecs/query.hpp"
#include "millrace/ecs/resources.hpp"
#include "millrace/ecs/stats.hpp"

namespace millrace::ecs {

/// What a World takes from outside.
struct WorldOptions {
    /// Where chunks come from, null for the global heap: large pages or an arena, for instance. It
    /// must outlive the World.
    std::pmr::memory_resource* memory = nullptr;
    /// Emptied chunks that are kept for the next rows instead of being given back.
    std::size_t spare_bytes_max = std::size_t{2} * 1024 * 1024;
};

/// Entities with components, stored by archetype: all entities with the same set of components lie
/// in columns, a contiguous array per component and chunk. Used from one thread. Deterministic: the
/// same calls give the same handles, rows and order.
///
/// References to components hold until the entity gains or loses a component or is destroyed, or
/// another row of its archetype is taken out (the last row moves into the hole).
///
/// Structural changes (create, destroy, add, remove, apply, restore, shuffle) abort while a query
/// iterates or a hook runs: record them in commands() there.
class World {
public:
    using Hook = std::function<void(World&, Entity)>;
    enum class HookId : std::uint64_t {};

    explicit World(const WorldOptions& options = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // --- entities ---

    /// A new entity with these components, placed once.
    template <Component... C>
    Entity create(C... components);
    /// One entity per element of `out`, each with copies of the components.
    template <Component... C>
    void create_many(std::span<Entity> out, const C&... components);
    /// One entity per element of `out`; `generate(i)` gives a std::tuple of its components.
    template <class Generate>
    void create_many_from(std::span<Entity> out, Generate&& generate);

    /// False when the handle was stale already.
    bool destroy(Entity entity);
    /// How many were alive. The rows that lie one after the other, as after create_many, are taken
    /// out together; hooks of all of them run before that.
    std::size_t destroy_many(std::span<const Entity> entities);
    [[nodiscard]] bool alive(Entity entity) const noexcept {
        return rows_.entities.find(entity) != nullptr;
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.entities.alive(); }

    // --- components; the entity must be alive unless said otherwise ---

    /// Gives the components to the entity, all in one move. One that is there already gets the new
    /// value without hooks; all of them end up switched on.
    template <Component... C>
        requires(sizeof...(C) > 0)
    void add(Entity entity, C... components);
    /// Copies for each of the entities. Rows of one archetype that lie one after the other move
    /// together, a memcpy per column: entities made by one create_many cost a few nanoseconds each.
    template <Component... C>
        requires(sizeof...(C) > 0)
    void add_many(std::span<const Entity> entities, const C&... components);
    /// Takes away those the entity has; false when it had none of them or the handle is stale.
    template <Component... C>
        requires(sizeof...(C) > 0)
    bool remove(Entity entity) { return remove_bundle(entity, registry_.bundle<C...>()); }
    /// How many entities lost something; moves rows together like add_many.
    template <Component... C>
        requires(sizeof...(C) > 0)
    std::size_t remove_many(std::span<const Entity> entities);

    /// The component, switched on or off; the entity must have it. `get<const C>` reads without
    /// marking it changed.
    template <class C>
    [[nodiscard]] C& get(Entity entity);
    template <DataComponent C>
    [[nodiscard]] const C& get(Entity entity) const;
    /// Null when the handle is stale or the entity does not have the component.
    template <class C>
    [[nodiscard]] C* try_get(Entity entity);
    template <DataComponent C>
    [[nodiscard]] const C* try_get(Entity entity) const;
    /// Does it have all of them, on or off? False for a stale handle.
    template <Component... C>
    [[nodiscard]] bool has(Entity entity) const noexcept;

    /// Switches a component off or on: queries then take it as not there, its value stays. A bit in
    /// the chunk, not a move, so allowed while iterating. The entity must have the component.
    template <Component C>
    void enable(Entity entity) {
        switch_component<C>(entity, false);
    }
    template <Component C>
    void disable(Entity entity) {
        switch_component<C>(entity, true);
    }
    /// The same for many; rows that lie one after the other are switched 64 at a time. Stale
    /// handles and entities without the component are skipped.
    template <Component C>
    void enable_many(std::span<const Entity> entities) {
        switch_many(entities, registry_.component<C>().id, false);
    }
    template <Component C>
    void disable_many(std::span<const Entity> entities) {
        switch_many(entities, registry_.component<C>().id, true);
    }
    /// Has it and switched on. False for a stale handle.
    template <Component C>
    [[nodiscard]] bool enabled(Entity entity) const noexcept;

    // --- change counters, one per column and chunk ---

    /// Begins a new version; what is written from here on is *since* the answer.
    Version mark() noexcept { return ++rows_.version; }
    [[nodiscard]] Version version() const noexcept { return rows_.version; }
    /// May the entity's component have been written since `mark`? Never misses a change; true also
    /// when only a neighbour in its chunk changed. False when it does not have it.
    template <Component C>
    [[nodiscard]] bool changed_since(Entity entity, Version mark) const noexcept;

    // --- queries, deferred changes, resources ---

    template <class... Terms>
    [[nodiscard]] Query<Terms...> query();

    /// The World's own buffer.
    [[nodiscard]] Commands& commands() noexcept { return commands_; }
    /// A buffer of its own, for apply().
    [[nodiscard]] Commands make_commands() noexcept { return Commands{rows_, registry_}; }
    /// Applies commands() and what hooks add to it meanwhile, until it is empty.
    void flush();
    /// Applies and empties the buffer, which must be of this World; hooks record into commands().
    void apply(Commands& commands);

    template <class T, class... Arguments>
    T& insert_resource(Arguments&&... arguments) {
        return resources_.insert<T>(std::forward<Arguments>(arguments)...);
    }
    template <class T>
    [[nodiscard]] T& resource() const {
        T* const found = resources_.find<T>();
        MR_CHECK(found != nullptr);
        return *found;
    }
    template <class T>
    [[nodiscard]] T* try_resource() const noexcept {
        return resources_.find<T>();
    }
    template <class T>
    bool remove_resource() {
        return resources_.remove<T>();
    }

    // --- registration ---

    /// Names a component, which snapshots need. A tag is stored as it is; a component with data
    /// needs a codec.
    template <Tag C>
    ComponentId register_component(std::string_view name);
    template <DataComponent C>
    ComponentId register_component(std::string_view name, Codec<C> codec);
    /// Names a component that snapshots leave out.
    template <Component C>
    ComponentId register_transient(std::string_view name);
    /// The set of these components, registered on first use.
    template <Component... C>
    [[nodiscard]] Signature components();
    /// Entities that have all components of the set, on or off.
    [[nodiscard]] bool any_with(const Signature& components);

    /// Called after an entity got C, with all its components in place. Hooks run in the order they
    /// were added here and make structural changes through commands() only. restore() runs none.
    template <Component C>
    HookId on_add(Hook hook) {
        return insert_hook(registry_.component<C>().id, true, std::move(hook));
    }
    /// Called before an entity loses C, also by destroy; not when the World ends.
    template <Component C>
    HookId on_remove(Hook hook) {
        return insert_hook(registry_.component<C>().id, false, std::move(hook));
    }
    /// Not from inside a hook.
    void remove_hook(HookId id);

    // --- whole world ---

    /// All entities with their stored components, switch bits and handles. Commands must have been
    /// flushed. Resources, hooks and versions are not part of it.
    [[nodiscard]] core::Result<std::string> snapshot() const;
    /// Brings a snapshot back into a World without entities that registered the same names: equal
    /// handles, rows and order, and the same handles for what is created next. On an error the
    /// World is as before. Everything counts as changed.
    [[nodiscard]] core::Result<> restore(std::string_view bytes);

    /// Test aid: permutes the rows of each archetype by `seed`. Handles, values and switch bits
    /// stay; only the order of iteration changes. A program whose results differ after it depends
    /// on row order, which is nobody's promise.
    void shuffle_rows(std::uint64_t seed);

    [[nodiscard]] WorldStats stats() const noexcept;
    /// Of each archetype, in order of creation.
    [[nodiscard]] std::vector<ArchetypeStats> archetype_stats() const;

private:
    struct QueryFamily;
    /// Entities whose rows lie one after the other.
    struct Run {
        detail::Archetype* archetype = nullptr;
        std::uint32_t row = 0;
        std::span<const Entity> entities;

        [[nodiscard]] std::uint32_t count() const noexcept {
            return static_cast<std::uint32_t>(entities.size());
        }
    };
    struct HookEntry {
        HookId id;
        ComponentId component;
        bool add;
        Hook call;
    };

    void check_structural() const { MR_CHECK(rows_.iterating == 0); }
    [[nodiscard]] detail::Archetype& home(detail::Bundle& bundle) {
        return bundle.home != nullptr ? *bundle.home : find_home(bundle);
    }
    [[nodiscard]] detail::Archetype& find_home(detail::Bundle& bundle);
    [[nodiscard]] detail::Archetype& archetype(const Signature& signature);
    [[nodiscard]] const detail::Edge& add_edge(detail::Archetype& from,
                                               const detail::Bundle& bundle) {
        const detail::Edge* const known = from.add_edge(bundle.id);
        return known != nullptr ? *known : make_add_edge(from, bundle);
    }
    [[nodiscard]] const detail::Edge& make_add_edge(detail::Archetype& from,
                                                    const detail::Bundle& bundle);
    [[nodiscard]] const detail::Edge& remove_edge(detail::Archetype& from,
                                                  const detail::Bundle& bundle) {
        const detail::Edge* const known = from.remove_edge(bundle.id);
        return known != nullptr ? *known : make_remove_edge(from, bundle);
    }
    [[nodiscard]] const detail::Edge& make_remove_edge(detail::Archetype& from,
                                                       const detail::Bundle& bundle);
    /// Moves the entity along the edge, also to where it is. Answers its row in the target, where
    /// the values of new columns are raw.
    detail::RowPlace move_row(Entity entity, detail::Slot& slot, const detail::Edge& edge);
    /// Ends what the bundle's components hold in that row already, so that they can be constructed
    /// anew.
    void prepare_overwrite(const detail::Bundle& bundle, const detail::Edge& edge,
                           detail::RowPlace row, const Signature& before);
    bool remove_bundle(Entity entity, const detail::Bundle& bundle);

    /// The longest run that `entities` begin with, empty when the first handle is stale.
    [[nodiscard]] Run leading_run(std::span<const Entity> entities) const noexcept;
    /// Moves a run along an edge that leads elsewhere; answers its first row in the target.
    std::uint32_t move_run(const Run& run, const detail::Edge& edge);
    /// Closes the gap that a run leaves whose rows are raw.
    void close_run(const Run& run) noexcept;
    void switch_many(std::span<const Entity> entities, ComponentId component, bool off) noexcept;
    std::size_t remove_many_bundle(std::span<const Entity> entities, const detail::Bundle& bundle);
    /// Places the entity's row and constructs the values from a command's payload.
    void create_from(Entity entity, detail::Bundle& bundle, std::byte* payload);
    void add_from(Entity entity, const detail::Bundle& bundle, std::byte* payload);
    void apply_one(const Commands::Operation& operation);

    void added(Entity entity, const Signature& components) {
        if (!hooks_.empty()) [[unlikely]]
            run_hooks({&entity, 1}, components, true);
    }
    void removing(Entity entity, const Signature& components) {
        if (!hooks_.empty()) [[unlikely]]
            run_hooks({&entity, 1}, components, false);
    }
    /// The hooks of `components` for each of the entities.
    void run_hooks(std::span<const Entity> entities, const Signature& components, bool add);
    HookId insert_hook(ComponentId component, bool add, Hook hook);

    template <Component... C>
    void place(Entity entity, detail::Bundle& bundle, C&&... components);
    template <Component C>
    void switch_component(Entity entity, bool off);

    detail::ChunkPool chunks_;
    detail::Rows rows_;
    detail::Registry registry_;
    detail::QueryCache queries_;
    std::vector<std::unique_ptr<detail::Archetype>> archetypes_;  // in order of creation
    std::unordered_map<Signature, detail::Archetype*, SignatureHash> by_signature_;
    std::vector<HookEntry> hooks_;
    std::uint64_t last_hook_ = 0;
    Resources resources_;
    Commands commands_;
    Commands applying_;
};

}  // namespace millrace::ecs

#include "millrace/ecs/detail/world_templates.hpp"  // IWYU pragma: export
