// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "compile_error.hpp"
#include "program.hpp"

namespace millrace::expr {

/// Compiles a string that is one expression, bare or as one whole `{{ … }}`, as the next root.
std::expected<void, CompileError> compile_field(Program& program, std::string_view source,
                                                const RootSet& allowed);

/// Compiles the expression after the `{{` at `offset` as the next root; gives the offset after
/// its `}}`.
std::expected<std::size_t, CompileError> compile_braces(Program& program, std::string_view source,
                                                        std::size_t offset, const RootSet& allowed);

/// Offset of the next `{{` from `offset` on, escaped or not; npos when there is none.
std::size_t find_braces(std::string_view source, std::size_t offset);

}  // namespace millrace::expr
