// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/shard.hpp"

namespace millrace::engine {

// Values share their parts in memory, so a few nodes can make one that would fill the disk when it
// is written out. Whatever is about to be recorded is asked first. O(1) per value.

bool is_too_large(const core::Value& value, const ShardLimits& limits);
/// All of an output together.
bool is_too_large(const std::vector<PortValue>& outputs, const core::Value& note,
                  const ShardLimits& limits);

/// Class `limit`, code `value_too_large`.
core::Failure too_large_failure(const ShardLimits& limits);

}  // namespace millrace::engine
