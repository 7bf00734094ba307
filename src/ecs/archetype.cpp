// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/archetype.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace millrace::ecs::detail {
namespace {

constexpr std::size_t rows_per_chunk_min = 64;  // one word of switch bits
// Change counters are per chunk: more rows would make them coarser and loops no faster.
constexpr std::size_t rows_per_chunk_max = 2048;

constexpr std::size_t align_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

Archetype::Archetype(std::uint32_t index, const Signature& signature,
                     std::span<const ComponentType* const> types, ChunkPool& pool)
    : row_bytes_(sizeof(Entity)), index_(index), signature_(signature), pool_(pool) {
    column_of_.fill(-1);
    for (const ComponentType* const type : types) {
        column_of_[to_index(type->id)] = static_cast<std::int16_t>(columns_.size());
        columns_.push_back({.type = type, .size = type->size});
        row_bytes_ += type->size;
    }
    lay_out();
    list_columns();
}

Archetype::~Archetype() {
    clear();
}

void Archetype::lay_out() {
    std::size_t rows = rows_per_chunk_max;
    while (rows > rows_per_chunk_min && place(rows) > chunk_bytes_max)
        rows /= 2;
    chunk_bytes_ = ChunkPool::rounded(place(rows));
    mask_ = static_cast<std::uint32_t>(rows - 1);
    shift_ = static_cast<std::uint32_t>(std::countr_zero(rows));
}

std::size_t Archetype::place(std::size_t rows) {
    std::size_t end = sizeof(ChunkState) + columns_.size() * sizeof(ColumnState);
    for (Column& column : columns_) {
        column.bits_at = static_cast<std::uint32_t>(end);
        end += rows / 64 * sizeof(std::uint64_t);
    }
    entities_at_ = static_cast<std::uint32_t>(end);
    end += rows * sizeof(Entity);
    for (Column& column : columns_) {
        end = align_up(end, component_alignment_max);
        column.values_at = static_cast<std::uint32_t>(end);
        end += rows * column.size;
    }
    return end;
}

void Archetype::list_columns() {
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        const Column& column = columns_[at];
        if (column.type->end != nullptr) ended_.push_back(static_cast<std::uint16_t>(at));
        if (column.type->relocate != nullptr)
            relocated_.push_back(static_cast<std::uint16_t>(at));
        else if (column.size != 0)
            bytes_.add({column.values_at, column.values_at, column.size});
    }
}

void Archetype::add_chunk() {
    if (chunks_.size() == chunks_.capacity())
        chunks_.reserve(std::max<std::size_t>(chunks_.size() * 2, 4));
    std::byte* const chunk = pool_.take(chunk_bytes_);
    // States and switch bits: never written, everything on.
    std::memset(chunk, 0, entities_at_);
    chunks_.push_back(chunk);
}

void Archetype::drop_chunks() noexcept {
    while (chunks_.size() > std::size_t{chunk_count()} + 1) {
        pool_.give_back(chunks_.back(), chunk_bytes_);
        chunks_.pop_back();
    }
}

void Archetype::end_columns(std::span<const std::uint16_t> columns, std::uint32_t row,
                            std::uint32_t count) noexcept {
    while (count != 0) {
        const RowPlace place = place_of(row);
        const auto here =
            static_cast<std::uint32_t>(std::min<std::size_t>(count, chunk_capacity() - place.at));
        end_columns(columns, place, here);
        row += here;
        count -= here;
    }
}

void Archetype::end_columns(std::span<const std::uint16_t> columns, RowPlace first,
                            std::uint32_t count) noexcept {
    for (const std::uint16_t at : columns)
        columns_[at].type->end_values(value(first, columns_[at]), count);
}

void Archetype::relocate_row(RowPlace to, RowPlace from) noexcept {
    for (const std::uint16_t at : relocated_) {
        const Column& column = columns_[at];
        column.type->relocate(value(to, column), value(from, column), 1);
    }
}

void Archetype::relocate_row(const Edge& edge, RowPlace to, RowPlace from) noexcept {
    for (const ColumnMove move : edge.relocated) {
        const Column& column = columns_[move.from];
        column.type->relocate(edge.target->value(to, edge.target->columns_[move.to]),
                              value(from, column), 1);
    }
}

void Archetype::close_gap_in_bits(RowPlace gap, RowPlace last, Version now) noexcept {
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        set_switched_off(gap, at, switched_off(last, at), now);
        set_switched_off(last, at, false, now);
    }
}

void Archetype::move_bits(const Edge& edge, RowPlace to, RowPlace from, Version now) noexcept {
    for (const ColumnMove move : edge.kept)
        edge.target->set_switched_off(to, move.to, switched_off(from, move.from), now);
}

void Archetype::swap_rows(std::uint32_t left, std::uint32_t right, std::byte* scratch,
                          Version now) noexcept {
    const RowPlace one = place_of(left);
    const RowPlace other = place_of(right);
    std::swap(entity_at(one), entity_at(other));
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        const Column& column = columns_[at];
        if (column.size != 0) {
            column.type->move_values(scratch, value(one, column), 1);
            column.type->move_values(value(one, column), value(other, column), 1);
            column.type->move_values(value(other, column), scratch, 1);
        }
        const bool one_off = switched_off(one, at);
        set_switched_off(one, at, switched_off(other, at), now);
        set_switched_off(other, at, one_off, now);
    }
    state_of(one.chunk).moved = now;
    state_of(other.chunk).moved = now;
}

void Archetype::clear() noexcept {
    end_values(0, rows_);
    for (std::byte* const chunk : chunks_)
        pool_.give_back(chunk, chunk_bytes_);
    chunks_.clear();
    rows_ = 0;
}

void Archetype::adopt(Archetype& other, Version now) noexcept {
    chunks_.swap(other.chunks_);
    std::swap(rows_, other.rows_);
    for (std::uint32_t chunk = 0; chunk < chunk_count(); ++chunk)
        state(chunk).moved = now;
}

const Edge& Archetype::put(Edges& edges, BundleId id, Edge edge) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= edges.size()) edges.resize(at + 1);
    edges[at] = std::make_unique<Edge>(std::move(edge));
    return *edges[at];
}

Edge edge_between(const Archetype& from, Archetype& target) {
    Edge edge;
    edge.target = &target;
    for (std::size_t at = 0; at < from.columns().size(); ++at) {
        const Column& column = from.columns()[at];
        const int found = target.column_of(column.type->id);
        if (found < 0) {
            if (column.type->end != nullptr) edge.ended.push_back(static_cast<std::uint16_t>(at));
            continue;
        }
        const ColumnMove move{static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(found)};
        edge.kept.push_back(move);
        if (column.type->relocate != nullptr)
            edge.relocated.push_back(move);
        else if (column.size != 0)
            edge.bytes.add({column.values_at, target.columns()[move.to].values_at, column.size});
    }
    edge.bytes_only = edge.relocated.empty() && edge.ended.empty();
    return edge;
}

}  // namespace millrace::ecs::detail
