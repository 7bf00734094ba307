// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// What a text of a format without types most likely means: an empty one null, `true` and `false`
/// booleans, a plain decimal number that number. All that could lose something stays a text:
/// leading zeros, a `+`, exponents, integers beyond 64 bits.
core::Value cell_value(std::string_view text);

}  // namespace millrace::nodes
