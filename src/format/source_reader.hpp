// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "millrace/format/document.hpp"
#include "path_marks.hpp"

namespace millrace::format {

/// Reads YAML. `marks`, when given, is filled with the places of what it names.
TreeRead read_yaml(std::string_view text, const DocumentLimits& limits, PathMarks* marks);

/// Reads JSON in which keys may not repeat.
TreeRead read_json_tree(std::string_view text, const DocumentLimits& limits);

/// Fills in the places in a JSON text that `read_json_tree` accepts.
void mark_json(std::string_view text, PathMarks& marks);

/// `locate`, but for paths that count the connections of the text already. Sorts the problems in
/// the order of the text.
void place_problems(const SourceText& source, core::Problems& problems);

/// The text without a leading byte order mark, which has no column of its own.
std::string_view without_bom(std::string_view text);

/// What YAML forbids anywhere and its reader would misunderstand: invalid UTF-8 and control
/// characters other than tab and line ends.
std::optional<core::Problem> forbidden_character(std::string_view text);

}  // namespace millrace::format
