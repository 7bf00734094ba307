// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::server {

/// Where schemas that others name lie in an OpenAPI document.
inline constexpr std::string_view component_prefix = "#/components/schemas/";

/// A schema of the API as one that stands alone: what it names by `#/components/schemas/NAME`, at
/// any depth, becomes its `definitions`. `find` gives a schema by name; what it does not know stays
/// a reference to nothing, which compiling reports.
core::Value bundled(const core::Value& schema,
                    const std::function<const core::Value*(std::string_view)>& find);

/// The schema with each `$ref` that begins with `from` beginning with `to` instead.
core::Value with_references(const core::Value& schema, std::string_view from, std::string_view to);

}  // namespace millrace::server
