// SPDX-License-Identifier: Apache-2.0
#include "pattern.hpp"

#include <algorithm>

#include "pattern_parser.hpp"
#include "unicode_category.hpp"
#include "utf16.hpp"

namespace millrace::expr {

using Kind = Pattern::Step::Kind;

bool CharacterClass::contains(char32_t character) const {
    const auto behind = std::ranges::upper_bound(ranges, character, {}, &Range::first);
    bool found = behind != ranges.begin() && character <= (behind - 1)->last;
    if (!found && categories != 0) {
        found = (categories >> static_cast<unsigned>(category_of(character)) & 1u) != 0;
    }
    return found != negated;
}

void CharacterClass::sort() {
    std::ranges::sort(ranges, {}, &Range::first);
    std::vector<Range> apart;
    for (const Range& range : ranges) {
        if (!apart.empty() && range.first <= apart.back().last) {
            apart.back().last = std::max(apart.back().last, range.last);
        } else {
            apart.push_back(range);
        }
    }
    ranges = std::move(apart);
}

/// Writes the tree out as steps. What is repeated is written repeatedly, up to a limit.
class PatternCompiler {
public:
    PatternCompiler(const PatternTree& tree, Pattern& pattern)
        : tree_{tree}, steps_{pattern.steps_} {}

    /// False when the steps would be too many.
    bool run() { return write(tree_.root) && add({}); }

private:
    bool write(std::uint32_t index) {
        const PatternNode& node = tree_.nodes[index];
        switch (node.kind) {
            case PatternNode::Kind::character:
                return add({.kind = Kind::character, .character = node.character});
            case PatternNode::Kind::one_of:
                return add({.kind = Kind::one_of, .next = node.char_class});
            case PatternNode::Kind::sequence:
                return std::ranges::all_of(node.parts,
                                           [this](std::uint32_t part) { return write(part); });
            case PatternNode::Kind::choice: return choice(node);
            case PatternNode::Kind::repeat: return repeat(node);
        }
        return false;
    }

    bool choice(const PatternNode& node) {
        std::vector<std::uint32_t> ends;
        for (const std::uint32_t part : node.parts) {
            const bool last = part == node.parts.back();
            const std::uint32_t split = here();
            if (!last && !add({.kind = Kind::split})) return false;
            if (!write(part)) return false;
            if (last) break;
            ends.push_back(here());
            if (!add({.kind = Kind::jump})) return false;
            steps_[split].next = split + 1;
            steps_[split].other = here();
        }
        for (const std::uint32_t end : ends)
            steps_[end].next = here();
        return true;
    }

    bool repeat(const PatternNode& node) {
        const std::uint32_t part = node.parts.front();
        for (std::uint32_t i = 0; i < node.least; ++i) {
            const std::uint32_t before = here();
            if (!write(part)) return false;
            if (here() == before) return true;  // nothing, however often
        }
        if (!node.most) return any_number(part);
        std::vector<std::uint32_t> splits;
        for (std::uint32_t i = node.least; i < *node.most; ++i) {
            splits.push_back(here());
            if (!add({.kind = Kind::split})) return false;
            const std::uint32_t before = here();
            if (!write(part)) return false;
            if (here() == before) break;
        }
        for (const std::uint32_t split : splits) {
            steps_[split].next = split + 1;
            steps_[split].other = here();
        }
        return true;
    }

    bool any_number(std::uint32_t part) {
        const std::uint32_t split = here();
        if (!add({.kind = Kind::split}) || !write(part)) return false;
        if (!add({.kind = Kind::jump, .next = split})) return false;
        steps_[split].next = split + 1;
        steps_[split].other = here();
        return true;
    }

    bool add(Pattern::Step step) {
        if (steps_.size() >= pattern_steps_max) return false;
        steps_.push_back(step);
        return true;
    }
    std::uint32_t here() const { return static_cast<std::uint32_t>(steps_.size()); }

    const PatternTree& tree_;
    std::vector<Pattern::Step>& steps_;
};

std::expected<Pattern, PatternError> Pattern::compile(std::string_view source) {
    std::expected<PatternTree, PatternError> tree = PatternParser{source}.run();
    if (!tree) return std::unexpected{tree.error()};
    Pattern pattern;
    if (!PatternCompiler{*tree, pattern}.run()) {
        return std::unexpected{PatternError{
            ExprErrc::limit, 1, "needs more than 10000 steps; repeat less often with {…}"}};
    }
    pattern.classes_ = std::move(tree->classes);
    return pattern;
}

/// The states that are reached at one place of a text.
class Pattern::Matching {
public:
    explicit Matching(const Pattern& pattern)
        : pattern_{pattern}, reached_(pattern.steps_.size(), 0) {}

    /// Adds a state with all that follow without a character.
    void reach(std::uint32_t first) {
        waiting_.push_back(first);
        while (!waiting_.empty()) {
            const std::uint32_t index = waiting_.back();
            waiting_.pop_back();
            ++work_;
            if (reached_[index] == round_) continue;
            reached_[index] = round_;
            const Step& step = pattern_.steps_[index];
            switch (step.kind) {
                case Kind::split:
                    waiting_.push_back(step.other);
                    waiting_.push_back(step.next);
                    break;
                case Kind::jump: waiting_.push_back(step.next); break;
                case Kind::accept: accepted_ = true; break;
                case Kind::character:
                case Kind::one_of: states_.push_back(index); break;
            }
        }
    }
    /// Goes on by one character.
    void advance(char32_t character) {
        std::swap(states_, before_);
        states_.clear();
        accepted_ = false;
        ++round_;
        work_ += before_.size();
        for (const std::uint32_t index : before_) {
            const Step& step = pattern_.steps_[index];
            const bool fits = step.kind == Kind::character
                                  ? step.character == character
                                  : pattern_.classes_[step.next].contains(character);
            if (fits) reach(index + 1);
        }
    }
    bool accepted() const { return accepted_; }
    bool is_over() const { return states_.empty(); }
    /// The steps that were looked at since this was asked last.
    std::uint64_t take_work() { return std::exchange(work_, 0); }

private:
    const Pattern& pattern_;
    std::vector<std::uint32_t> states_;
    std::vector<std::uint32_t> before_;
    std::vector<std::uint32_t> waiting_;
    std::vector<std::size_t> reached_;  // the round in which a step was reached last
    std::size_t round_ = 1;
    // What is set up beforehand costs less than what is followed.
    std::uint64_t work_ = 1 + reached_.size() / 16;
    bool accepted_ = false;
};

Pattern::Outcome Pattern::run(std::string_view text, Fuel& fuel, bool whole) const {
    Matching matching{*this};
    matching.reach(0);
    while (true) {
        if (!whole && matching.accepted()) return Outcome::yes;
        if (text.empty()) return matching.accepted() ? Outcome::yes : Outcome::no;
        if (whole && matching.is_over()) return Outcome::no;
        const std::uint64_t cost = 1 + matching.take_work();
        if (fuel.left < cost) {
            fuel.left = 0;
            return Outcome::out_of_fuel;
        }
        fuel.left -= cost;
        const Decoded next = decode_first(text);
        text.remove_prefix(next.size);
        matching.advance(next.code_point);
        if (!whole) matching.reach(0);
    }
}

}  // namespace millrace::expr
