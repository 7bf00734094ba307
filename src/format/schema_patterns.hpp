// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace millrace::format {

/// The compiled regular expressions of one schema.
class SchemaPatterns {
public:
    /// The reason when it is no ECMAScript pattern that can be matched in bounded time.
    std::optional<std::string> add(std::string_view pattern);
    /// Does `pattern`, which was added, match anywhere in `text`? Texts above `text_bytes_max` of
    /// the pattern match nothing.
    bool matches(std::string_view pattern, std::string_view text) const;
    std::size_t text_bytes_max(std::string_view pattern) const;
    /// What `matches` costs at most, in states of the pattern that are visited.
    std::size_t steps(std::string_view pattern, std::string_view text) const;

private:
    struct Compiled {
        std::wregex regex;
        std::size_t states = 0;
        bool looks_ahead = false;
    };
    const Compiled& at(std::string_view pattern) const;
    static std::size_t bytes_max(const Compiled& compiled);

    std::map<std::string, Compiled, std::less<>> patterns_;
};

}  // namespace millrace::format
