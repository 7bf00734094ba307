// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/core/value.hpp"

namespace millrace::expr {

// How RFC 9535 compares values. A null pointer is Nothing: what an empty path gives.

/// What comparing costs, in bytes and elements looked at: bounded by the smaller one.
std::uint64_t comparison_cost(const core::Value* left, const core::Value* right);

bool path_equal(const core::Value* left, const core::Value* right);
/// Of two numbers or two texts; of others false.
bool path_less(const core::Value* left, const core::Value* right);

}  // namespace millrace::expr
