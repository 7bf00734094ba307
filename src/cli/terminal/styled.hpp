// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

enum class Tone : std::uint8_t { plain, dim, strong, good, bad, warn };

/// A piece of text with what it means; colour is a matter of the terminal.
struct Span {
    Tone tone = Tone::plain;
    std::string text;

    friend bool operator==(const Span&, const Span&) = default;
};
using Line = std::vector<Span>;

/// Cells that `text` takes on a terminal; it must hold no control characters.
std::size_t columns_of(std::string_view text);

/// `text` in at most `width` cells; a shortened one ends in `…`.
std::string clipped(std::string_view text, std::size_t width);
/// `text` with spaces up to `width` cells.
std::string padded(std::string_view text, std::size_t width);

/// Fit for one line of a terminal: control characters, which could move its cursor or change its
/// colours, become spaces, and what is not UTF-8 becomes U+FFFD. For all text of documents, data
/// and peers.
std::string one_line(std::string_view text);

/// ANSI colour around the text, or the bare text.
std::string painted(Tone tone, std::string_view text, bool color);

/// The line in at most `width` cells.
std::string rendered(const Line& line, std::size_t width, bool color);
/// The line broken at spaces into lines of at most `width` cells, those after the first behind
/// `indent` spaces; a longer word stays whole.
std::vector<Line> wrapped(const Line& line, std::size_t width, std::size_t indent = 0);
/// The line cut to at most `width` cells.
Line clipped(const Line& line, std::size_t width);
/// The whole line.
std::string rendered(const Line& line, bool color);

}  // namespace millrace::cli
