// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

enum class SchemaErrc { bad_schema };
std::string_view code_text(SchemaErrc code);

/// Strings longer than this are not matched against `pattern` but violate it; so are shorter ones
/// where the pattern is large or looks ahead, and the time would get beyond a second.
inline constexpr std::size_t schema_pattern_bytes_max = 64u << 10;

/// Compiles a JSON Schema (draft-07). A `$ref` may point into the schema itself only; a reference
/// to elsewhere, a bad pattern or a malformed keyword is `bad_schema`. `format` is checked for
/// date, date-time, time, email, hostname, ipv4, ipv6, uri and uuid; bytes count as strings.
core::Result<std::shared_ptr<const core::SchemaCheck>> compile_schema(const core::Value& schema);

/// The published JSON Schema of workflow documents: what this build accepts, exactly in form.
std::string_view workflow_schema();

}  // namespace millrace::format
