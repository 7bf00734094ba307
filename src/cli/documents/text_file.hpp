// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::cli {

/// Writes a new file; `exists` when there is one of that name, whoever else writes.
core::Result<> create_file(const std::string& name, std::string_view text);

/// Puts the text in the place of the file's, all or nothing; the file keeps its mode, and a
/// symbolic link keeps leading to it. Creates a file that is not there.
core::Result<> replace_file(const std::string& name, std::string_view text);

/// The lines that differ, as a unified diff without context that `patch` understands. The texts
/// are compared line by line, so nothing but changes within lines comes out short.
std::string line_diff(const std::string& name, std::string_view before, std::string_view after,
                      bool color);

}  // namespace millrace::cli
