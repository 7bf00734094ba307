// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/reference.hpp"

namespace millrace::reference {

/// What a name in an expression stands for.
using Names = std::function<core::Value(const expr::Reference&)>;

/// The expression's value.
std::expected<core::Value, core::Failure> evaluate(const std::string& source, const Names& names);

/// Whether the expression is true as JavaScript sees it.
std::expected<bool, core::Failure> is_true(const std::string& source, const Names& names);

/// The tree with its templates replaced by their values; the strings in `expression_fields` are
/// expressions, with or without braces.
std::expected<core::Value, core::Failure> evaluate_tree(
    const core::Value& tree, const std::vector<std::string>& expression_fields, const Names& names);

}  // namespace millrace::reference
