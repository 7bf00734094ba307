// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "millrace/core/json.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// Reads RFC 8259 JSON: the language and the values of `core::parse_json`, several times faster on
/// large texts. Integers within int64 stay exact. Errors are `core::JsonErrc` and carry the exact
/// `line:column`; a text above `bytes_max` is `limit` before anything is looked at. Thread-safe.
core::Result<core::Value> read_json(std::string_view text, const core::JsonLimits& limits = {});

}  // namespace millrace::format
