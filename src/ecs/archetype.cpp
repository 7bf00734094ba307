// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/detail/archetype.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace millrace::ecs::detail {
namespace {

constexpr std::size_t rows_per_chunk_min = 64;  // one word of switch bits
constexpr std::size_t rows_per_chunk_max = 2048;

constexpr std::size_t align_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

/// A copy whose length the compiler knows is a move or two; most components are this small.
void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) noexcept {
    switch (size) {
        case 4: std::memcpy(to, from, 4); return;
        case 8: std::memcpy(to, from, 8); return;
        case 16: std::memcpy(to, from, 16); return;
        case 24: std::memcpy(to, from, 24); return;
        case 32: std::memcpy(to, from, 32); return;
        default: std::memcpy(to, from, size);
    }
}

void relocate(const Column& column, std::byte* to, std::byte* from) noexcept {
    if (column.relocate == nullptr)
        copy_bytes(to, from, column.size);
    else
        column.relocate(to, from);
}

}  // namespace

Archetype::Archetype(std::uint32_t index, const Signature& signature,
                     std::span<const ComponentType* const> types, ChunkPool& pool)
    : index_(index), signature_(signature), pool_(pool) {
    for (const ComponentType* const type : types) {
        column_of_.resize(to_index(type->id) + 1, -1);
        column_of_[to_index(type->id)] = static_cast<std::int16_t>(columns_.size());
        trivial_ = trivial_ && type->trivial;
        columns_.push_back({.type = type,
                            .relocate = type->trivial ? nullptr : type->relocate,
                            .size = type->size});
    }
    lay_out();
}

Archetype::~Archetype() {
    clear();
    if (spare_ != nullptr) pool_.give_back(spare_, chunk_bytes_);
}

void Archetype::lay_out() {
    std::size_t rows = rows_per_chunk_max;
    while (rows > rows_per_chunk_min && place(rows) > chunk_bytes)
        rows /= 2;
    chunk_bytes_ = std::max(place(rows), chunk_bytes);
    mask_ = static_cast<std::uint32_t>(rows - 1);
    shift_ = static_cast<std::uint32_t>(std::countr_zero(rows));
}

std::size_t Archetype::place(std::size_t rows) {
    std::size_t end = columns_.size() * sizeof(ColumnState);
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

void Archetype::add_chunk() {
    if (chunks_.size() == chunks_.capacity())
        chunks_.reserve(std::max<std::size_t>(chunks_.size() * 2, 4));
    if (spare_ != nullptr) {
        chunks_.push_back(std::exchange(spare_, nullptr));
        return;
    }
    std::byte* const chunk = pool_.take(chunk_bytes_);
    // States and switch bits: never written, everything on.
    std::memset(chunk, 0, entities_at_);
    chunks_.push_back(chunk);
}

void Archetype::drop_last_row() noexcept {
    --rows_;
    if (row_in_chunk(rows_) == 0) {
        std::byte* const emptied = chunks_.back();
        chunks_.pop_back();
        if (spare_ == nullptr)
            spare_ = emptied;
        else
            pool_.give_back(emptied, chunk_bytes_);
    }
}

void Archetype::append_many(std::span<const Entity> added, Version now) {
    while (!added.empty()) {
        if (chunk_of(rows_) == chunks_.size()) add_chunk();
        const RowPlace first = place_of(rows_);
        const std::size_t count = std::min<std::size_t>(added.size(), chunk_capacity() - first.at);
        std::copy_n(added.begin(), count, &entity_at(first));
        for (std::size_t column = 0; column < columns_.size(); ++column)
            state(first, column).written = now;
        rows_ += static_cast<std::uint32_t>(count);
        added = added.subspan(count);
    }
}

void Archetype::destroy_values(std::uint32_t row) noexcept {
    if (trivial_) return;
    const RowPlace place = place_of(row);
    for (const Column& column : columns_)
        if (column.relocate != nullptr) column.type->destroy(value(place, column), 1);
}

Entity Archetype::close_gap(std::uint32_t row, Version now) noexcept {
    const RowPlace gap = place_of(row);
    const RowPlace last = place_of(rows_ - 1);
    Entity moved = null_entity;
    if (row != rows_ - 1) {
        moved = entity_at(last);
        entity_at(gap) = moved;
    }
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        const Column& column = columns_[at];
        if (!moved.is_null()) {
            if (column.size != 0) relocate(column, value(gap, column), value(last, column));
            state(gap, at).written = now;
        }
        if (column.switched_off != 0) [[unlikely]] {
            if (!moved.is_null()) set_switched_off(gap, at, switched_off(last, at), now);
            set_switched_off(last, at, false, now);
        }
    }
    drop_last_row();
    return moved;
}

void Archetype::move_values(std::uint32_t row, const Edge& edge, std::uint32_t target_row,
                            Version now) noexcept {
    Archetype& target = *edge.target;
    const RowPlace source = place_of(row);
    const RowPlace destination = target.place_of(target_row);
    for (const ColumnMove move : edge.kept) {
        const Column& from = columns_[move.from];
        const Column& to = target.columns_[move.to];
        if (from.size != 0) relocate(from, target.value(destination, to), value(source, from));
        if (from.switched_off != 0) [[unlikely]]
            target.set_switched_off(destination, move.to, switched_off(source, move.from), now);
    }
    for (const std::uint16_t column : edge.dropped) {
        const Column& gone = columns_[column];
        if (gone.relocate != nullptr) gone.type->destroy(value(source, gone), 1);
    }
}

void Archetype::swap_rows(std::uint32_t left, std::uint32_t right, std::byte* scratch,
                          Version now) noexcept {
    std::swap(entities(chunk_of(left))[row_in_chunk(left)],
              entities(chunk_of(right))[row_in_chunk(right)]);
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        const Column& each = columns_[column];
        if (each.size != 0) {
            relocate(each, scratch, value(left, column));
            relocate(each, value(left, column), value(right, column));
            relocate(each, value(right, column), scratch);
        }
        const bool left_off = switched_off(left, column);
        set_switched_off(left, column, switched_off(right, column), now);
        set_switched_off(right, column, left_off, now);
        state(chunk_of(left), column).written = now;
        state(chunk_of(right), column).written = now;
    }
}

void Archetype::clear() noexcept {
    for (std::uint32_t chunk = 0; chunk < chunk_count(); ++chunk) {
        for (std::size_t column = 0; column < columns_.size(); ++column)
            if (columns_[column].relocate != nullptr)
                columns_[column].type->destroy(values(chunk, column), chunk_rows(chunk));
    }
    for (std::byte* const chunk : chunks_)
        pool_.give_back(chunk, chunk_bytes_);
    chunks_.clear();
    rows_ = 0;
    for (Column& column : columns_)
        column.switched_off = 0;
}

void Archetype::adopt(Archetype& other, Version now) noexcept {
    chunks_.swap(other.chunks_);
    std::swap(rows_, other.rows_);
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        std::swap(columns_[column].switched_off, other.columns_[column].switched_off);
        for (std::uint32_t chunk = 0; chunk < chunk_count(); ++chunk)
            state(chunk, column).written = now;
    }
}

const Edge& Archetype::put(Edges& edges, BundleId id, Edge edge) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= edges.size()) edges.resize(at + 1);
    edges[at] = std::make_unique<Edge>(std::move(edge));
    return *edges[at];
}

}  // namespace millrace::ecs::detail
