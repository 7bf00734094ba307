// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
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
#include "millrace/ecs/detail/row_move.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/ecs/fwd.hpp"

namespace millrace::ecs::detail {

/// What a chunk knows about itself.
struct ChunkState {
    Version moved = 0;               ///< when a row last came or changed its place
    std::uint32_t switched_off = 0;  ///< set bits among all its switch bits
};

/// What a chunk knows about one of its columns.
struct ColumnState {
    Version written = 0;             ///< when a value or a switch bit last changed
    std::uint32_t switched_off = 0;  ///< set bits among the column's switch bits
};

struct Column {
    const ComponentType* type = nullptr;
    std::uint32_t size = 0;       ///< of one value; 0 for a tag
    std::uint32_t values_at = 0;  ///< offset of the values in a chunk
    std::uint32_t bits_at = 0;    ///< offset of the switch bits: set means off
};

/// All entities with one set of components, in chunks of equal capacity, every chunk but the last
/// full. A chunk is: a ChunkState, a ColumnState per column, the switch bits, the entities, the
/// values of each column. Rows are dense; removing one moves the last row into the hole.
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
    [[nodiscard]] int column_of(ComponentId id) const noexcept { return column_of_[to_index(id)]; }

    [[nodiscard]] std::uint32_t size() const noexcept { return rows_; }
    [[nodiscard]] std::uint32_t chunk_count() const noexcept { return (rows_ + mask_) >> shift_; }
    [[nodiscard]] std::uint32_t chunk_capacity() const noexcept { return mask_ + 1; }
    [[nodiscard]] std::uint32_t chunk_of(std::uint32_t row) const noexcept { return row >> shift_; }
    [[nodiscard]] std::uint32_t row_in_chunk(std::uint32_t row) const noexcept {
        return row & mask_;
    }
    [[nodiscard]] std::uint32_t chunk_rows(std::uint32_t chunk) const noexcept {
        return chunk + 1 < chunk_count() ? chunk_capacity() : rows_ - (chunk << shift_);
    }
    [[nodiscard]] std::size_t bytes_reserved() const noexcept {
        return chunks_.size() * chunk_bytes_;
    }
    /// Of the handle and the values of one row.
    [[nodiscard]] std::size_t row_bytes() const noexcept { return row_bytes_; }

    [[nodiscard]] Entity* entities(std::uint32_t chunk) const noexcept {
        return std::launder(reinterpret_cast<Entity*>(chunks_[chunk] + entities_at_));
    }
    [[nodiscard]] Entity entity(std::uint32_t row) const noexcept {
        return entities(chunk_of(row))[row_in_chunk(row)];
    }
    [[nodiscard]] ChunkState& state(std::uint32_t chunk) const noexcept {
        return state_of(chunks_[chunk]);
    }
    [[nodiscard]] ColumnState& state(std::uint32_t chunk, std::size_t column) const noexcept {
        return state_of(chunks_[chunk], column);
    }
    [[nodiscard]] ColumnState& state(RowPlace row, std::size_t column) const noexcept {
        return state_of(row.chunk, column);
    }
    /// Since when the column of the chunk is unchanged.
    [[nodiscard]] Version written(std::uint32_t chunk, std::size_t column) const noexcept {
        return std::max(state(chunk).moved, state(chunk, column).written);
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
        return row.chunk + column.values_at + row.at * column.size;
    }
    [[nodiscard]] Entity& entity_at(RowPlace row) const noexcept {
        return std::launder(reinterpret_cast<Entity*>(row.chunk + entities_at_))[row.at];
    }

    /// A new row, the last one, whose values are raw memory: the caller constructs each column's.
    RowPlace append(Entity entity, Version now) {
        const std::uint32_t row = rows_;
        if (chunk_of(row) == chunks_.size()) [[unlikely]]
            add_chunk();
        rows_ = row + 1;
        const RowPlace place = place_of(row);
        entity_at(place) = entity;
        state_of(place.chunk).moved = now;
        return place;
    }
    /// Rows for all of `added`, their values raw memory. Answers the first one.
    std::uint32_t append_many(std::span<const Entity> added, Version now);

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
    void construct(std::size_t column, RowPlace row, C&& from) noexcept {
        if constexpr (!Tag<C>)
            ::new (static_cast<void*>(row.chunk + columns_[column].values_at + row.at * sizeof(C)))
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
        ColumnState& column_state = state_of(row.chunk, column);
        column_state.switched_off += step;
        column_state.written = now;
        state_of(row.chunk).switched_off += step;
    }

    /// The same for `count` rows from `row` on, 64 at a time.
    void switch_rows(std::uint32_t row, std::uint32_t count, std::size_t column, bool off,
                     Version now) noexcept;

