// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pattern.hpp"

namespace millrace::expr {

inline constexpr std::size_t pattern_nesting_max = 32;
inline constexpr std::size_t pattern_steps_max = 10'000;

/// A pattern as a tree, in an arena.
struct PatternNode {
    enum class Kind : std::uint8_t { character, one_of, sequence, choice, repeat };
    Kind kind = Kind::sequence;
    char32_t character = 0;
    std::uint32_t char_class = 0;
    std::vector<std::uint32_t> parts;  ///< of sequence and choice; the one that is repeated
    std::uint32_t least = 0;
    std::optional<std::uint32_t> most;  ///< without: any number
};

struct PatternTree {
    std::vector<PatternNode> nodes;
    std::vector<CharacterClass> classes;
    std::uint32_t root = 0;
};

/// Recursive descent over the grammar of RFC 9485.
class PatternParser {
public:
    explicit PatternParser(std::string_view source);

    std::expected<PatternTree, PatternError> run();

private:
    template <class T>
    using Parsed = std::expected<T, PatternError>;

    Parsed<std::uint32_t> choice();
    Parsed<std::uint32_t> sequence();
    Parsed<std::uint32_t> piece();
    Parsed<std::uint32_t> atom();
    Parsed<void> quantifier(PatternNode& repeat);
    Parsed<void> counts(PatternNode& repeat);
    Parsed<std::uint32_t> number();
    Parsed<CharacterClass> bracketed();
    Parsed<void> class_part(CharacterClass& into);
    Parsed<char32_t> class_character();
    /// `\n` and the like, at the backslash.
    Parsed<char32_t> escape();
    Parsed<void> property(CharacterClass& into);

    bool more() const { return at_ < text_.size(); }
    char32_t peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : no_character;
    }
    bool at_property() const { return peek() == U'\\' && (peek(1) == U'p' || peek(1) == U'P'); }
    bool take(char32_t character) {
        if (peek() != character) return false;
        ++at_;
        return true;
    }
    std::uint32_t add(PatternNode node);
    std::uint32_t add(CharacterClass char_class);
    std::unexpected<PatternError> error(std::string message) const;

    static constexpr char32_t no_character = 0xFFFFFFFF;

    std::u32string text_;
    std::size_t at_ = 0;
    std::size_t nesting_ = 0;
    PatternTree tree_;
};

}  // namespace millrace::expr
