// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/engine/execution_view.hpp"
#include "run/execution_facts.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

/// One execution for people: what it is, what it got and gave, its nodes with their attempts, and
/// why it failed. Long values are cut at `width` cells.
std::string execution_text(const Console& console, const ExecutionFacts& facts, std::size_t width);

/// A line for each, in order.
std::string node_table(const Console& console, const std::vector<engine::NodeView>& nodes,
                       std::size_t width);

}  // namespace millrace::cli
