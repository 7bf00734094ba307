// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"

namespace millrace::cli {

void add_serve(CLI::App& program, Action& chosen);

}  // namespace millrace::cli
