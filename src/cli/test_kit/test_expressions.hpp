// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::cli {

// Expressions of tests. They have the language of workflows and names of their own.

/// Of a mock: `input` (of the run), `value` (the request) and `index` (of the call, from 0).
core::Result<expr::Expression> compile_mock_expression(const std::string& source,
                                                       const expr::Host* host);
/// Of an expectation: `value` (the workflow's outputs), `error`, `nodes.ID.PORT`, `inputs`, `vars`
/// and `execution`.
core::Result<expr::Expression> compile_assertion(const std::string& source, const expr::Host* host);

/// `roots` is an object with a member for each name; what is not there is undefined.
std::expected<expr::Operand, core::Failure> evaluate(const expr::Expression& expression,
                                                     const core::Value& roots);

/// `value.total is 3; vars.limit is 5`: what plain paths in an expression lead to.
std::string operands_text(const expr::Expression& expression, const core::Value& roots);

}  // namespace millrace::cli
