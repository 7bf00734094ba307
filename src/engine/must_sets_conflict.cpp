// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "must_sets.hpp"

namespace millrace::engine {

/// Looks for two connections of a list that are not exclusive, without looking at every pair.
///
/// The sets are bit rows; sorted as such, those that have their first literals in common lie side
/// by side. A group of rows is split at the first literal that only a part of it holds. When all
/// others hold another literal of that choice, no pair across the split needs to be looked at, and
/// sorting makes this certain by a look at one row: O(log(links) + words) for a split. As literals
/// are in topological order, that is how it goes with all that nested and successive decisions and
/// error ports make. Else the group is split by any choice that all of it share; and if there is
/// none, which takes nodes that wait for several branches, the pairs across are looked at one by
/// one: at worst O(links^2 * literals / 64) for one list, which `work` bounds.
class ConflictSearch {
public:
    ConflictSearch(const MustSets& must, MustSets::Links links, std::uint64_t& work)
        : must_{must}, links_{links}, work_{work} {}

    MustSets::Search run();

private:
    using Literal = MustSets::Literal;
    using Word = std::uint64_t;

    /// must(c) of one connection.
    struct Row {
        std::span<const Word> source;
        std::optional<Literal> own;
        core::ConnectionIndex link;

        Word word(std::size_t index) const {
            const bool is_here = own && *own / 64 == index;
            return source[index] | (is_here ? Word{1} << (*own % 64) : 0);
        }
        bool holds(Literal literal) const {
            return (word(literal / 64) >> (literal % 64) & 1) != 0;
        }
    };
    using Rows = std::span<Row>;
    struct Group {
        Rows rows;         ///< sorted
        std::size_t word;  ///< in all before it the rows are equal
    };

    bool make_rows();
    void step(Group group);
    void split(Group group, Literal literal);
    void split_otherwise(Group group, Literal literal, Rows without, Rows loose);
    std::optional<Literal> shared_choice(Group group);
    std::optional<Literal> first_difference(const Row& a, const Row& b, std::size_t word);
    bool is_less(const Row& a, const Row& b);
    bool holds_any(const Row& row, std::size_t choice);
    bool are_exclusive(const Row& a, const Row& b);
    void report(const Row& a, const Row& b);
    void spend(std::uint64_t units) {
        is_spent_ = is_spent_ || units > work_;
        work_ -= std::min(units, work_);
    }

