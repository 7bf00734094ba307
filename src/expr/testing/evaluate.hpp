// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/host.hpp"
#include "millrace/expr/template.hpp"

namespace millrace::expr {

/// Operands for `references` out of an object with a member for each root.
std::vector<Operand> resolve(std::span<const Reference> references, const core::Value& roots);

/// Compiles with every root allowed and evaluates over `roots`. The result as JavaScript would
/// show it: text in quotes, `-0`, `undefined`; or the failure's or error's code.
std::string result_of(std::string_view source, const core::Value& roots = {},
                      const Host* host = nullptr);
/// The failure's or error's whole message.
std::string message_of(std::string_view source, const core::Value& roots = {},
                       const Host* host = nullptr);

/// The template `{{ … }}` tree over `roots` as JSON, or the code of its first error or failure.
std::string rendered(const core::Value& tree, const core::Value& roots = {});

std::string shown(const Operand& operand);

/// Parses JSON that a test wrote.
core::Value json(std::string_view text);

}  // namespace millrace::expr
