// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/document.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::cli {

/// A workflow in Markdown: its graph, its nodes, its connections in words, which expression reads
/// what, who depends on whom, its settings, and how to run it. `file`: as commands would name it.
std::string workflow_page(const core::Document& document, const engine::Plan& plan,
                          const std::string& file);

/// The graph for Mermaid: a shape for each role, a box around each container's body.
std::string mermaid_graph(const core::Document& document, const engine::Plan& plan);

}  // namespace millrace::cli
