// SPDX-License-Identifier: Apache-2.0
#include "schema_patterns.hpp"

#include "millrace/core/check.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::format {

namespace {

// libstdc++'s breadth-first matcher: time and stack do not explode with the text, whatever the
// pattern. It refuses back references.
constexpr auto bounded = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

/// Code points, so that `.` and `{1,3}` count characters and not bytes. wchar_t has 32 bits here.
std::wstring code_points(std::string_view utf8) {
    static_assert(sizeof(wchar_t) == 4);
    std::wstring text;
    const std::string valid = core::replace_invalid_utf8(utf8);
    for (std::size_t at = 0; at < valid.size();) {
        const auto lead = static_cast<unsigned char>(valid[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t i = 1; i < size; ++i) {
            code = code << 6 | (static_cast<unsigned char>(valid[at + i]) & 0x3FU);
        }
        text += static_cast<wchar_t>(code);
        at += size;
    }
    return text;
}

}  // namespace

std::optional<std::string> SchemaPatterns::add(std::string_view pattern) {
    constexpr std::size_t pattern_bytes_max = 1000;
    if (patterns_.contains(pattern)) return std::nullopt;
    if (pattern.size() > pattern_bytes_max) return "it is longer than 1000 bytes";
    try {
        patterns_.emplace(pattern, std::wregex{code_points(pattern), bounded});
    } catch (const std::regex_error& error) {
        return error.code() == std::regex_constants::error_complexity
                   ? "back references can't be matched in bounded time"
                   : "it is no ECMAScript regular expression";
    }
    return std::nullopt;
}

bool SchemaPatterns::matches(std::string_view pattern, std::string_view text) const {
    if (text.size() > schema_pattern_bytes_max) return false;
    const auto found = patterns_.find(pattern);
    MR_CHECK(found != patterns_.end());  // the schema's walk added every pattern
    try {
        return std::regex_search(code_points(text), found->second);
    } catch (const std::regex_error&) {
        return false;  // the matcher ran out of its own limits
    }
}

}  // namespace millrace::format
