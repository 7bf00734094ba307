// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/node_type.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::cli {

/// One node type in Markdown: what it is, its ports with kind, need and schema, its fields,
/// examples and a snippet. `level`: of its heading, 1 for a page of its own.
std::string node_type_page(const core::NodeType& type, std::size_t level);

/// All types on one page, by category.
std::string node_types_page(const nodes::Registry& registry);

/// The list of all types, each with a link to the page `TYPE.md` beside it.
std::string node_types_index(const nodes::Registry& registry);

/// Text for a cell of a table.
std::string in_cell(std::string text);

}  // namespace millrace::cli
