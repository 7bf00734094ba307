// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dice.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::simulation {

/// A plan of up to about `nodes` nodes with branches, joins, filters, retries, timeouts, error
/// ports, fallbacks and delays, in loops and tries up to three deep. Always valid.
std::shared_ptr<const engine::Plan> random_plan(Dice& dice, const std::string& workflow,
                                                std::uint32_t nodes);

}  // namespace millrace::simulation
