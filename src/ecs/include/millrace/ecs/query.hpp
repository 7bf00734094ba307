// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/ecs/detail/chunk_view.hpp"

namespace millrace::ecs {

/// All entities that have some components, with references to them. Terms are `const A` (read),
/// `A` (write: marks it changed), `Optional<const A>`, `With<A>`, `Without<A>`, `Changed<A>`; a
/// component that is switched off counts as not there. Order: archetypes as they were created, then
/// rows. Nothing may depend on the order of rows, see World::shuffle_rows().
///
/// A Query is a small handle onto the World's cache: copy it, keep it while the World lives. While
/// one iterates, structural changes abort; record them in World::commands(). Switching the row at
/// hand on or off directly is allowed.
template <class... Terms>
class Query {
    using View = detail::ChunkView<Terms...>;
    static_assert(sizeof...(Terms) <= detail::query_terms_max, "name fewer terms in one query");

    template <std::size_t I>
    using Traits = typename View::template Traits<I>;

    /// The positions of the terms that have an argument.
    template <std::size_t... I>
    static constexpr auto data_terms_of(std::index_sequence<I...> /*terms*/) {
        constexpr std::size_t count = (std::size_t{Traits<I>::data} + ... + 0);
        std::array<std::size_t, count> positions{};
        std::size_t next = 0;
        ((Traits<I>::data ? void(positions[next++] = I) : void()), ...);
        return positions;
    }
    static constexpr auto data_terms = data_terms_of(std::index_sequence_for<Terms...>{});
    using DataIndices = std::make_index_sequence<data_terms.size()>;
    template <std::size_t K>
    using Data = Traits<data_terms[K]>;

    template <std::size_t... K>
    static auto row_type(std::index_sequence<K...>)
        -> std::tuple<Entity, typename Data<K>::Argument...>;

public:
    /// What a range-for loop gets: the entity, then one reference (or pointer) per data term.
    using Row = decltype(row_type(DataIndices{}));
    class Iterator;

    Query(detail::Rows& rows, const detail::QueryPlan& plan) noexcept
        : rows_(&rows), plan_(&plan) {}

    /// The same query whose Changed terms mean since `mark`, a former answer of World::mark().
    /// Without it they mean since ever, which is true of every row.
    [[nodiscard]] Query since(Version mark) const noexcept
        requires(detail::TermTraits<Terms>::changed || ...) {
        Query result = *this;
        result.since_ = mark;
        return result;
    }

    /// Calls `visit(Entity, A&, …)` or `visit(A&, …)` for each matching row.
    template <class Visit>
    void each(Visit&& visit) const {
        for_each_chunk(0, [&](const View& view) { visit_rows(visit, view, DataIndices{}); });
    }

    /// Calls `visit(span<const Entity>, span<A>, …)`, or without the entities, for each contiguous
    /// run of matching rows: whole chunks unless rows are switched off. The span of an Optional is
    /// empty when the run does not have the component.
    template <class Visit>
    void each_chunk(Visit&& visit) const {
        for_each_chunk(0, [&](const View& view) { visit_runs(visit, view, DataIndices{}); });
    }

    /// each(), but only chunks where a data term was written since `mark`: misses no change, may
    /// visit rows that did not change.
    template <class Visit>
    void each_changed_since(Version mark, Visit&& visit) const {
        for_each_chunk(mark, [&](const View& view) { visit_rows(visit, view, DataIndices{}); });
    }

    /// Was any data term of a matching chunk written since `mark`?
    [[nodiscard]] bool changed_since(Version mark) const {
        for (const detail::Archetype* archetype : plan_->matches->archetypes) {
            const auto columns = View::resolve(*archetype, *plan_);
            for (std::uint32_t chunk = 0; chunk < archetype->chunk_count(); ++chunk)
                if (View::changed(*archetype, columns, chunk, since_) &&
                    written_since(*archetype, columns, chunk, mark, DataIndices{}))
                    return true;
        }
        return false;
    }

