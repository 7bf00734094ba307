// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::format {

/// A string as a YAML scalar on one line, unquoted where no reader could mistake it. Inside flow
/// collections fewer texts can go without quotes.
std::string yaml_string(std::string_view text, bool in_flow);

/// A leaf: null, bool, number, string or bytes.
std::string yaml_scalar(const core::Value& value, bool in_flow);

/// Can the text stand as a literal block (`|`), every line as it is?
bool fits_literal_block(std::string_view text);

}  // namespace millrace::format
