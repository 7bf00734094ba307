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
    /// Does `pattern`, which was added, match anywhere in `text`? Texts above
    /// `schema_pattern_bytes_max` match nothing.
    bool matches(std::string_view pattern, std::string_view text) const;

private:
    std::map<std::string, std::wregex, std::less<>> patterns_;
};

}  // namespace millrace::format
