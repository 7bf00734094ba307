// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "api/problem.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/document.hpp"

namespace millrace::server {

/// One document of a text that has several, and where it begins there.
struct DocumentPiece {
    format::SourceText source;
    std::uint32_t lines_before = 0;
    std::uint32_t columns_before = 0;  ///< in its first line
};

/// Takes a text with many documents apart: YAML at its lines `---`, JSON an array, an object with
/// `items`, or one document. 400 when it is no JSON; a YAML text is not looked into.
std::expected<std::vector<DocumentPiece>, Problem> split_documents(const format::SourceText& text);

/// Gives problems of a piece their places in the whole text, and paths that begin with `index`.
void place_in_whole(const DocumentPiece& piece, std::size_t index, core::Problems& problems);

}  // namespace millrace::server
