// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/ecs/detail/query_plan.hpp"

namespace millrace::ecs::detail {

/// One chunk as the terms of a query see it.
template <class... Terms>
class ChunkView {
public:
    static constexpr std::size_t terms = sizeof...(Terms);
    static constexpr std::size_t prefetched_lines = 8;
    template <std::size_t I>
    using Traits = TermTraits<std::tuple_element_t<I, std::tuple<Terms...>>>;
    using Columns = std::array<int, terms>;

    /// Where `archetype` keeps the terms' components; -1 for one it does not have.
    [[nodiscard]] static Columns resolve(const Archetype& archetype, const QueryPlan& plan) {
        Columns columns{};
        for (std::size_t i = 0; i < terms; ++i)
            columns[i] = archetype.column_of(plan.ids[i]);
        return columns;
    }

    /// Were all Changed terms written in this chunk since `mark`?
    [[nodiscard]] static bool changed(const Archetype& archetype, const Columns& columns,
                                      std::uint32_t chunk, Version mark) {
        return changed(archetype, columns, chunk, mark, std::make_index_sequence<terms>{});
    }

    /// Fetches the first lines of a chunk's columns: the processor foresees lines within a column,
    /// not where the next chunk begins.
    static void prefetch(const Archetype& archetype, const Columns& columns, std::uint32_t chunk) {
        prefetch(archetype, columns, chunk, std::make_index_sequence<terms>{});
    }

    /// Looks at a chunk; false when none of its rows can match. Marks written columns.
    [[nodiscard]] bool open(const Archetype& archetype, const Columns& columns, std::uint32_t chunk,
                            Version now) {
        entities_ = archetype.entities(chunk);
        rows_ = archetype.chunk_rows(chunk);
        filtered_ = false;
        split_ = false;
        return open_terms(archetype, columns, chunk, now, std::make_index_sequence<terms>{});
    }

    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
    [[nodiscard]] const Entity* entities() const noexcept { return entities_; }
    /// Every row matches and every optional component is there for all rows or for none.
    [[nodiscard]] bool uniform() const noexcept { return !filtered_ && !split_; }

    /// Which of the 64 rows from `word * 64` on match.
    [[nodiscard]] std::uint64_t matching(std::uint32_t word) const noexcept {
        const std::uint32_t left = rows_ - word * 64;
        const std::uint64_t in_range =
            left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        return filtered_ ? in_range & filter(word, std::make_index_sequence<terms>{}) : in_range;
    }

    /// First row from `row` on that does not look like `row`: a run of rows is all matching or
    /// not, with each optional component all there or all not.
    [[nodiscard]] std::uint32_t run_end(std::uint32_t row) const noexcept {
        const std::uint64_t looks = appearance(row, std::make_index_sequence<terms>{});
        std::uint32_t end = row + 1;
        while (end < rows_ && appearance(end, std::make_index_sequence<terms>{}) == looks)
            ++end;
        return end;
    }
    [[nodiscard]] bool matches(std::uint32_t row) const noexcept {
        return ((matching(row / 64) >> (row % 64)) & 1U) != 0;
    }

    /// The term's values, null for an optional component that no row has.
    template <std::size_t I>
    [[nodiscard]] typename Traits<I>::Value* values() const noexcept {
        return reinterpret_cast<typename Traits<I>::Value*>(data_[I]);
    }
    /// Is the term's component there for this row? Only asked of optional terms.
    template <std::size_t I>
    [[nodiscard]] bool present(std::uint32_t row) const noexcept {
        return data_[I] != nullptr &&
               (off_[I] == nullptr || ((off_[I][row / 64] >> (row % 64)) & 1U) == 0);
    }
    template <std::size_t I>
    [[nodiscard]] typename Traits<I>::Argument argument(std::uint32_t row) const noexcept {
        if constexpr (Traits<I>::optional)
            return present<I>(row) ? values<I>() + row : nullptr;
        else
            return values<I>()[row];
    }

private:
    template <std::size_t... I>
    [[nodiscard]] static bool changed(const Archetype& archetype, const Columns& columns,
                                      std::uint32_t chunk, Version mark,
                                      std::index_sequence<I...> /*terms*/) {
        return ((!Traits<I>::changed ||
                 archetype.written(chunk, static_cast<std::size_t>(columns[I])) >= mark) &&
                ...);
    }

    template <std::size_t... I>
    static void prefetch(const Archetype& archetype, const Columns& columns, std::uint32_t chunk,
                         std::index_sequence<I...> /*terms*/) {
        const auto fetch = [&](int column) {
            if (column < 0) return;
            const std::byte* const first =
                archetype.values(chunk, static_cast<std::size_t>(column));
            for (std::size_t line = 0; line < prefetched_lines; ++line)
                __builtin_prefetch(first + line * 64);
        };
        ((Traits<I>::data ? fetch(columns[I]) : void()), ...);
    }

    template <std::size_t... I>
    bool open_terms(const Archetype& archetype, const Columns& columns, std::uint32_t chunk,
                    Version now, std::index_sequence<I...> /*terms*/) {
        return (open_term<I>(archetype, columns[I], chunk, now) && ...);
    }

    template <std::size_t I>
    bool open_term(const Archetype& archetype, int found, std::uint32_t chunk, Version now) {
        using T = Traits<I>;
        data_[I] = nullptr;
        off_[I] = nullptr;
        if (found < 0) return true;  // a required component is always found: the plan saw to it
        const auto column = static_cast<std::size_t>(found);
        ColumnState& state = archetype.state(chunk, column);
        if (state.switched_off != 0) off_[I] = archetype.switch_bits(chunk, column);
        if constexpr (T::excluded) {
            filtered_ = true;
            return state.switched_off != 0;
        }
        if constexpr (T::data) {
            data_[I] = archetype.values(chunk, column);
            if constexpr (!std::is_const_v<typename T::Value>) state.written = now;
        }
        if constexpr (T::optional)
            split_ = split_ || off_[I] != nullptr;
        else
            filtered_ = filtered_ || off_[I] != nullptr;
        return !T::required || state.switched_off != rows_;
    }

    template <std::size_t... I>
    [[nodiscard]] std::uint64_t filter(std::uint32_t word,
                                       std::index_sequence<I...> /*terms*/) const noexcept {
        return (filter_term<I>(word) & ... & ~std::uint64_t{0});
    }
    template <std::size_t I>
    [[nodiscard]] std::uint64_t filter_term(std::uint32_t word) const noexcept {
        if (Traits<I>::optional || off_[I] == nullptr) return ~std::uint64_t{0};
        return Traits<I>::excluded ? off_[I][word] : ~off_[I][word];
    }

    template <std::size_t... I>
    [[nodiscard]] std::uint64_t appearance(std::uint32_t row,
                                           std::index_sequence<I...> /*terms*/) const noexcept {
        std::uint64_t looks = matches(row) ? 1 : 0;
        ((looks = looks << 1U | (Traits<I>::optional && present<I>(row) ? 1U : 0U)), ...);
        return looks;
    }

    const Entity* entities_ = nullptr;
    std::uint32_t rows_ = 0;
    bool filtered_ = false;  ///< some rows may not match
    bool split_ = false;     ///< an optional component is off in some rows
    std::array<std::byte*, terms> data_{};
    std::array<const std::uint64_t*, terms> off_{};
};

}  // namespace millrace::ecs::detail
