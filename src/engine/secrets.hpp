// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/engine/secret_text.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// What stands for the node's secret of that number in this run. Made from the execution's seed,
/// which leaves the engine nowhere, so that no data from outside can hold one; the same in all
/// attempts.
std::string secret_marker(const Turn& turn, RunRef run, std::uint32_t index);

/// All of the node's.
std::vector<SecretUse> secret_uses(const Turn& turn, RunRef run);

}  // namespace millrace::engine
