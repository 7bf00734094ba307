// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine_run.hpp"
#include "interpreter.hpp"

namespace millrace::reference {

/// What the interpreter does not allow of what was seen, a line each: the place, what was expected
/// and what was got. Empty when they agree.
std::vector<std::string> differences(const core::Document& document, const Expectation& expected,
                                     const EngineRun& run);

}  // namespace millrace::reference
