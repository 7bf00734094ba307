// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// JavaScript's view of a string, a sequence of UTF-16 units, upon UTF-8. Intermediate strings may
// hold lone surrogates, each encoded in three bytes like any other code point (WTF-8); a high and
// a low one never stand beside each other, they are one code point of four bytes.
namespace millrace::expr {

bool is_utf8(std::string_view text);

struct Decoded {
    char32_t code_point = 0;
    std::uint8_t size = 1;  ///< bytes
};
/// `text` is not empty and begins with a whole code point.
Decoded decode_first(std::string_view text);
void append_code_point(std::string& out, char32_t code_point);

std::size_t utf16_length(std::string_view text);

/// The unit at `index`, or nothing beyond the end. A unit that is a code point of its own is at
/// `offset`, `size` bytes long; the half of a pair has size 0.
struct Utf16Unit {
    std::uint16_t unit = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
};
std::optional<Utf16Unit> utf16_unit(std::string_view text, std::size_t index);

/// Less than, equal to or greater than 0, by UTF-16 units.
int compare_utf16(std::string_view a, std::string_view b);

/// Does `needle` occur in `text` at or after the unit `position`? Linear in both.
bool contains_utf16(std::string_view text, std::string_view needle, std::size_t position);

/// Appends, and makes one code point of surrogates that meet.
void append_wtf8(std::string& out, std::string_view tail);

/// As JavaScript sees it, unit by unit.
std::u16string to_utf16(std::string_view text);
/// Back again, after what `out` holds.
void append_utf16(std::string& out, std::u16string_view units);

bool is_ascii(std::string_view text);
bool has_lone_surrogate(std::string_view text);
/// U+FFFD in place of each lone surrogate.
std::string replace_lone_surrogates(std::string_view text);

/// WhiteSpace or LineTerminator of ECMAScript.
bool is_js_space(char32_t code_point);
std::string_view trim_js_space(std::string_view text);
std::string_view trim_js_space_start(std::string_view text);
std::string_view trim_js_space_end(std::string_view text);

}  // namespace millrace::expr
