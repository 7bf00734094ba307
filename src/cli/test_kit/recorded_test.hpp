// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "executions/executions_commands.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

/// An execution with all its runs and events, as `executions export` writes it. `history` keeps
/// every scope.
core::Value export_value(const History& history, const core::Value& document);

/// The same as a document of tests with one test: what it was given, what its effects gave, and
/// what came of it. `workflow`: the file that the test names.
core::Value recorded_test(const History& history, const std::string& workflow);

}  // namespace millrace::cli
