// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commands.hpp"

namespace millrace::cli {

/// The whole program: understands the arguments, which do not include its own name, and does what
/// they say.
Exit run_program(const Console& console, const std::vector<std::string>& arguments);

}  // namespace millrace::cli
