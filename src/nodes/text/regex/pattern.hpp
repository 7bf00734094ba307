// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

namespace re2 {
class RE2;
}

namespace millrace::nodes {

/// A regular expression in RE2's syntax, which takes time linear in the text whatever the pattern.
/// Immutable and shared; usable from any thread.
class Pattern {
public:
    /// `flags` are of `i` (any case), `m` (`^` and `$` at each line) and `s` (`.` takes line ends).
    /// The error is a message.
    static std::expected<Pattern, std::string> compile(std::string_view source,
                                                       std::string_view flags);

    bool test(std::string_view text) const;

    /// Where one match and its groups lie; the parts point into the text, and have no data where
    /// a group took no part.
    struct Match {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::vector<std::string_view> groups;  ///< the whole match first
    };
    /// The first match at or after `from`.
    std::optional<Match> find(std::string_view text, std::size_t from) const;

    /// Names of the groups, empty where one has none; the whole match first.
    const std::vector<std::string>& group_names() const { return names_; }

private:
    std::shared_ptr<const re2::RE2> code_;
    std::vector<std::string> names_;
};

/// Goes over the matches from the left; they do not overlap. After an empty match it goes on one
/// character later.
class Matches {
public:
    /// Both outlive it.
    Matches(const Pattern& pattern, std::string_view text) : pattern_{pattern}, text_{text} {}
    std::optional<Pattern::Match> next();

private:
    const Pattern& pattern_;
    std::string_view text_;
    std::size_t from_ = 0;
};

/// A replacement as JavaScript writes it: `$&`, `$1`, `$<name>` and `$$`.
class Replacement {
public:
    /// The error is a message that names what is not there.
    static std::expected<Replacement, std::string> parse(std::string_view source,
                                                         const Pattern& pattern);
    void append(std::string& out, const Pattern::Match& match) const;

private:
    struct Part {
        std::string text;
        std::optional<std::size_t> group;
    };
    std::vector<Part> parts_;
};

}  // namespace millrace::nodes
