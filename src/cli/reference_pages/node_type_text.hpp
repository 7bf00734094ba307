// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "millrace/core/node_type.hpp"

namespace millrace::cli {

/// One node type for people: ports, fields with their defaults, and a node to copy.
std::string node_type_text(const core::NodeType& type, std::size_t width, bool color);

/// The types as a table, each with the first sentence of its description.
std::string node_type_table(const std::vector<const core::NodeType*>& types, std::size_t width,
                            bool color);

/// A node of that type as YAML, with an example's data.
std::string node_snippet(const core::NodeType& type);

}  // namespace millrace::cli
