// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::cli {

// The commands below `millrace node-types`.
void add_node_types_try(CLI::App& group, Action& chosen);

/// `http.request` or `http.request@1`; `FileErrc::bad_argument` with the nearest name.
core::Result<nodes::Registry::Definition> find_node_type(const nodes::Registry& library,
                                                         const std::string& text);

}  // namespace millrace::cli
