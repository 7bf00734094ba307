// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// `{PORT: value}`, by the names of the node type's outputs, in the order given.
core::Value outputs_value(const PlanNode& node, const std::vector<PortValue>& outputs);

}  // namespace millrace::engine
