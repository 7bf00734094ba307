// SPDX-License-Identifier: Apache-2.0
#include "utf16.hpp"

#include <algorithm>

#include "linear_search.hpp"

namespace millrace::expr {

namespace {

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
}

constexpr bool is_continuation(std::uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}
constexpr bool is_high(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low(char32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}
constexpr bool is_surrogate(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDFFF;
}
constexpr char32_t join(char32_t high, char32_t low) {
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}
constexpr std::uint16_t high_of(char32_t code_point) {
    return static_cast<std::uint16_t>(0xD800 + ((code_point - 0x10000) >> 10));
}
constexpr std::uint16_t low_of(char32_t code_point) {
    return static_cast<std::uint16_t>(0xDC00 + ((code_point - 0x10000) & 0x3FF));
}

std::size_t sequence_size(std::uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xE0) return 2;
    return lead < 0xF0 ? 3 : 4;
}

// The library's plain search takes time in proportion to the product of the sizes on hostile
// texts.
template <class Text>
bool contains(const Text& text, const Text& needle) {
    if (needle.size() <= 8) return text.find(needle) != Text::npos;
    return linear_search(text.begin(), text.end(), needle.begin(), needle.end()) != text.end();
}

// Offset of the code point that holds the unit `index`; the next one for a pair's second half.
std::size_t offset_of_unit(std::string_view text, std::size_t index) {
    std::size_t offset = 0;
    for (std::size_t unit = 0; unit < index && offset < text.size();) {
        const std::size_t size = sequence_size(byte_at(text, offset));
        unit += size == 4 ? 2 : 1;
        offset += size;
    }
    return offset;
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::uint8_t lead = byte_at(text, i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        if (lead < 0xC2 || lead > 0xF4) return false;
        const std::size_t size = sequence_size(lead);
        if (text.size() - i < size) return false;
        for (std::size_t k = 1; k < size; ++k) {
            if (!is_continuation(byte_at(text, i + k))) return false;
        }
        const char32_t code_point = decode_first(text.substr(i)).code_point;
        if (size == 3 && (code_point < 0x800 || is_surrogate(code_point))) return false;
        if (size == 4 && (code_point < 0x10000 || code_point > 0x10FFFF)) return false;
        i += size;
    }
    return true;
}

Decoded decode_first(std::string_view text) {
    const std::uint8_t lead = byte_at(text, 0);
    const auto next = [&](std::size_t i) { return static_cast<char32_t>(byte_at(text, i) & 0x3F); };
    const std::size_t size = sequence_size(lead);
    if (size == 1 || size > text.size()) return {lead, 1};
    if (size == 2) return {static_cast<char32_t>(lead & 0x1F) << 6 | next(1), 2};
    if (size == 3) return {static_cast<char32_t>(lead & 0x0F) << 12 | next(1) << 6 | next(2), 3};
    return {static_cast<char32_t>(lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4};
}

void append_code_point(std::string& out, char32_t code_point) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | code_point >> 12);
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | code_point >> 18);
        put(0x80 | (code_point >> 12 & 0x3F));
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

std::size_t utf16_length(std::string_view text) {
    std::size_t length = 0;
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        length += static_cast<std::size_t>(!is_continuation(byte)) +
                  static_cast<std::size_t>(byte >= 0xF0);
    }
    return length;
}

std::optional<Utf16Unit> utf16_unit(std::string_view text, std::size_t index) {
    std::size_t unit = 0;
    for (std::size_t offset = 0; offset < text.size();) {
        const std::size_t size = sequence_size(byte_at(text, offset));
        const std::size_t units = size == 4 ? 2 : 1;
        if (index < unit + units) {
            const char32_t code_point = decode_first(text.substr(offset)).code_point;
            if (units == 1) return Utf16Unit{static_cast<std::uint16_t>(code_point), offset, size};
            return Utf16Unit{index == unit ? high_of(code_point) : low_of(code_point), offset, 0};
        }
        unit += units;
        offset += size;
    }
    return std::nullopt;
}

