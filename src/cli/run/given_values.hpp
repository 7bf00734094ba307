// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "terminal/console.hpp"

namespace millrace::cli {

/// What `--input` names: JSON, `@FILE` with JSON in it, or `-` for standard input. Bytes are
/// written `{"$bytes": "<base64>"}`.
core::Result<core::Value> given_input(const Console& console, const std::string& text);

/// `NAME=VALUE` each, as one object. A VALUE that is JSON is that value, else a text.
/// `option` is what messages name.
core::Result<core::Value> given_variables(const std::vector<std::string>& assignments,
                                          std::string_view option = "--var");

/// `NODE=JSON` each, as one object. The JSON is `{PORT: value}`, what the node gives.
core::Result<core::Value> given_pins(const std::vector<std::string>& assignments);

/// `KEY=TEXT` each, as one object.
core::Result<core::Value> given_labels(const std::vector<std::string>& assignments);

}  // namespace millrace::cli
