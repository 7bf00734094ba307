// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::cli {

/// Does the name end like that of a workflow file?
bool is_workflow_file(std::string_view name);

/// The files that arguments mean, each once: a folder stands for all workflow files in it and
/// below, hidden folders aside, in order of their names; a pattern (`*`, `?`, `[…]`) that is no
/// file itself for what it matches; all else, `-` too, for itself. `bad_argument` when a folder or
/// a pattern holds nothing.
core::Result<std::vector<std::string>> document_paths(std::span<const std::string> arguments);

}  // namespace millrace::cli