    const MustSets& must_;
    MustSets::Links links_;
    std::uint64_t& work_;
    bool is_spent_ = false;
    std::size_t words_ = 0;
    std::vector<Row> rows_;
    std::vector<Group> rest_;  // a stack: there may be as many splits as nodes
    std::optional<MustSets::Pair> conflict_;
};

MustSets::Search ConflictSearch::run() {
    if (links_.size() < 2) return {};
    words_ = must_.must_.row(0).size();
    if (make_rows()) rest_.push_back({rows_, 0});
    while (!rest_.empty() && !conflict_ && !is_spent_) {
        const Group group = rest_.back();
        rest_.pop_back();
        if (group.rows.size() > 1) step(group);
    }
    return {conflict_, is_spent_ && !conflict_};
}

/// False when that has settled the question.
bool ConflictSearch::make_rows() {
    rows_.reserve(links_.size());
    for (const core::ConnectionIndex link : links_) {
        const core::NodeIndex source = *must_.draft_[link].from;
        rows_.push_back({must_.must_.row(source.value), must_.link_literals_[link.value], link});
    }
    // First by place, which is quick, so that what is equal by then need not be compared.
    const auto place = [](const Row& row) { return std::pair{row.source.data(), row.own}; };
    spend(rows_.size() * std::bit_width(rows_.size()));
    std::ranges::sort(rows_, {}, place);
    for (std::size_t i = 1; i < rows_.size(); ++i) {
        if (place(rows_[i - 1]) != place(rows_[i]) || are_exclusive(rows_[i - 1], rows_[i]))
            continue;
        report(rows_[i - 1], rows_[i]);
        return false;
    }
    std::ranges::sort(rows_, [&](const Row& a, const Row& b) { return is_less(a, b); });
    return true;
}

void ConflictSearch::step(Group group) {
    const Row& first = group.rows.front();
    const Row& last = group.rows.back();
    if (const auto literal = first_difference(first, last, group.word)) {
        split(group, *literal);
    } else if (!are_exclusive(first, last)) {  // all rows are equal
        report(first, last);
    }
}

void ConflictSearch::split(Group group, Literal literal) {
    const auto bound = std::ranges::partition_point(
        group.rows, [&](const Row& row) { return !row.holds(literal); });
    const auto count = static_cast<std::size_t>(bound - group.rows.begin());
    const Rows without = group.rows.first(count);
    const std::size_t choice = must_.choice_of_[literal];
    // Up to `literal` all rows are equal, so those that hold none of the choice come first.
    const auto held = std::ranges::partition_point(
        without, [&](const Row& row) { return !holds_any(row, choice); });
    const Rows loose = without.first(static_cast<std::size_t>(held - without.begin()));
    if (!loose.empty()) {
        split_otherwise(group, literal, without, loose);
        return;
    }
    rest_.push_back({without, literal / 64});
    rest_.push_back({group.rows.subspan(count), literal / 64});
}

/// `loose` rows are those before `without`'s end that hold no literal of the choice at all.
void ConflictSearch::split_otherwise(Group group, Literal literal, Rows without, Rows loose) {
    if (const auto other = shared_choice(group)) {
        spend(group.rows.size());
        // Stable: both parts stay sorted.
        const auto others = std::ranges::stable_partition(
            group.rows, [&](const Row& row) { return !row.holds(*other); });
        const std::size_t count = group.rows.size() - others.size();
        rest_.push_back({group.rows.first(count), group.word});
        rest_.push_back({group.rows.subspan(count), group.word});
        return;
    }
    const Rows with = group.rows.subspan(without.size());
    for (const Row& a : loose) {
        for (const Row& b : with) {
            if (is_spent_) return;
            if (are_exclusive(a, b)) continue;
            report(a, b);
            return;
        }
    }
    rest_.push_back({without, literal / 64});
    rest_.push_back({with, literal / 64});
}

/// A literal that only a part of the group holds, while the others hold another one of its choice.
std::optional<MustSets::Literal> ConflictSearch::shared_choice(Group group) {
    const Row& first = group.rows.front();
    const auto is_shared = [&](std::size_t choice) {
        return std::ranges::all_of(
            group.rows, [&](const Row& row) { return !is_spent_ && holds_any(row, choice); });
    };
    const auto is_common = [&](Literal literal) {
        return std::ranges::all_of(group.rows, [&](const Row& row) {
            spend(1);
            return row.holds(literal);
        });
    };
    // Mostly the first and the last row already differ by it; looking there first spares asking
    // the whole group about all the choices that it agrees on.
    const Row& last = group.rows.back();
    for (const bool differs : {true, false}) {
        for (std::size_t word = group.word; word < words_ && !is_spent_; ++word) {
            Word bits = first.word(word);
            bits &= differs ? ~last.word(word) : last.word(word);
            for (; bits != 0 && !is_spent_; bits &= bits - 1) {
                const auto literal = static_cast<Literal>(word * 64 + std::countr_zero(bits));
                if (is_shared(must_.choice_of_[literal]) && (differs || !is_common(literal)))
                    return literal;
            }
        }
    }
    return std::nullopt;
}

std::optional<MustSets::Literal> ConflictSearch::first_difference(const Row& a, const Row& b,
                                                                  std::size_t word) {
    for (std::size_t at = word; at < words_; ++at) {
        const Word difference = a.word(at) ^ b.word(at);
        if (difference == 0) continue;
        spend(at - word + 1);
        return static_cast<Literal>(at * 64 + std::countr_zero(difference));
    }
    spend(words_);
    return std::nullopt;
}

/// The row that holds the first literal in which they differ is the greater one.
bool ConflictSearch::is_less(const Row& a, const Row& b) {
    const auto literal = first_difference(a, b, 0);
    return literal && b.holds(*literal);
}

bool ConflictSearch::holds_any(const Row& row, std::size_t choice) {
    const Literal first = must_.first_of_[choice];
    const Literal end = must_.first_of_[choice + 1];
    for (std::size_t word = first / 64; word * 64 < end; ++word) {
        spend(1);
        Word mask = ~Word{0};
        if (first > word * 64) mask <<= first % 64;
        if (end < (word + 1) * 64) mask &= (Word{1} << (end % 64)) - 1;
        if ((row.word(word) & mask) != 0) return true;
    }
    return false;
}

bool ConflictSearch::are_exclusive(const Row& a, const Row& b) {
    spend(words_);
    for (std::size_t word = 0; word < words_; ++word) {
        for (Word bits = a.word(word) ^ b.word(word); bits != 0; bits &= bits - 1) {
            const auto literal = static_cast<Literal>(word * 64 + std::countr_zero(bits));
            if (holds_any(a.holds(literal) ? b : a, must_.choice_of_[literal])) return true;
        }
    }
    // What is left are two literals of one choice that both hold, of nodes that can never run.
    spend(words_ * 64);
    return must_.are_exclusive(a.link, b.link);
}

void ConflictSearch::report(const Row& a, const Row& b) {
    conflict_ = std::minmax(a.link, b.link);
}

MustSets::Search MustSets::conflict(Links connections, std::uint64_t& work) const {
    const auto search = [&](std::size_t count) {
        return ConflictSearch{*this, connections.first(count), work}.run();
    };
    Search best = search(connections.size());
    if (!best.conflict) return best;
    const auto end_of = [&](const Pair& pair) {
        return static_cast<std::size_t>(std::ranges::find(connections, pair.second) -
                                        connections.begin()) +
               1;
    };
    // The shortest beginning of the list that holds a conflict ends with the one to be told.
    std::size_t good = 1;
    std::size_t bad = end_of(*best.conflict);
    while (bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        const Search part = search(middle);
        if (part.is_cut_short) return best;
        if (part.conflict) {
            best = part;
            bad = end_of(*part.conflict);
        } else {
            good = middle;
        }
    }
    const core::ConnectionIndex last = connections[bad - 1];
    const std::vector<Literal> needed = literals_of(last);
    const auto first = std::ranges::find_if(connections, [&](core::ConnectionIndex link) {
        return !are_exclusive(literals_of(link), needed);
    });
    best.conflict = {*first, last};
    return best;
}

}  // namespace millrace::engine
