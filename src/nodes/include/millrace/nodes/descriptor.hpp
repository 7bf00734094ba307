// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/node_type.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// Reads a `node.json`. The error is `bad_descriptor`; `name` says whose text it is.
core::Result<core::NodeType> read_descriptor(std::string_view name, std::string_view json);

/// What is wrong with a descriptor beside its schemas, one sentence each; empty when it is sound.
std::vector<std::string> mistakes_of(const core::NodeType& type);

/// The descriptor as data, in the form of `node.json` with all defaults written out.
core::Value to_value(const core::NodeType& type);

}  // namespace millrace::nodes
