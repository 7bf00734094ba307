// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/expr/expression.hpp"

namespace millrace::expr {

/// A set of characters: ranges and Unicode categories, or all others.
struct CharacterClass {
    struct Range {
        char32_t first = 0;
        char32_t last = 0;
    };
    std::vector<Range> ranges;     ///< ascending and apart, once sorted
    std::uint32_t categories = 0;  ///< a bit for each `Category`
    bool negated = false;

    void sort();
    /// Of a sorted one.
    bool contains(char32_t character) const;
};

struct PatternError {
    ExprErrc code = ExprErrc::syntax;
    std::size_t character = 1;  ///< counts from 1
    std::string message;
};

/// A compiled I-Regexp (RFC 9485): a machine whose states are all followed at once, so that no
/// text takes more than its length times the pattern's size.
class Pattern {
public:
    static std::expected<Pattern, PatternError> compile(std::string_view source);

    enum class Outcome : std::uint8_t { no, yes, out_of_fuel };
    /// Does all of `text` (valid UTF-8) match?
    Outcome matches(std::string_view text, Fuel& fuel) const { return run(text, fuel, true); }
    /// Does some part of it?
    Outcome occurs_in(std::string_view text, Fuel& fuel) const { return run(text, fuel, false); }

    std::size_t size() const { return steps_.size(); }

    struct Step {
        enum class Kind : std::uint8_t { character, one_of, split, jump, accept };
        Kind kind = Kind::accept;
        char32_t character = 0;
        std::uint32_t next = 0;   ///< of a split: the first way; of one_of: the class
        std::uint32_t other = 0;  ///< of a split: the second way
    };

private:
    friend class PatternCompiler;
    class Matching;

    Outcome run(std::string_view text, Fuel& fuel, bool whole) const;

    std::vector<Step> steps_;
    std::vector<CharacterClass> classes_;
};

}  // namespace millrace::expr
