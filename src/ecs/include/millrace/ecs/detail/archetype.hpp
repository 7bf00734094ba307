// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "millrace/ecs/component.hpp"
#include "millrace/ecs/detail/chunk_pool.hpp"
#include "millrace/ecs/detail/registry.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/ecs/fwd.hpp"

namespace millrace::ecs::detail {

/// What a chunk knows about one of its columns.
struct ColumnState {
    Version written = 0;             ///< when a value or a switch bit last changed
    std::uint32_t switched_off = 0;  ///< set bits among this chunk's switch bits
};

struct Column {
    const ComponentType* type = nullptr;
    ComponentType::Relocate relocate = nullptr;  ///< null for values copied as bytes
    std::uint32_t size = 0;                      ///< of one value; 0 for a tag
    std::uint32_t values_at = 0;                 ///< offset of the values in a chunk
    std::uint32_t bits_at = 0;                   ///< offset of the switch bits: set means off
    std::uint32_t switched_off = 0;              ///< over all chunks
};

/// Where a row is in memory, found once for all its columns.
struct RowPlace {
    std::byte* chunk = nullptr;
    std::uint32_t at = 0;
};

struct ColumnMove {
    std::uint16_t from = 0;
    std::uint16_t to = 0;
};

/// Where a row goes when a bundle is added or removed.
struct Edge {
    class Archetype* target = nullptr;
    std::vector<ColumnMove> kept;
    std::vector<std::uint16_t> dropped;
};

/// All entities with one set of components, in chunks of equal capacity, every chunk but the last
/// full. A chunk is: a ColumnState per column, the switch bits, the entities, the values of each
/// column. Rows are dense; removing one moves the last row into the hole.
class Archetype {
public:
    Archetype(std::uint32_t index, const Signature& signature,
              std::span<const ComponentType* const> types, ChunkPool& pool);
    ~Archetype();
    Archetype(const Archetype&) = delete;
    Archetype& operator=(const Archetype&) = delete;

    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    [[nodiscard]] const Signature& signature() const noexcept { return signature_; }
    [[nodiscard]] std::span<const Column> columns() const noexcept { return columns_; }
    /// The component's column, or -1.
    [[nodiscard]] int column_of(ComponentId id) const noexcept {
        return to_index(id) < column_of_.size() ? column_of_[to_index(id)] : -1;
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return rows_; }
    [[nodiscard]] std::uint32_t chunk_count() const noexcept {
        return static_cast<std::uint32_t>(chunks_.size());
    }
    [[nodiscard]] std::uint32_t chunk_capacity() const noexcept { return mask_ + 1; }
    [[nodiscard]] std::uint32_t chunk_of(std::uint32_t row) const noexcept { return row >> shift_; }
    [[nodiscard]] std::uint32_t row_in_chunk(std::uint32_t row) const noexcept {
        return row & mask_;
    }
    [[nodiscard]] std::uint32_t chunk_rows(std::uint32_t chunk) const noexcept {
        return chunk + 1 < chunk_count() ? chunk_capacity() : rows_ - (chunk << shift_);
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return (chunks_.size() + (spare_ != nullptr ? 1 : 0)) * chunk_bytes_;
    }

    [[nodiscard]] Entity* entities(std::uint32_t chunk) const noexcept {
        return std::launder(reinterpret_cast<Entity*>(chunks_[chunk] + entities_at_));
    }
    [[nodiscard]] Entity entity(std::uint32_t row) const noexcept {
        return entities(chunk_of(row))[row_in_chunk(row)];
    }
    [[nodiscard]] ColumnState& state(std::uint32_t chunk, std::size_t column) const noexcept {
        return std::launder(reinterpret_cast<ColumnState*>(chunks_[chunk]))[column];
    }
    [[nodiscard]] std::byte* values(std::uint32_t chunk, std::size_t column) const noexcept {
        return chunks_[chunk] + columns_[column].values_at;
    }
    [[nodiscard]] std::byte* value(std::uint32_t row, std::size_t column) const noexcept {
        return values(chunk_of(row), column) +
               std::size_t{row_in_chunk(row)} * columns_[column].size;
    }
    [[nodiscard]] std::uint64_t* switch_bits(std::uint32_t chunk,
                                             std::size_t column) const noexcept {
        return std::launder(
            reinterpret_cast<std::uint64_t*>(chunks_[chunk] + columns_[column].bits_at));
    }

    [[nodiscard]] RowPlace place_of(std::uint32_t row) const noexcept {
        return {chunks_[chunk_of(row)], row_in_chunk(row)};
    }
    [[nodiscard]] std::byte* value(RowPlace row, const Column& column) const noexcept {
        return row.chunk + column.values_at + std::size_t{row.at} * column.size;
    }
    [[nodiscard]] ColumnState& state(RowPlace row, std::size_t column) const noexcept {
        return std::launder(reinterpret_cast<ColumnState*>(row.chunk))[column];
    }
    [[nodiscard]] Entity& entity_at(RowPlace row) const noexcept {
        return std::launder(reinterpret_cast<Entity*>(row.chunk + entities_at_))[row.at];
    }

    /// A new row whose values are raw memory: the caller constructs each column's.
    std::uint32_t append(Entity entity, Version now) {
        const std::uint32_t row = rows_;
        if (chunk_of(row) == chunks_.size()) add_chunk();
        ++rows_;
        const RowPlace place = place_of(row);
        entity_at(place) = entity;
        for (std::size_t column = 0; column < columns_.size(); ++column)
            state(place, column).written = now;
        return row;
    }

