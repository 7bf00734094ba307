// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// Reads JSON that came from outside as data of a run: up to 10,000 levels deep.
core::Result<core::Value> read_json_text(std::string_view text,
                                         std::size_t bytes_max = core::JsonLimits{}.bytes_max);

bool is_json_limit(const core::Error& error);
/// `json_limit` of class `limit` where a limit was passed, else `bad_json` of class `validation`.
core::Failure json_failure(const core::Error& error, std::string message);

}  // namespace millrace::nodes