    /// Matching rows now. Looks at switch bits, not at values.
    [[nodiscard]] std::size_t count() const {
        std::size_t total = 0;
        as_reader().for_each_chunk(0, [&](const auto& view) {
            for (std::uint32_t word = 0; word * 64 < view.rows(); ++word)
                total += static_cast<std::size_t>(std::popcount(view.matching(word)));
        });
        return total;
    }
    [[nodiscard]] bool empty() const {
        auto reader = as_reader();
        return reader.begin() == std::default_sentinel;
    }
    /// Is the entity alive and among the matching rows?
    [[nodiscard]] bool contains(Entity entity) const {
        const detail::Slot* slot = rows_->entities.find(entity);
        if (slot == nullptr) return false;
        const detail::Archetype& archetype = *slot->archetype;
        if (!archetype.signature().contains(plan_->matches->required)) return false;
        const auto columns = Reader::View::resolve(archetype, *plan_);
        const std::uint32_t chunk = archetype.chunk_of(slot->row);
        typename Reader::View view;
        return Reader::View::changed(archetype, columns, chunk, since_) &&
               view.open(archetype, columns, chunk, 0) &&
               view.matches(archetype.row_in_chunk(slot->row));
    }

    /// For `for (auto [entity, a, b] : world.query<const A, B>())`; each() is faster.
    [[nodiscard]] Iterator begin() const { return Iterator{*rows_, *plan_, since_}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    template <class... Others>
    friend class Query;

    template <class Term>
    struct ReadOnly {
        using type = std::add_const_t<Term>;
    };
    template <class Term>
    struct ReadOnly<Optional<Term>> {
        using type = Optional<std::add_const_t<Term>>;
    };
    template <class Term>
    struct ReadOnly<With<Term>> {
        using type = With<Term>;
    };
    template <class Term>
    struct ReadOnly<Without<Term>> {
        using type = Without<Term>;
    };
    template <class Term>
    struct ReadOnly<Changed<Term>> {
        using type = Changed<Term>;
    };
    /// The same query without writing, hence without marking columns as changed.
    using Reader = Query<typename ReadOnly<Terms>::type...>;
    [[nodiscard]] Reader as_reader() const noexcept {
        Reader reader{*rows_, *plan_};
        reader.since_ = since_;
        return reader;
    }

    template <class UseView>
    void for_each_chunk(Version mark, UseView&& use) const {
        const detail::IterationLock lock{*rows_};
        View view;
        for (const detail::Archetype* archetype : plan_->matches->archetypes) {
            const auto columns = View::resolve(*archetype, *plan_);
            for (std::uint32_t chunk = 0; chunk < archetype->chunk_count(); ++chunk) {
                if (chunk + 1 < archetype->chunk_count())
                    View::prefetch(*archetype, columns, chunk + 1);
                if (mark != 0 && !written_since(*archetype, columns, chunk, mark, DataIndices{}))
                    continue;
                if (!View::changed(*archetype, columns, chunk, since_)) continue;
                if (view.open(*archetype, columns, chunk, rows_->version)) use(view);
            }
        }
    }

    template <std::size_t... K>
    [[nodiscard]] static bool written_since(const detail::Archetype& archetype,
                                            const typename View::Columns& columns,
                                            std::uint32_t chunk, Version mark,
                                            std::index_sequence<K...> /*data*/) {
        [[maybe_unused]] const auto written = [&](int column) {
            return column >= 0 &&
                   archetype.written(chunk, static_cast<std::size_t>(column)) >= mark;
        };
        return (written(columns[data_terms[K]]) || ...);
    }

    template <class Visit, class... Argument>
    static void call(Visit& visit, Entity entity, Argument&&... arguments) {
        if constexpr (std::is_invocable_v<Visit&, Entity, Argument...>)
            visit(entity, std::forward<Argument>(arguments)...);
        else
            visit(std::forward<Argument>(arguments)...);
    }

    /// The hot loop: base pointers by value, so that they stay in registers.
    template <class Visit, std::size_t... K>
    static void visit_dense(Visit& visit, const Entity* entities, std::uint32_t first,
                            std::uint32_t last, std::index_sequence<K...> /*data*/,
                            typename Data<K>::Value*... values) {
        for (std::uint32_t row = first; row < last; ++row)
            call(visit, entities[row], dense_argument<K>(values, row)...);
    }
    template <std::size_t K>
    [[nodiscard]] static typename Data<K>::Argument dense_argument(typename Data<K>::Value* values,
                                                                   std::uint32_t row) noexcept {
        if constexpr (Data<K>::optional)
            return values == nullptr ? nullptr : values + row;
        else
            return values[row];
    }

    template <class Visit, std::size_t... K>
    static void visit_rows(Visit& visit, const View& view, std::index_sequence<K...> data) {
        if (view.uniform()) {
            visit_dense(visit, view.entities(), 0, view.rows(), data,
                        view.template values<data_terms[K]>()...);
            return;
        }
        for (std::uint32_t word = 0; word * 64 < view.rows(); ++word) {
            for (std::uint64_t rest = view.matching(word); rest != 0; rest &= rest - 1) {
                const std::uint32_t row =
                    word * 64 + static_cast<std::uint32_t>(std::countr_zero(rest));
                call(visit, view.entities()[row], view.template argument<data_terms[K]>(row)...);
            }
        }
    }

    template <class Visit, std::size_t... K>
    static void visit_runs(Visit& visit, const View& view, std::index_sequence<K...> /*data*/) {
        std::uint32_t first = 0;
        while (first < view.rows()) {
            const std::uint32_t last = view.uniform() ? view.rows() : view.run_end(first);
            if (view.matches(first)) {
                const std::span entities{view.entities() + first, last - first};
                if constexpr (std::is_invocable_v<Visit&, std::span<const Entity>,
                                                  std::span<typename Data<K>::Value>...>)
                    visit(entities, run<K>(view, first, last)...);
                else
                    visit(run<K>(view, first, last)...);
            }
            first = last;
        }
    }
    template <std::size_t K>
    [[nodiscard]] static std::span<typename Data<K>::Value> run(const View& view,
                                                                std::uint32_t first,
                                                                std::uint32_t last) noexcept {
        constexpr std::size_t term = data_terms[K];
        if constexpr (Data<K>::optional)
            if (!view.template present<term>(first)) return {};
        return {view.template values<term>() + first, last - first};
    }

    detail::Rows* rows_;
    const detail::QueryPlan* plan_;
    Version since_ = 0;  ///< of Changed terms
};

/// Walks the matching rows of a Query; structural changes are refused while it lives.
template <class... Terms>
class Query<Terms...>::Iterator {
public:
    using difference_type = std::ptrdiff_t;
    using value_type = Row;

