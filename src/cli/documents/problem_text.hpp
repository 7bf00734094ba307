// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "documents/document_file.hpp"

namespace millrace::cli {

/// Where problems are shown, and how.
struct ProblemStyle {
    std::size_t width = 100;  ///< cells that a line of source may take
    bool color = false;
    bool unicode = true;
};
/// For what goes to `out` or to `err` of the console.
ProblemStyle style_for_out(const Console& console);
ProblemStyle style_for_err(const Console& console);

/// A line of source as a terminal shows it, and the cells under which a mark belongs.
struct SourceCut {
    std::string text;  ///< fit for one line, tabs as spaces, cut to the width around the mark
    std::size_t mark_column = 0;
    std::size_t mark_width = 1;
};
/// `column` counts bytes from 1. The mark covers so many bytes, or by 0 the word, or the quoted
/// text, that begins there.
SourceCut cut_source(std::string_view line, std::size_t column, std::size_t width,
                     std::size_t mark_bytes = 0);

/// Part of a line, by bytes from 0.
struct MarkedBytes {
    std::size_t begin = 0;
    std::size_t size = 0;
};
/// The very word that a problem is about, where its message names it within the text at its place:
/// a node of a chain `a -> b`, a column of an expression. Else nothing.
std::optional<MarkedBytes> place_within(std::string_view line, const core::Problem& problem);

/// Each problem, then each warning: `file:line:column: code: message`, which programs may read;
/// below it the lines of the source with a mark under the place; last what helps.
std::string problem_text(const format::SourceText& source, const CheckedDocument& checked,
                         const ProblemStyle& style);

}  // namespace millrace::cli