int compare_utf16(std::string_view a, std::string_view b) {
    const std::size_t common = std::min(a.size(), b.size());
    std::size_t at = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<long>(common), b.begin()).first -
        a.begin());
    if (at == common) return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
    // Up to `at` both are equal, so both have a code point beginning at or before it.
    while (at > 0 && (is_continuation(byte_at(a, at)) || is_continuation(byte_at(b, at))))
        --at;
    const char32_t left = decode_first(a.substr(at)).code_point;
    const char32_t right = decode_first(b.substr(at)).code_point;
    const char32_t left_unit = left < 0x10000 ? left : high_of(left);
    const char32_t right_unit = right < 0x10000 ? right : high_of(right);
    if (left_unit != right_unit) return left_unit < right_unit ? -1 : 1;
    if (left >= 0x10000 && right >= 0x10000) return left < right ? -1 : 1;
    // One is a pair, the other a lone high surrogate: its next unit, if any, is no low surrogate.
    const bool pair_is_left = left >= 0x10000;
    const std::string_view lone = (pair_is_left ? b : a).substr(at + 3);
    const std::uint16_t low = low_of(pair_is_left ? left : right);
    const bool lone_is_less = lone.empty() || (decode_first(lone).code_point >= 0x10000
                                                   ? high_of(decode_first(lone).code_point) < low
                                                   : decode_first(lone).code_point < low);
    return lone_is_less == pair_is_left ? 1 : -1;
}

bool contains_utf16(std::string_view text, std::string_view needle, std::size_t position) {
    if (has_lone_surrogate(needle)) {
        const std::u16string units = to_utf16(text);
        if (position > units.size()) return false;
        return contains(units.substr(position), to_utf16(needle));
    }
    return contains(text.substr(offset_of_unit(text, position)), needle);
}

void append_wtf8(std::string& out, std::string_view tail) {
    if (out.size() >= 3 && tail.size() >= 3 && byte_at(tail, 0) == 0xED) {
        const char32_t high = decode_first(std::string_view{out}.substr(out.size() - 3)).code_point;
        const char32_t low = decode_first(tail).code_point;
        const bool whole = byte_at(out, out.size() - 3) == 0xED;
        if (whole && is_high(high) && is_low(low)) {
            out.resize(out.size() - 3);
            append_code_point(out, join(high, low));
            tail.remove_prefix(3);
        }
    }
    out.append(tail);
}

std::u16string to_utf16(std::string_view text) {
    std::u16string units;
    units.reserve(text.size());
    while (!text.empty()) {
        const auto [code_point, size] = decode_first(text);
        if (code_point < 0x10000) {
            units.push_back(static_cast<char16_t>(code_point));
        } else {
            units.push_back(high_of(code_point));
            units.push_back(low_of(code_point));
        }
        text.remove_prefix(size);
    }
    return units;
}

void append_utf16(std::string& out, std::u16string_view units) {
    for (std::size_t i = 0; i < units.size(); ++i) {
        char32_t code_point = units[i];
        const bool pair = is_high(code_point) && i + 1 < units.size() && is_low(units[i + 1]);
        if (pair) code_point = join(code_point, units[++i]);
        std::string piece;
        append_code_point(piece, code_point);
        append_wtf8(out, piece);
    }
}

bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; });
}

bool has_lone_surrogate(std::string_view text) {
    for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
         at = text.find('\xED', at + 1)) {
        if (at + 1 < text.size() && byte_at(text, at + 1) >= 0xA0) return true;
    }
    return false;
}

std::string replace_lone_surrogates(std::string_view text) {
    std::string out{text};
    for (std::size_t at = out.find('\xED'); at != std::string::npos; at = out.find('\xED', at)) {
        if (at + 2 < out.size() && byte_at(out, at + 1) >= 0xA0) out.replace(at, 3, "\uFFFD");
        at += 3;
    }
    return out;
}

bool is_js_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

std::string_view trim_js_space_start(std::string_view text) {
    while (!text.empty()) {
        const auto [code_point, size] = decode_first(text);
        if (!is_js_space(code_point)) break;
        text.remove_prefix(size);
    }
    return text;
}

std::string_view trim_js_space_end(std::string_view text) {
    while (!text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && is_continuation(byte_at(text, last)))
            --last;
        if (!is_js_space(decode_first(text.substr(last)).code_point)) break;
        text.remove_suffix(text.size() - last);
    }
    return text;
}

std::string_view trim_js_space(std::string_view text) {
    return trim_js_space_end(trim_js_space_start(text));
}

}  // namespace millrace::expr
