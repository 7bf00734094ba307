// SPDX-License-Identifier: Apache-2.0
#include "terminal/styled.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

namespace {

/// Breaks lines as words arrive.
class Wrapper {
public:
    Wrapper(std::size_t width, std::size_t indent) : width_{width}, indent_{indent} {}

    /// A word or the spaces between two.
    void add(Tone tone, std::string_view text) {
        const std::size_t columns = columns_of(text);
        const bool is_space = text.front() == ' ';
        if (is_space && pending_.text.empty()) pending_ = {tone, std::string{text}};
        if (is_space) return;
        const std::size_t gap = columns_of(pending_.text);
        if (has_words_ && used_ + gap + columns > width_) {
            begin_line();
        } else if (gap > 0) {
            put(pending_.tone, pending_.text);
        }
        pending_.text.clear();
        put(tone, text);
        has_words_ = true;
    }

    std::vector<Line> take() { return std::move(lines_); }

private:
    void put(Tone tone, std::string_view text) {
        Line& line = lines_.back();
        if (line.empty() || line.back().tone != tone) line.push_back({tone, {}});
        line.back().text += text;
        used_ += columns_of(text);
    }

    void begin_line() {
        lines_.emplace_back();
        used_ = 0;
        has_words_ = false;
        if (indent_ > 0) put(Tone::plain, std::string(indent_, ' '));
    }

    std::size_t width_;
    std::size_t indent_;
    std::vector<Line> lines_{Line{}};
    std::size_t used_ = 0;
    bool has_words_ = false;  // on the last line
    Span pending_;            // spaces that are written only when a word follows on the same line
};

}  // namespace

std::vector<Line> wrapped(const Line& line, std::size_t width, std::size_t indent) {
    Wrapper wrapper{width, indent};
    for (const Span& span : line) {
        std::string_view rest = span.text;
        while (!rest.empty()) {
            const bool is_space = rest.front() == ' ';
            const std::size_t end = is_space ? rest.find_first_not_of(' ') : rest.find(' ');
            const std::size_t size = std::min(end, rest.size());
            wrapper.add(span.tone, rest.substr(0, size));
            rest.remove_prefix(size);
        }
    }
    return wrapper.take();
}

Line clipped(const Line& line, std::size_t width) {
    Line result;
    std::size_t left = width;
    for (const Span& span : line) {
        const std::size_t columns = columns_of(span.text);
        if (columns > left) {
            result.push_back({span.tone, clipped(span.text, left)});
            return result;
        }
        result.push_back(span);
        left -= columns;
    }
    return result;
}

std::string rendered(const Line& line, std::size_t width, bool color) {
    return rendered(clipped(line, width), color);
}

std::string rendered(const Line& line, bool color) {
    std::string result;
    for (const Span& span : line)
        result += painted(span.tone, span.text, color);
    return result;
}

}  // namespace millrace::cli
