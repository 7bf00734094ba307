// SPDX-License-Identifier: Apache-2.0
#include "styled.hpp"

#include <array>
#include <limits>

#include "millrace/core/utf8.hpp"

namespace millrace::cli {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};
// The East Asian wide blocks and emoji, and marks that take no cell: coarse, but right for all
// text that shares a cell grid with ASCII.
constexpr std::array<Range, 10> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 5> empty{
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t c) {
    for (const Range& range : ranges)
        if (c >= range.first && c <= range.last) return true;
    return false;
}

struct Character {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

/// The character at the beginning of well-formed UTF-8.
Character character_at(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t code = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes && i < text.size(); ++i)
        code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    return {bytes, is_in(empty, code) ? 0u : is_in(wide, code) ? 2u : 1u};
}

/// Bytes of the longest beginning that takes at most `width` cells.
std::size_t prefix_within(std::string_view text, std::size_t width) {
    std::size_t at = 0;
    std::size_t used = 0;
    while (at < text.size()) {
        const Character next = character_at(text.substr(at));
        if (used + next.columns > width) break;
        used += next.columns;
        at += next.bytes;
    }
    return std::min(at, text.size());
}

constexpr std::string_view ellipsis = "…";

std::string_view code_of(Tone tone) {
    switch (tone) {
        case Tone::plain: return "";
        case Tone::dim: return "\x1b[2m";
        case Tone::strong: return "\x1b[1m";
        case Tone::good: return "\x1b[32m";
        case Tone::bad: return "\x1b[31m";
        case Tone::warn: return "\x1b[33m";
    }
    return "";
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = character_at(text.substr(at));
        columns += next.columns;
        at += next.bytes;
    }
    return columns;
}

std::string clipped(std::string_view text, std::size_t width) {
    if (columns_of(text) <= width) return std::string{text};
    if (width == 0) return {};
    return std::string{text.substr(0, prefix_within(text, width - 1))}.append(ellipsis);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result{text};
    const std::size_t columns = columns_of(text);
    if (columns < width) result.append(width - columns, ' ');
    return result;
}

std::string one_line(std::string_view text) {
    std::string result = core::replace_invalid_utf8(text);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const auto c = static_cast<unsigned char>(result[i]);
        if (c < 0x20 || c == 0x7F) result[i] = ' ';
        // U+0080 to U+009F, which some terminals obey like escape sequences.
        const bool is_c1 =
            c == 0xC2 && i + 1 < result.size() && static_cast<unsigned char>(result[i + 1]) < 0xA0;
        if (is_c1) result.replace(i, 2, " ");
    }
    return result;
}

std::string painted(Tone tone, std::string_view text, bool color) {
    const std::string_view code = color ? code_of(tone) : "";
    if (code.empty() || text.empty()) return std::string{text};
    return std::string{code}.append(text).append("\x1b[0m");
}

std::string rendered(const Line& line, std::size_t width, bool color) {
    std::string result;
    std::size_t columns = 0;
    for (const Span& span : line)
        columns += columns_of(span.text);
    const bool is_cut = columns > width;
    std::size_t left = width;
    for (const Span& span : line) {
        const std::size_t size = columns_of(span.text);
        if (is_cut && size >= left) {
            // The ellipsis also says that whole spans are missing.
            const bool is_last = &span == &line.back();
            const bool fits = size == left && is_last;
            const std::string text = fits ? span.text
                                     : left == 0
                                         ? std::string{}
                                         : span.text.substr(0, prefix_within(span.text, left - 1)) +
                                               std::string{ellipsis};
            return result + painted(span.tone, text, color);
        }
        result += painted(span.tone, span.text, color);
        left -= size;
    }
    return result;
}

std::string rendered(const Line& line, bool color) {
    return rendered(line, std::numeric_limits<std::size_t>::max(), color);
}

}  // namespace millrace::cli
