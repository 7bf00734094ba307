// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tree.hpp"

namespace millrace::differential {

/// The value of `inputs`. Its member `big` is an integer beyond 2^53, a BigInt in expressions.
std::string_view inputs_json();

/// A random expression of the native subset; mostly, but not always, of fitting types.
Tree random_expression(std::uint64_t seed);

}  // namespace millrace::differential