    /// Ends the values of rows; the rows themselves stay until close_gap.
    void end_values(std::uint32_t row, std::uint32_t count = 1) noexcept {
        if (!ended_.empty()) end_columns(ended_, row, count);
    }
    /// Takes out `row`, whose values are raw memory, by moving the last row there. Answers the
    /// entity that now lives in `row`, null when `row` was the last.
    // Inline even where the compiler thinks it too long: half the cost of destroying is the call.
    [[gnu::always_inline]] Entity close_gap(std::uint32_t row, RowPlace gap, Version now) noexcept {
        const std::uint32_t last = rows_ - 1;
        const RowPlace end = place_of(last);
        if (state_of(gap.chunk).switched_off + state_of(end.chunk).switched_off != 0) [[unlikely]]
            close_gap_in_bits(gap, end, now);
        Entity moved = null_entity;
        if (row != last) {
            moved = entity_at(end);
            entity_at(gap) = moved;
            state_of(gap.chunk).moved = now;
            bytes_.copy_row(gap, end);
            if (!relocated_.empty()) [[unlikely]]
                relocate_row(gap, end);
        }
        rows_ = last;
        if (row_in_chunk(last) == 0 && chunks_.size() > std::size_t{chunk_count()} + 1) [[unlikely]]
            drop_chunks();
        return moved;
    }
    /// The same for `count` rows from `row` on: the last rows move there, as many as there are
    /// behind the gap. Answers how many moved.
    std::uint32_t close_gap_many(std::uint32_t row, std::uint32_t count, Version now) noexcept;

    /// Gives up a chunk whose rows have all moved and are about to be taken out, to the end of the
    /// archetype, by close_gap_many.
    void leave_chunk(std::uint32_t chunk) noexcept;

    /// Moves a row's values and switch bits to a row of the edge's target, whose values are raw,
    /// and ends those that the target does not have.
    void move_row(RowPlace from, const Edge& edge, RowPlace to, Version now) noexcept {
        edge.bytes.copy_row(to, from);
        if (!edge.bytes_only) [[unlikely]] {
            relocate_row(edge, to, from);
            end_columns(edge.ended, from, 1);
        }
        if (state_of(from.chunk).switched_off != 0) [[unlikely]]
            move_bits(edge, to, from, now);
    }
    /// The same for `count` rows from `row` on, a memcpy per column and chunk.
    void move_rows(std::uint32_t row, std::uint32_t count, const Edge& edge,
                   std::uint32_t target_row, Version now) noexcept;

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

    [[nodiscard]] static ChunkState& state_of(std::byte* chunk) noexcept {
        return *std::launder(reinterpret_cast<ChunkState*>(chunk));
    }
    [[nodiscard]] static ColumnState& state_of(std::byte* chunk, std::size_t column) noexcept {
        return std::launder(reinterpret_cast<ColumnState*>(chunk + sizeof(ChunkState)))[column];
    }
    [[nodiscard]] std::uint64_t& switch_word(RowPlace row, std::size_t column) const noexcept {
        return std::launder(
            reinterpret_cast<std::uint64_t*>(row.chunk + columns_[column].bits_at))[row.at / 64];
    }

    void lay_out();
    [[nodiscard]] std::size_t place(std::size_t rows);
    void list_columns();
    void add_chunk();
    void drop_chunks() noexcept;
    void end_columns(std::span<const std::uint16_t> columns, std::uint32_t row,
                     std::uint32_t count) noexcept;
    /// Of rows in one chunk.
    void end_columns(std::span<const std::uint16_t> columns, RowPlace first,
                     std::uint32_t count) noexcept;
    void relocate_row(RowPlace to, RowPlace from) noexcept;
    void relocate_row(const Edge& edge, RowPlace to, RowPlace from) noexcept;
    void close_gap_in_bits(RowPlace gap, RowPlace last, Version now) noexcept;
    void move_bits(const Edge& edge, RowPlace to, RowPlace from, Version now) noexcept;

    // One chunk more than the rows need may stay: an archetype that one entity enters and leaves
    // in every frame would otherwise prepare a chunk each time. Its switch bits are all clear.
    std::vector<std::byte*> chunks_;
    std::uint32_t rows_ = 0;
    std::uint32_t shift_ = 0;
    std::uint32_t mask_ = 0;
    std::uint32_t entities_at_ = 0;
    std::vector<Column> columns_;
    ByteMoves bytes_;                       // of the columns that move as bytes
    std::vector<std::uint16_t> relocated_;  // columns that need their move constructor
    std::vector<std::uint16_t> ended_;      // columns whose values have to end
    std::array<std::int16_t, components_max> column_of_;  // by ComponentId, -1: none
    std::size_t chunk_bytes_ = 0;
    std::size_t row_bytes_ = 0;
    std::uint32_t index_;
    Signature signature_;
    Edges add_edges_;
    Edges remove_edges_;
    ChunkPool& pool_;  // of the World, which outlives its archetypes
};

/// The way from one archetype to another: what moves, and how, and what ends.
[[nodiscard]] Edge edge_between(const Archetype& from, Archetype& target);

}  // namespace millrace::ecs::detail
