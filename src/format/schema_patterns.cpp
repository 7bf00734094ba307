// SPDX-License-Identifier: Apache-2.0
#include "schema_patterns.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"
#include "pattern_shape.hpp"

namespace millrace::format {

namespace {

// libstdc++'s breadth-first matcher: time is bounded by states times characters and stack by
// states, whatever the text. It refuses back references. Groups are not told apart: each would
// have to be copied at every step.
constexpr auto bounded = std::regex_constants::ECMAScript | std::regex_constants::__polynomial |
                         std::regex_constants::nosubs;
constexpr std::size_t pattern_bytes_max = 1000;
// The matcher's stack grows with the states.
constexpr std::size_t states_max = 5000;
// A second at the very worst: some 50 ns for each state at each character.
constexpr std::size_t steps_max = 16'000'000;

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
    if (patterns_.contains(pattern)) return std::nullopt;
    if (pattern.size() > pattern_bytes_max) return "it is longer than 1000 bytes";
    const PatternShape shape = shape_of(pattern);
    if (shape.unsupported.starts_with("back reference")) {
        return "back references can't be matched in bounded time; it is not supported here (" +
               shape.unsupported + ")";
    }
    if (!shape.unsupported.empty()) return "it is not supported here (" + shape.unsupported + ")";
    if (shape.states > states_max) return "it is too large";
    try {
        const std::wstring text = code_points(pattern);
        const std::wregex check{text, bounded};  // alone: the frame below could close its brackets
        // A search would begin anew at every character; this one goes once through the text.
        std::wregex anywhere{L"[^]*?(?:" + text + L")", bounded};
        patterns_.emplace(pattern, Compiled{std::move(anywhere), shape.states, shape.looks_ahead});
    } catch (const std::regex_error& error) {
        using namespace std::regex_constants;
        const bool too_large = error.code() == error_space || error.code() == error_complexity ||
                               error.code() == error_stack;
        return too_large ? "it is too large" : "it is no ECMAScript regular expression";
    }
    return std::nullopt;
}

const SchemaPatterns::Compiled& SchemaPatterns::at(std::string_view pattern) const {
    const auto found = patterns_.find(pattern);
    MR_CHECK(found != patterns_.end());  // the schema's walk added every pattern
    return found->second;
}

std::size_t SchemaPatterns::bytes_max(const Compiled& compiled) {
    const std::size_t characters = steps_max / compiled.states;
    // A lookahead goes through the rest of the text at every character.
    const auto most = compiled.looks_ahead
                          ? static_cast<std::size_t>(std::sqrt(static_cast<double>(characters)))
                          : characters;
    return std::min(most, schema_pattern_bytes_max);
}

std::size_t SchemaPatterns::text_bytes_max(std::string_view pattern) const {
    return bytes_max(at(pattern));
}

std::size_t SchemaPatterns::steps(std::string_view pattern, std::string_view text) const {
    const Compiled& compiled = at(pattern);
    if (text.size() > bytes_max(compiled)) return 0;
    return compiled.states * text.size() * (compiled.looks_ahead ? text.size() : 1);
}

bool SchemaPatterns::matches(std::string_view pattern, std::string_view text) const {
    const Compiled& compiled = at(pattern);
    if (text.size() > bytes_max(compiled)) return false;
    try {
        return std::regex_search(code_points(text), compiled.regex,
                                 std::regex_constants::match_continuous);
    } catch (const std::regex_error&) {
        return false;  // the matcher ran out of its own limits
    }
}

}  // namespace millrace::format
