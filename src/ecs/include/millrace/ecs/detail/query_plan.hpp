// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/ecs/component.hpp"
#include "millrace/ecs/detail/archetype.hpp"
#include "millrace/ecs/detail/entity_table.hpp"

namespace millrace::ecs {

/// Query term: the entity has C, switched on; its value is not read.
template <Component C>
struct With {};

/// Query term: the entity does not have C, or has it switched off.
template <Component C>
struct Without {};

/// Query term: a pointer to C, null when the entity does not have it or has it switched off.
template <class C>
struct Optional {};

/// Query term: the entity has C, switched on, and C may have been written since Query::since().
/// Asked per chunk and column: no change is missed, and neighbours of a changed row come with it.
/// Written means: a value was reached through a reference that is not const, a row came into the
/// chunk or was moved within it, a component was switched on or off.
template <Component C>
struct Changed {};

namespace detail {

inline constexpr std::size_t query_terms_max = 16;

/// How one term of a query is matched and what its argument is.
template <class Term>
struct TermTraits {
    static_assert(DataComponent<std::remove_const_t<Term>>,
                  "a tag has no value: name it in With<Tag> or Without<Tag>");
    using C = std::remove_const_t<Term>;
    using Value = Term;
    using Argument = Term&;
    static constexpr bool required = true, excluded = false, data = true, optional = false;
    static constexpr bool changed = false;
};
template <class Term>
struct TermTraits<Optional<Term>> {
    static_assert(DataComponent<std::remove_const_t<Term>>, "a tag has no value to point to");
    using C = std::remove_const_t<Term>;
    using Value = Term;
    using Argument = Term*;
    static constexpr bool required = false, excluded = false, data = true, optional = true;
    static constexpr bool changed = false;
};
template <class Term>
struct TermTraits<With<Term>> {
    using C = Term;
    using Value = const Term;
    using Argument = void;
    static constexpr bool required = true, excluded = false, data = false, optional = false;
    static constexpr bool changed = false;
};
template <class Term>
struct TermTraits<Without<Term>> {
    using C = Term;
    using Value = const Term;
    using Argument = void;
    static constexpr bool required = false, excluded = true, data = false, optional = false;
    static constexpr bool changed = false;
};

template <class Term>
struct TermTraits<Changed<Term>> {
    using C = Term;
    using Value = const Term;
    using Argument = void;
    static constexpr bool required = true, excluded = false, data = false, optional = false;
    static constexpr bool changed = true;
};

/// The archetypes that hold all required components, in order of creation. A row also has to pass
/// the switch bits, so exclusion is decided per chunk and not here.
struct QueryMatches {
    Signature required;
    std::vector<Archetype*> archetypes;
};

/// One typed query: its components and the matches it shares with queries of equal requirements.
struct QueryPlan {
    const QueryMatches* matches = nullptr;
    std::array<ComponentId, query_terms_max> ids{};
};

/// All queries ever asked of a World. A new archetype is entered where it fits; nothing is ever
/// searched again.
class QueryCache {
public:
    [[nodiscard]] const QueryMatches& matches(const Signature& required,
                                              std::span<const std::unique_ptr<Archetype>> all);
    void archetype_created(Archetype& archetype);
    /// Sets of required components asked for so far.
    [[nodiscard]] std::size_t size() const noexcept { return by_requirement_.size(); }

    [[nodiscard]] const QueryPlan* plan(std::uint32_t index) const noexcept {
        return index < plans_.size() ? plans_[index].get() : nullptr;
    }
    const QueryPlan& set_plan(std::uint32_t index, const QueryPlan& plan);

private:
    // The order of this map decides nothing: each entry is updated on its own.
    std::unordered_map<Signature, std::unique_ptr<QueryMatches>, SignatureHash> by_requirement_;
    std::vector<std::unique_ptr<QueryPlan>> plans_;  // by type_index of the terms
};

/// While one lives, structural changes of the World are refused.
class IterationLock {
public:
    explicit IterationLock(Rows& rows) noexcept : rows_(&rows) { ++rows.iterating; }
    ~IterationLock() {
        if (rows_ != nullptr) --rows_->iterating;
    }
    IterationLock(IterationLock&& other) noexcept : rows_(std::exchange(other.rows_, nullptr)) {}
    IterationLock& operator=(IterationLock&& other) noexcept {
        std::swap(rows_, other.rows_);
        return *this;
    }

private:
    Rows* rows_;
};

}  // namespace detail
}  // namespace millrace::ecs