    /// Rows for all of `added`, their values raw memory.
    void append_many(std::span<const Entity> added, Version now);
    /// Copies into one column of the rows from `first` on, which are raw memory.
    template <Component C>
    void fill(std::size_t column, std::uint32_t first, const C& from) noexcept {
        if constexpr (!Tag<C>)
            for (std::uint32_t chunk = chunk_of(first); chunk < chunk_count(); ++chunk) {
                const std::uint32_t skip = chunk == chunk_of(first) ? row_in_chunk(first) : 0;
                C* const to = reinterpret_cast<C*>(values(chunk, column));
                std::uninitialized_fill(to + skip, to + chunk_rows(chunk), from);
            }
    }

    template <Component C>
    void construct(std::size_t column, std::uint32_t row, C&& from) noexcept {
        if constexpr (!Tag<C>)
            ::new (static_cast<void*>(values(chunk_of(row), column) +
                                      std::size_t{row_in_chunk(row)} * sizeof(C)))
                C(std::move(from));
    }

    [[nodiscard]] bool switched_off(std::uint32_t row, std::size_t column) const noexcept {
        return switched_off(place_of(row), column);
    }
    [[nodiscard]] bool switched_off(RowPlace row, std::size_t column) const noexcept {
        return ((switch_word(row, column) >> (row.at % 64)) & 1U) != 0;
    }
    void set_switched_off(std::uint32_t row, std::size_t column, bool off, Version now) noexcept {
        set_switched_off(place_of(row), column, off, now);
    }
    void set_switched_off(RowPlace row, std::size_t column, bool off, Version now) noexcept {
        std::uint64_t& word = switch_word(row, column);
        const std::uint64_t bit = std::uint64_t{1} << (row.at % 64);
        if (((word & bit) != 0) == off) return;
        word ^= bit;
        // Adding all ones subtracts one: no branch for the direction.
        const std::uint32_t step = off ? 1U : ~0U;
        ColumnState& chunk_state = state(row, column);
        chunk_state.switched_off += step;
        chunk_state.written = now;
        columns_[column].switched_off += step;
    }

    /// Ends the values of one row; the row itself stays until close_gap.
    void destroy_values(std::uint32_t row) noexcept;
    /// Takes out `row`, whose values are raw memory, by moving the last row there. Answers the
    /// entity that now lives in `row`, null when `row` was the last.
    Entity close_gap(std::uint32_t row, Version now) noexcept;
    /// Moves a row's values and switch bits to a row of the edge's target, whose values are raw,
    /// and ends those that the target does not have.
    void move_values(std::uint32_t row, const Edge& edge, std::uint32_t target_row,
                     Version now) noexcept;
    /// `scratch` holds one value of any column.
    void swap_rows(std::uint32_t left, std::uint32_t right, std::byte* scratch,
                   Version now) noexcept;
    /// Ends all rows at once.
    void clear() noexcept;
    /// Takes over every row of `other`, an archetype of the same components; this one is empty.
    void adopt(Archetype& other, Version now) noexcept;

    /// The cached way out for a bundle, or null when nobody took it yet.
    [[nodiscard]] const Edge* add_edge(BundleId id) const noexcept { return find(add_edges_, id); }
    [[nodiscard]] const Edge* remove_edge(BundleId id) const noexcept {
        return find(remove_edges_, id);
    }
    const Edge& set_add_edge(BundleId id, Edge edge) {
        return put(add_edges_, id, std::move(edge));
    }
    const Edge& set_remove_edge(BundleId id, Edge edge) {
        return put(remove_edges_, id, std::move(edge));
    }

private:
    using Edges = std::vector<std::unique_ptr<Edge>>;

    [[nodiscard]] static const Edge* find(const Edges& edges, BundleId id) noexcept {
        const auto at = static_cast<std::size_t>(id);
        return at < edges.size() ? edges[at].get() : nullptr;
    }
    static const Edge& put(Edges& edges, BundleId id, Edge edge);

    [[nodiscard]] std::uint64_t& switch_word(RowPlace row, std::size_t column) const noexcept {
        return std::launder(
            reinterpret_cast<std::uint64_t*>(row.chunk + columns_[column].bits_at))[row.at / 64];
    }

    void lay_out();
    [[nodiscard]] std::size_t place(std::size_t rows);
    void add_chunk();
    void drop_last_row() noexcept;

    std::vector<std::byte*> chunks_;
    // The chunk emptied last, kept for the next row: an archetype that one entity enters and
    // leaves in every frame would otherwise prepare a chunk each time. Its bits are all clear.
    std::byte* spare_ = nullptr;
    std::uint32_t rows_ = 0;
    std::uint32_t shift_ = 0;
    std::uint32_t mask_ = 0;
    std::uint32_t entities_at_ = 0;
    bool trivial_ = true;  ///< no column's values need to be ended
    std::vector<Column> columns_;
    std::vector<std::int16_t> column_of_;  // by ComponentId
    std::size_t chunk_bytes_ = 0;
    std::uint32_t index_;
    Signature signature_;
    Edges add_edges_;
    Edges remove_edges_;
    ChunkPool& pool_;  // of the World, which outlives its archetypes
};

}  // namespace millrace::ecs::detail
