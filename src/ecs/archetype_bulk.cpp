// SPDX-License-Identifier: Apache-2.0
// Many rows at once: a memcpy per column and stretch of rows that lies in one chunk on both sides.
#include <algorithm>
#include <bit>
#include <utility>

#include "millrace/ecs/detail/archetype.hpp"

namespace millrace::ecs::detail {
namespace {

/// Calls `use(to, from, count)` for each stretch; both sides of it are contiguous.
template <class Use>
void for_each_stretch(const Archetype& target, std::uint32_t to, const Archetype& source,
                      std::uint32_t from, std::uint32_t count, Use use) {
    while (count != 0) {
        const RowPlace there = target.place_of(to);
        const RowPlace here = source.place_of(from);
        const auto stretch = static_cast<std::uint32_t>(
            std::min({std::size_t{count}, target.chunk_capacity() - there.at,
                      source.chunk_capacity() - here.at}));
        use(there, here, stretch);
        to += stretch;
        from += stretch;
        count -= stretch;
    }
}

}  // namespace

std::uint32_t Archetype::append_many(std::span<const Entity> added, Version now) {
    const std::uint32_t first = rows_;
    while (!added.empty()) {
        if (chunk_of(rows_) == chunks_.size()) add_chunk();
        const RowPlace place = place_of(rows_);
        const std::size_t count = std::min<std::size_t>(added.size(), chunk_capacity() - place.at);
        std::copy_n(added.begin(), count, &entity_at(place));
        state_of(place.chunk).moved = now;
        rows_ += static_cast<std::uint32_t>(count);
        added = added.subspan(count);
    }
    return first;
}

void Archetype::move_rows(std::uint32_t row, std::uint32_t count, const Edge& edge,
                          std::uint32_t target_row, Version now) noexcept {
    Archetype& target = *edge.target;
    for_each_stretch(
        target, target_row, *this, row, count, [&](RowPlace to, RowPlace from, std::uint32_t some) {
            edge.bytes.copy_rows(to, from, some);
            for (const ColumnMove move : edge.relocated)
                columns_[move.from].type->relocate(target.value(to, target.columns_[move.to]),
                                                   value(from, columns_[move.from]), some);
            if (state_of(from.chunk).switched_off == 0) return;
            for (std::uint32_t i = 0; i < some; ++i)
                move_bits(edge, {to.chunk, to.at + i}, {from.chunk, from.at + i}, now);
        });
    end_columns(edge.ended, row, count);
}

std::uint32_t Archetype::close_gap_many(std::uint32_t row, std::uint32_t count,
                                        Version now) noexcept {
    const std::uint32_t moving = std::min(count, rows_ - row - count);
    const auto move_some = [&](RowPlace to, RowPlace from, std::uint32_t some) {
        std::copy_n(&entity_at(from), some, &entity_at(to));
        state_of(to.chunk).moved = now;
        bytes_.copy_rows(to, from, some);
        for (const std::uint16_t at : relocated_)
            columns_[at].type->relocate(value(to, columns_[at]), value(from, columns_[at]), some);
        if (state_of(from.chunk).switched_off + state_of(to.chunk).switched_off == 0) return;
        for (std::uint32_t i = 0; i < some; ++i)
            for (std::size_t at = 0; at < columns_.size(); ++at)
                set_switched_off({to.chunk, to.at + i}, at,
                                 switched_off({from.chunk, from.at + i}, at), now);
    };
    for_each_stretch(*this, row, *this, rows_ - moving, moving, move_some);
    // Rows come into being with everything on.
    for (std::uint32_t gone = rows_ - count; gone < rows_; ++gone) {
        std::byte* const chunk = chunks_[chunk_of(gone)];
        if (chunk == nullptr || state_of(chunk).switched_off == 0) {
            gone |= mask_;  // none in this chunk: on to the next
            continue;
        }
        for (std::size_t at = 0; at < columns_.size(); ++at)
            set_switched_off({chunk, row_in_chunk(gone)}, at, false, now);
    }
    rows_ -= count;
    std::erase(chunks_, nullptr);
    drop_chunks();
    return moving;
}

void Archetype::leave_chunk(std::uint32_t chunk) noexcept {
    pool_.give_back(std::exchange(chunks_[chunk], nullptr), chunk_bytes_);
}

void Archetype::switch_rows(std::uint32_t row, std::uint32_t count, std::size_t column, bool off,
                            Version now) noexcept {
    while (count != 0) {
        const RowPlace place = place_of(row);
        const std::uint32_t first = row % 64;
        const std::uint32_t here = std::min(count, 64 - first);
        const std::uint64_t rows = (here == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1)
                                   << first;
        std::uint64_t& word = switch_word(place, column);
        const std::uint64_t turned = (off ? ~word : word) & rows;
        word ^= turned;
        const auto bits = static_cast<std::uint32_t>(std::popcount(turned));
        ColumnState& column_state = state_of(place.chunk, column);
        column_state.switched_off += off ? bits : 0U - bits;
        state_of(place.chunk).switched_off += off ? bits : 0U - bits;
        if (bits != 0) column_state.written = now;
        row += here;
        count -= here;
    }
}

}  // namespace millrace::ecs::detail
