// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>

#include "pattern_parser.hpp"

// The machine agrees with a reading of the tree that follows each way on its own.
namespace millrace::expr {

namespace {

using Places = std::set<std::size_t>;

class Naive {
public:
    Naive(const PatternTree& tree, std::u32string_view text) : tree_{tree}, text_{text} {}

    /// Where the node can end that begins at `place`.
    Places ends(std::uint32_t index, std::size_t place) const {
        const PatternNode& node = tree_.nodes[index];
        switch (node.kind) {
            case PatternNode::Kind::character:
                return step(place, place < text_.size() && text_[place] == node.character);
            case PatternNode::Kind::one_of:
                return step(place, place < text_.size() &&
                                       tree_.classes[node.char_class].contains(text_[place]));
            case PatternNode::Kind::sequence: {
                Places places{place};
                for (const std::uint32_t part : node.parts)
                    places = ends_of(part, places);
                return places;
            }
            case PatternNode::Kind::choice: {
                Places all;
                for (const std::uint32_t part : node.parts)
                    all.merge(ends(part, place));
                return all;
            }
            case PatternNode::Kind::repeat: return repeated(node, place);
        }
        return {};
    }

private:
    static Places step(std::size_t place, bool fits) { return fits ? Places{place + 1} : Places{}; }

    Places ends_of(std::uint32_t part, const Places& places) const {
        Places all;
        for (const std::size_t place : places)
            all.merge(ends(part, place));
        return all;
    }

    Places repeated(const PatternNode& node, std::size_t place) const {
        Places now{place};
        for (std::uint32_t i = 0; i < node.least; ++i)
            now = ends_of(node.parts.front(), now);
        Places all = now;
        // Longer than the text it can only repeat nothing.
        const std::size_t more = node.most ? *node.most - node.least : text_.size();
        for (std::size_t i = 0; i < more; ++i) {
            now = ends_of(node.parts.front(), now);
            all.insert(now.begin(), now.end());
        }
        return all;
    }

    const PatternTree& tree_;
    std::u32string_view text_;
};

rc::Gen<std::string> any_pattern(int depth) {
    return rc::gen::exec([depth] {
        const int kind = *rc::gen::inRange(0, depth == 0 ? 2 : 6);
        if (kind == 0) return std::string{*rc::gen::element('a', 'b')};
        if (kind == 1) return *rc::gen::element<std::string>(".", "[ab]", "[^a]", "\\P{Lu}", "");
        const std::string left = *any_pattern(depth - 1);
        if (kind == 2) return left + *any_pattern(depth - 1);
        if (kind == 3) return "(" + left + "|" + *any_pattern(depth - 1) + ")";
        return "(" + left + ")" +
               *rc::gen::element<std::string>("*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}");
    });
}

RC_GTEST_PROP(PatternLaws, TheMachineFollowsTheTree, ()) {
    const std::string source = *any_pattern(4);
    const std::string text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c'));
    const std::u32string characters{text.begin(), text.end()};
    RC_LOG() << source << " on " << text;
    auto tree = PatternParser{source}.run();
    const auto pattern = Pattern::compile(source);
    RC_PRE(tree.has_value() && pattern.has_value() && text.size() < 12);
    const Naive naive{*tree, characters};
    Fuel fuel;
    const bool whole = naive.ends(tree->root, 0).contains(text.size());
    RC_ASSERT((pattern->matches(text, fuel) == Pattern::Outcome::yes) == whole);
    bool part = false;
    for (std::size_t place = 0; place <= text.size(); ++place)
        part = part || !naive.ends(tree->root, place).empty();
    RC_ASSERT((pattern->occurs_in(text, fuel) == Pattern::Outcome::yes) == part);
}

}  // namespace

}  // namespace millrace::expr
