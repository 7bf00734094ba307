// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cell.hpp"
#include "compile_error.hpp"
#include "millrace/expr/reference.hpp"

// What names mean to JavaScript.
namespace millrace::expr {

/// Why an identifier that begins an operand is neither one of `allowed` nor a literal.
CompileError explain_name(std::string_view name, std::size_t offset, RootSet allowed);

/// A word that can't be a name, nor a shorthand in an object.
bool is_reserved(std::string_view word);

/// An operator or construct that is a word, such as `typeof`.
bool is_word_construct(std::string_view word);

/// Does every object inherit this property?
bool is_inherited_by_all(std::string_view name);
/// Does a value of this kind inherit it? Then JavaScript would give a function of its own.
bool is_inherited(Cell::Kind kind, std::string_view name);

}  // namespace millrace::expr
