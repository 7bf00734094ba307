// SPDX-License-Identifier: Apache-2.0
#include "yaml_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/time.hpp"
#include "yaml_scalar.hpp"

namespace millrace::format {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Characters that mean nothing in the middle of an unquoted scalar, in any collection.
bool is_harmless(char c) {
    constexpr std::string_view marks = " _-+./()<>=$@;~^'\"*!&|%";
    return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
}

bool may_begin(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '/';
}

bool is_plain(std::string_view text, bool in_flow) {
    if (text.empty() || text.size() > 200 || !may_begin(text[0]) || text.back() == ' ')
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_harmless(text[i])) continue;
        // A colon is part of the text unless a blank or the end follows, as in URLs.
        const bool inner_colon =
            text[i] == ':' && !in_flow && i + 1 < text.size() && text[i + 1] != ' ';
        const bool inner_mark = (text[i] == ',' || text[i] == '?') && !in_flow;
        if (!inner_colon && !inner_mark) return false;
    }
    // Dates, times and the like: other readers give them types of their own.
    if (is_digit(text[0]) && !core::parse_duration(text)) return false;
    return !needs_quotes_as_string(text);
}

struct CodePoint {
    char32_t value;
    std::size_t size;
};

/// Of well-formed UTF-8, which all strings of Values are.
CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
    };
    if (byte(0) < 0x80) return {byte(0), 1};
    if (byte(0) < 0xE0) return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    if (byte(0) < 0xF0) {
        return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    }
    return {
        (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
        4};
}

/// Not printable in YAML, or a line break to some of its readers.
bool needs_escape(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
           (c & 0xFFFE) == 0xFFFE;
}

void append_escape(std::string& out, char32_t c) {
    constexpr std::string_view digits = "0123456789abcdef";
    int shift = 0;
    if (c <= 0xFF) {
        out += "\\x";
        shift = 4;
    } else if (c <= 0xFFFF) {
        out += "\\u";
        shift = 12;
    } else {
        out += "\\U";
        shift = 28;
    }
    for (; shift >= 0; shift -= 4)
        out += digits[(c >> shift) & 15];
}

std::string double_quoted(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const auto [c, size] = code_point_at(text, at);
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\t': out += "\\t"; break;
            case '\r': out += "\\r"; break;
            default:
                if (needs_escape(c)) {
                    append_escape(out, c);
                } else {
                    out += text.substr(at, size);
                }
        }
        at += size;
    }
    return out + "\"";
}

std::string number_scalar(const core::Value& value) {
    if (value.is_integer()) return core::number_text(value.as_integer());
    const double number = value.as_double();
    if (!std::isfinite(number)) return "null";
    return core::exact_number_text(number);
}

}  // namespace

std::string yaml_string(std::string_view text, bool in_flow) {
    return is_plain(text, in_flow) ? std::string{text} : double_quoted(text);
}

std::string yaml_scalar(const core::Value& value, bool in_flow) {
    switch (value.kind()) {
        case core::Value::Kind::null: return "null";
        case core::Value::Kind::boolean: return value.as_bool() ? "true" : "false";
        case core::Value::Kind::integer:
        case core::Value::Kind::number: return number_scalar(value);
        case core::Value::Kind::string: return yaml_string(value.as_string(), in_flow);
        case core::Value::Kind::bytes: {
            const auto bytes = value.as_bytes();
            const std::string_view raw{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
            return "{ $bytes: \"" + core::base64(raw) + "\" }";
        }
        case core::Value::Kind::array: return "[]";
        case core::Value::Kind::object: return "{}";
    }
    return "null";
}

bool fits_literal_block(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.ends_with("\n\n")) return false;
    if (text[0] == ' ' || text[0] == '\n') return false;
    for (std::size_t at = 0; at < text.size();) {
        const auto [c, size] = code_point_at(text, at);
        if (c != '\n' && needs_escape(c)) return false;
        at += size;
    }
    // Lines of blanks only would be taken for empty ones.
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        if (at > 0 && text[at - 1] == ' ') return false;
    }
    return text.back() != ' ';
}

}  // namespace millrace::format
