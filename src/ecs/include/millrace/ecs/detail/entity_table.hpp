// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/ecs/detail/archetype.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/ecs/fwd.hpp"

namespace millrace::ecs::detail {

/// Where an entity's row is. A slot without archetype is free, reserved or used up.
struct Slot {
    Archetype* archetype = nullptr;
    std::uint32_t row = 0;  ///< of a free slot: the next free one
    std::uint32_t generation = 1;
};

/// Entity handles to rows: a flat vector of slots with a list of the free ones, last freed first.
class EntityTable {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    static constexpr std::uint32_t generation_max = std::numeric_limits<std::uint32_t>::max();

    /// A handle that has no row yet; it becomes alive by place().
    [[nodiscard]] Entity reserve() {
        if (free_ == none) [[unlikely]]
            add_slot();
        ++reserved_;
        const std::uint32_t index = free_;
        free_ = slots_[index].row;
        return {index, slots_[index].generation};
    }
    /// Room for as many more; grows by at least half, so that many small calls stay cheap.
    void reserve_room(std::size_t more) {
        const std::size_t needed = slots_.size() + more;
        if (needed > slots_.capacity())
            slots_.reserve(std::max(needed, slots_.capacity() + slots_.capacity() / 2));
    }
    void reserve_many(std::span<Entity> out) {
        reserve_room(out.size());
        for (Entity& entity : out)
            entity = reserve();
    }

    void place(Entity entity, Archetype& archetype, std::uint32_t row) noexcept {
        --reserved_;
        ++alive_;
        slots_[entity.index].archetype = &archetype;
        slots_[entity.index].row = row;
    }
    void set_row(Entity entity, std::uint32_t row) noexcept { slots_[entity.index].row = row; }

    /// Ends a handle that is alive.
    void release(Entity entity) noexcept {
        --alive_;
        free_slot(entity.index);
    }
    /// Ends a handle that was reserved and never placed.
    void cancel(Entity entity) noexcept {
        --reserved_;
        free_slot(entity.index);
    }

    /// The slot of an entity that is alive, else null.
    [[nodiscard]] const Slot* find(Entity entity) const noexcept {
        if (entity.index >= slots_.size()) return nullptr;
        const Slot& slot = slots_[entity.index];
        return slot.generation == entity.generation && slot.archetype != nullptr ? &slot : nullptr;
    }
    [[nodiscard]] Slot* find(Entity entity) noexcept {
        return const_cast<Slot*>(std::as_const(*this).find(entity));
    }
    /// The slot of a handle that is known to be reserved or alive.
    [[nodiscard]] Slot& slot(Entity entity) noexcept { return slots_[entity.index]; }

    [[nodiscard]] std::size_t alive() const noexcept { return alive_; }
    [[nodiscard]] std::size_t reserved() const noexcept { return reserved_; }
    [[nodiscard]] std::span<const Slot> slots() const noexcept { return slots_; }
    [[nodiscard]] std::uint32_t first_free() const noexcept { return free_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(Slot); }

    /// Replaces everything, when a snapshot comes back.
    void assign(std::vector<Slot> slots, std::uint32_t first_free, std::size_t alive) noexcept {
        slots_ = std::move(slots);
        free_ = first_free;
        alive_ = alive;
        reserved_ = 0;
    }

private:
    /// A new slot on the list of free ones.
    void add_slot() {
        MR_CHECK(slots_.size() < none);
        slots_.push_back({.archetype = nullptr, .row = none, .generation = 1});
        free_ = static_cast<std::uint32_t>(slots_.size() - 1);
    }
    void free_slot(std::uint32_t index) noexcept {
        Slot& slot = slots_[index];
        slot.archetype = nullptr;
        // A slot whose generations are used up is left out, or an old handle could come alive.
        if (slot.generation == generation_max) return;
        ++slot.generation;
        slot.row = free_;
        free_ = index;
    }

    std::vector<Slot> slots_;
    std::uint32_t free_ = none;
    std::size_t alive_ = 0;
    std::size_t reserved_ = 0;
};

/// The part of a World that queries touch on every row.
struct Rows {
    EntityTable entities;
    /// Iterations and hooks now running; structural changes wait until it is zero.
    std::uint32_t iterating = 0;
    Version version = 1;
};

}  // namespace millrace::ecs::detail
