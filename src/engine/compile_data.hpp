// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/node_type.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"

namespace millrace::engine {

/// Violations of the type's schema by unevaluated `data`, without those that an expression's
/// result may cure: a string with `{{`, or any string in an expression field, can become anything.
std::vector<core::SchemaViolation> data_violations(const core::NodeType& type,
                                                   const core::Value& data);

/// How the strings below one top-level key of `data` are read; nothing: as templates.
const core::DataField* find_field(const core::NodeType& type, std::string_view key);

/// A string of a node's `data` that is an expression for the node to evaluate itself.
struct DeferredSource {
    std::string pointer;  ///< within `data`
    std::string source;
    const core::DataField* field = nullptr;
};

/// `data` without its deferred fields, which go to `deferred` in the order in which they stand.
core::Value without_deferred(const core::NodeType& type, const core::Value& data,
                             std::vector<DeferredSource>& deferred);

/// Holds a `{{` that is not written `\{{`.
bool is_template(const core::DataField* field);

bool holds_template(std::string_view text);

}  // namespace millrace::engine
