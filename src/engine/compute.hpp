// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// Everything a node's computation depends on.
struct Computation {
    const PlanNode& node;
    std::span<const expr::Operand> operands;  // of the node's data template
    std::span<const core::Value> inputs;
    std::span<const std::string_view> labels;
    std::span<const expr::Operand> deferred;  // of the node's deferred expressions, one by one
    core::Time now;
    std::uint64_t fuel;
    std::size_t weight_max;  ///< of what the node may put out
    bool is_job = false;     ///< nobody waits for it but the run
};

/// Evaluates the node's data and asks its behaviour. A pure function; the failure, if it is one,
/// names the node.
NodeOutcome compute(const Computation& computation);

}  // namespace millrace::engine
