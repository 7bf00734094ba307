// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "millrace/ecs/detail/registry.hpp"
#include "millrace/ecs/signature.hpp"

namespace millrace::ecs::detail {

/// Where a row is in memory, found once for all its columns.
struct RowPlace {
    std::byte* chunk = nullptr;
    std::size_t at = 0;
};

/// A column that moves as bytes: where its values begin in the chunk left and in the one entered.
struct ByteMove {
    std::uint32_t from_at = 0;
    std::uint32_t to_at = 0;
    std::uint32_t size = 0;
};

/// A column that both archetypes have.
struct ColumnMove {
    std::uint16_t from = 0;
    std::uint16_t to = 0;
};

/// Columns that move as bytes, those of the same frequent size together: a row is then copied
/// without asking each column for its size. Ends with a move of size 0.
class ByteMoves {
public:
    void add(ByteMove move) {
        const auto place = std::find_if(moves_.begin(), moves_.end(), [&](const ByteMove& other) {
            return rank(other.size) > rank(move.size);
        });
        moves_.insert(place, move);
    }
    [[nodiscard]] std::span<const ByteMove> all() const noexcept {
        return {moves_.data(), moves_.size() - 1};
    }

    void copy_row(RowPlace to, RowPlace from) const noexcept {
        const ByteMove* move = moves_.data();
        for (; move->size == 8; ++move)
            copy_value<8>(*move, to, from);
        for (; move->size == 16; ++move)
            copy_value<16>(*move, to, from);
        for (; move->size == 24; ++move)
            copy_value<24>(*move, to, from);
        for (; move->size != 0; ++move)
            std::memcpy(to.chunk + move->to_at + to.at * move->size,
                        from.chunk + move->from_at + from.at * move->size, move->size);
    }
    void copy_rows(RowPlace to, RowPlace from, std::size_t count) const noexcept {
        for (const ByteMove& move : all())
            std::memcpy(to.chunk + move.to_at + to.at * move.size,
                        from.chunk + move.from_at + from.at * move.size, count * move.size);
    }

private:
    [[nodiscard]] static int rank(std::uint32_t size) noexcept {
        switch (size) {
            case 8: return 0;
            case 16: return 1;
            case 24: return 2;
            case 0: return 4;
            default: return 3;
        }
    }
    template <std::size_t Size>
    static void copy_value(const ByteMove& move, RowPlace to, RowPlace from) noexcept {
        std::memcpy(to.chunk + move.to_at + to.at * Size,
                    from.chunk + move.from_at + from.at * Size, Size);
    }

    std::vector<ByteMove> moves_{ByteMove{}};
};

/// Where a row goes when a bundle is added or removed, with everything worked out once.
struct Edge {
    class Archetype* target = nullptr;
    Signature changed;       ///< what the entity gains or loses
    bool overlaps = false;   ///< it has some of the added components already
    bool bytes_only = true;  ///< `relocated` and `ended` are empty
    /// Where the target keeps the components of the bundle, when they are added.
    std::array<std::uint16_t, bundle_components_max> columns{};
    ByteMoves bytes;
    std::vector<ColumnMove> relocated;  ///< kept columns that need their move constructor
    std::vector<ColumnMove> kept;       ///< all columns that both have
    std::vector<std::uint16_t> ended;   ///< columns left behind whose values have to end
};

}  // namespace millrace::ecs::detail