    Iterator(detail::Rows& rows, const detail::QueryPlan& plan, Version since)
        : lock_(rows), rows_(&rows), plan_(&plan), since_(since) {
        enter_archetype();
        find_row();
    }

    [[nodiscard]] Row operator*() const { return row(DataIndices{}); }
    Iterator& operator++() {
        rest_ &= rest_ - 1;
        find_row();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& iterator, std::default_sentinel_t /*end*/) noexcept {
        return iterator.archetype_ == iterator.plan_->matches->archetypes.size();
    }

private:
    template <std::size_t... K>
    [[nodiscard]] Row row(std::index_sequence<K...> /*data*/) const {
        const std::uint32_t at = word_ * 64 + static_cast<std::uint32_t>(std::countr_zero(rest_));
        return Row{view_.entities()[at], view_.template argument<data_terms[K]>(at)...};
    }

    void enter_archetype() {
        if (archetype_ < plan_->matches->archetypes.size())
            columns_ = View::resolve(*plan_->matches->archetypes[archetype_], *plan_);
    }

    /// Goes on to the next word, chunk or archetype until a row matches or all are done.
    void find_row() {
        while (rest_ == 0) {
            if (opened_ && (word_ + 1) * 64 < view_.rows()) {
                rest_ = view_.matching(++word_);
                continue;
            }
            if (archetype_ == plan_->matches->archetypes.size()) return;
            const detail::Archetype& archetype = *plan_->matches->archetypes[archetype_];
            opened_ = false;
            if (chunk_ == archetype.chunk_count()) {
                ++archetype_;
                chunk_ = 0;
                enter_archetype();
                continue;
            }
            const std::uint32_t next = chunk_++;
            if (View::changed(archetype, columns_, next, since_) &&
                view_.open(archetype, columns_, next, rows_->version)) {
                opened_ = true;
                word_ = 0;
                rest_ = view_.matching(0);
            }
        }
    }

    detail::IterationLock lock_;
    detail::Rows* rows_;
    const detail::QueryPlan* plan_;
    Version since_;
    std::size_t archetype_ = 0;
    typename View::Columns columns_{};
    std::uint32_t chunk_ = 0;  ///< the next to open
    View view_;
    bool opened_ = false;
    std::uint32_t word_ = 0;
    std::uint64_t rest_ = 0;  ///< rows of this word still to come
};

}  // namespace millrace::ecs
