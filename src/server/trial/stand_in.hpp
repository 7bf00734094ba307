// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "millrace/core/node_type.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/runtime/rehearsal.hpp"

namespace millrace::server {

/// What stands in for calls of a node of this type; see NodeTrial::answers. `bad_answer` names the
/// one that cannot be read.
core::Result<std::vector<runtime::StandIn>> read_stand_ins(std::span<const core::Value> answers,
                                                           const core::NodeType& type);

}  // namespace millrace::server
