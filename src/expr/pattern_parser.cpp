// SPDX-License-Identifier: Apache-2.0
#include "pattern_parser.hpp"

#include "unicode_category.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

// What stands for itself only after a backslash.
constexpr std::u32string_view special = U"()*+.?[\\]{|}";
constexpr std::u32string_view escapable = U"()*+-.?[\\]^{|}";

bool is_one_of(char32_t character, std::u32string_view set) {
    return set.find(character) != std::u32string_view::npos;
}

}  // namespace

PatternParser::PatternParser(std::string_view source) {
    while (!source.empty()) {
        const Decoded next = decode_first(source);
        text_ += next.code_point;
        source.remove_prefix(next.size);
    }
}

std::expected<PatternTree, PatternError> PatternParser::run() {
    const Parsed<std::uint32_t> root = choice();
    if (!root) return std::unexpected{root.error()};
    if (more()) return error("\")\" closes nothing; write \"\\)\" for the character");
    tree_.root = *root;
    return std::move(tree_);
}

std::unexpected<PatternError> PatternParser::error(std::string message) const {
    return std::unexpected{PatternError{ExprErrc::syntax, at_ + 1, std::move(message)}};
}

std::uint32_t PatternParser::add(PatternNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
}

std::uint32_t PatternParser::add(CharacterClass char_class) {
    char_class.sort();
    tree_.classes.push_back(std::move(char_class));
    PatternNode node;
    node.kind = PatternNode::Kind::one_of;
    node.char_class = static_cast<std::uint32_t>(tree_.classes.size() - 1);
    return add(std::move(node));
}

PatternParser::Parsed<std::uint32_t> PatternParser::choice() {
    PatternNode node;
    node.kind = PatternNode::Kind::choice;
    do {
        const Parsed<std::uint32_t> part = sequence();
        if (!part) return part;
        node.parts.push_back(*part);
    } while (take(U'|'));
    return node.parts.size() == 1 ? node.parts.front() : add(std::move(node));
}

PatternParser::Parsed<std::uint32_t> PatternParser::sequence() {
    PatternNode node;
    while (more() && peek() != U'|' && peek() != U')') {
        const Parsed<std::uint32_t> part = piece();
        if (!part) return part;
        node.parts.push_back(*part);
    }
    return node.parts.size() == 1 ? node.parts.front() : add(std::move(node));
}

PatternParser::Parsed<std::uint32_t> PatternParser::piece() {
    const Parsed<std::uint32_t> inner = atom();
    if (!inner) return inner;
    PatternNode repeat;
    repeat.kind = PatternNode::Kind::repeat;
    repeat.least = 1;
    repeat.most = 1;
    if (auto ok = quantifier(repeat); !ok) return std::unexpected{ok.error()};
    if (repeat.least == 1 && repeat.most == 1) return inner;
    repeat.parts.push_back(*inner);
    return add(std::move(repeat));
}

PatternParser::Parsed<void> PatternParser::quantifier(PatternNode& repeat) {
    if (take(U'?')) {
        repeat.least = 0;
    } else if (take(U'*')) {
        repeat.least = 0;
        repeat.most.reset();
    } else if (take(U'+')) {
        repeat.most.reset();
    } else if (take(U'{')) {
        return counts(repeat);
    }
    return {};
}

PatternParser::Parsed<void> PatternParser::counts(PatternNode& repeat) {
    const Parsed<std::uint32_t> least = number();
    if (!least) return std::unexpected{least.error()};
    repeat.least = *least;
    repeat.most = *least;
    if (take(U',')) {
        repeat.most.reset();
        if (peek() != U'}') {
            const Parsed<std::uint32_t> most = number();
            if (!most) return std::unexpected{most.error()};
            repeat.most = *most;
        }
    }
    if (!take(U'}')) return error("expected \"}\" after how often, such as {2}, {2,} or {2,5}");
    if (repeat.most && *repeat.most < repeat.least) return error("at most is less than at least");
    return {};
}

PatternParser::Parsed<std::uint32_t> PatternParser::number() {
    if (peek() < U'0' || peek() > U'9') return error("expected a number, such as in {2,5}");
    std::uint32_t value = 0;
    for (; peek() >= U'0' && peek() <= U'9'; ++at_) {
        value = value * 10 + static_cast<std::uint32_t>(peek() - U'0');
        if (value > pattern_steps_max) {
            return std::unexpected{
                PatternError{ExprErrc::limit, at_ + 1, "repeats more than 10000 times"}};
        }
    }
    return value;
}

