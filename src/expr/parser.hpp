// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "compile_error.hpp"
#include "program.hpp"

namespace millrace::expr {

/// Parentheses, brackets, unary operators and conditions within each other.
inline constexpr std::size_t nesting_max = 200;

/// Compiles the expression that begins at `offset` into `program`, as its next root. When
/// `embedded` it ends before the `}` that nothing in it opened, else with the source. Gives the
/// offset of its end. `source` is UTF-8.
std::expected<std::size_t, CompileError> parse(Program& program, std::string_view source,
                                               std::size_t offset, bool embedded,
                                               const RootSet& allowed);

}  // namespace millrace::expr
