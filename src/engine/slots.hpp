// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/expr/expression.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// Whose expression is evaluated: a node's, a connection's, or neither for the outputs.
struct SlotOwner {
    std::uint32_t scope = 0;  ///< instance that it belongs to
    std::optional<core::NodeIndex> node;
    const PlanConnection* connection = nullptr;
    core::Value item;         ///< `value` on a connection, or in a loop's condition
    std::uint32_t index = 0;  ///< `index` in a loop's condition

    static SlotOwner of(RunRef run) { return {run.scope, run.node, nullptr, {}, 0}; }
};

/// Adds the values that an expression reads, in the order of its references.
void read_slots(const Turn& turn, std::span<const SlotSource> slots, const SlotOwner& owner,
                std::vector<expr::Operand>& operands);

}  // namespace millrace::engine
