// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "compile_error.hpp"
#include "lexer.hpp"

// How JavaScript spells names, numbers and characters.
namespace millrace::expr {

/// Bytes of the identifier at the beginning of `text`; 0 when there is none.
std::size_t name_size(std::string_view text);

/// The number or BigInt that begins at `offset` with a digit or a point.
std::expected<Token, CompileError> lex_number(std::string_view source, std::size_t offset);

/// Appends what the escape sequence at `offset`, a backslash, stands for; gives the offset after
/// it.
std::expected<std::size_t, CompileError> append_escape(std::string& out, std::string_view source,
                                                       std::size_t offset);

}  // namespace millrace::expr
