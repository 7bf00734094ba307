// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::format {

/// What an unquoted YAML 1.2 scalar means by the core schema. Nothing for `.inf`, `.nan` and floats
/// beyond a double, which JSON does not have. What is no null, bool or number is a string.
std::optional<core::Value> resolve_plain_scalar(std::string_view text);

/// Does YAML 1.2's or an older reader take the unquoted text for something other than a string?
bool needs_quotes_as_string(std::string_view text);

}  // namespace millrace::format