PatternParser::Parsed<std::uint32_t> PatternParser::atom() {
    if (take(U'(')) {
        if (++nesting_ > pattern_nesting_max) {
            return std::unexpected{
                PatternError{ExprErrc::limit, at_, "nested deeper than the limit of 32 levels"}};
        }
        const Parsed<std::uint32_t> inner = choice();
        if (!inner) return inner;
        if (!take(U')')) return error("expected \")\"");
        --nesting_;
        return inner;
    }
    if (take(U'.')) {
        return add(CharacterClass{{{U'\n', U'\n'}, {U'\r', U'\r'}}, 0, true});
    }
    if (peek() == U'[') {
        Parsed<CharacterClass> char_class = bracketed();
        if (!char_class) return std::unexpected{char_class.error()};
        return add(*std::move(char_class));
    }
    if (at_property()) {
        CharacterClass char_class;
        if (auto ok = property(char_class); !ok) return std::unexpected{ok.error()};
        return add(std::move(char_class));
    }
    PatternNode node;
    node.kind = PatternNode::Kind::character;
    if (peek() == U'\\') {
        const Parsed<char32_t> escaped = escape();
        if (!escaped) return std::unexpected{escaped.error()};
        node.character = *escaped;
    } else {
        if (is_one_of(peek(), special)) {
            return error("this character has a meaning of its own; put a backslash before it");
        }
        node.character = text_[at_++];
    }
    return add(std::move(node));
}

PatternParser::Parsed<char32_t> PatternParser::escape() {
    ++at_;
    const char32_t character = peek();
    ++at_;
    if (character == U'n') return U'\n';
    if (character == U'r') return U'\r';
    if (character == U't') return U'\t';
    if (is_one_of(character, escapable)) return character;
    --at_;
    return error(
        "no escape of I-Regexp, which has \\n, \\r, \\t, \\p{…}, \\P{…} and a backslash before "
        "( ) * + - . ? [ \\ ] ^ { | }");
}

PatternParser::Parsed<void> PatternParser::property(CharacterClass& into) {
    const bool others = peek(1) == U'P';
    at_ += 2;
    std::string name;
    if (!take(U'{')) return error("expected \"{\" and a category, such as \\p{Lu}");
    while (more() && peek() < 128 && peek() != U'}')
        name += static_cast<char>(text_[at_++]);
    const std::uint32_t bits = category_bits(name);
    if (bits == 0 || !take(U'}')) {
        return error("expected a category such as \\p{Lu}, \\p{L} or \\p{Nd}");
    }
    into.categories |= others ? ~bits : bits;
    return {};
}

PatternParser::Parsed<CharacterClass> PatternParser::bracketed() {
    CharacterClass char_class;
    take(U'[');
    char_class.negated = take(U'^');
    if (take(U'-')) char_class.ranges.push_back({U'-', U'-'});
    if (char_class.ranges.empty() && peek() == U']') {
        return error("an empty class; write \"\\]\" for the character");
    }
    while (more() && peek() != U']') {
        if (peek() == U'-') {
            if (peek(1) != U']')
                return error("\"-\" stands first, last or in a range; write \"\\-\"");
            ++at_;
            char_class.ranges.push_back({U'-', U'-'});
            continue;
        }
        if (auto ok = class_part(char_class); !ok) return std::unexpected{ok.error()};
    }
    if (!take(U']')) return error("the class is never closed; add \"]\"");
    return char_class;
}

PatternParser::Parsed<void> PatternParser::class_part(CharacterClass& into) {
    if (at_property()) return property(into);
    const Parsed<char32_t> first = class_character();
    if (!first) return std::unexpected{first.error()};
    char32_t last = *first;
    if (peek() == U'-' && peek(1) != U']') {
        ++at_;
        const Parsed<char32_t> end = class_character();
        if (!end) return std::unexpected{end.error()};
        last = *end;
    }
    if (last < *first) return error("the range runs backwards");
    into.ranges.push_back({*first, last});
    return {};
}

PatternParser::Parsed<char32_t> PatternParser::class_character() {
    if (peek() == U'\\') return escape();
    if (!more()) return error("the class is never closed; add \"]\"");
    if (peek() == U'[' || peek() == U']' || peek() == U'-') {
        return error("put a backslash before this character in a class");
    }
    return text_[at_++];
}

}  // namespace millrace::expr
