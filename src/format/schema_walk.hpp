// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "millrace/core/value.hpp"
#include "schema_patterns.hpp"

namespace millrace::format {

/// Looks for what valijson does not: references that lead elsewhere or in a circle, patterns, which
/// it adds to `patterns`, and keywords of the wrong kind. The first reason why `schema` can't be
/// compiled.
std::optional<std::string> schema_mistake(const core::Value& schema, SchemaPatterns& patterns);

}  // namespace millrace::format
