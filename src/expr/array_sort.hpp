// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builtins.hpp"

namespace millrace::expr {

/// The elements in a new array, in order: stable, undefined ones last. `comparator` is a function,
/// or undefined for the order of texts.
Cell sort_cells(Call& call, const Cell& array, const Cell& comparator);

}  // namespace millrace::expr
