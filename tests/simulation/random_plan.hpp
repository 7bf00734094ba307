// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "dice.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::simulation {

/// A plan of up to about twenty nodes with branches, joins, filters, retries, timeouts, error
/// ports, fallbacks and delays. Always valid.
std::shared_ptr<const engine::Plan> random_plan(Dice& dice);

}  // namespace millrace::simulation
