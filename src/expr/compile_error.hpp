// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/expr/expression.hpp"

namespace millrace::expr {

/// What is wrong at one byte of a source.
struct CompileError {
    ExprErrc code = ExprErrc::syntax;
    std::size_t offset = 0;
    std::string message;
};

inline std::unexpected<CompileError> refuse(ExprErrc code, std::size_t offset,
                                            std::string message) {
    return std::unexpected{CompileError{code, offset, std::move(message)}};
}

inline std::unexpected<CompileError> needs_sandbox(std::size_t offset, std::string_view construct) {
    return refuse(ExprErrc::not_native, offset,
                  std::string{construct} + " needs the sandbox, which this version does not have");
}

/// "column 3: …", or "line 2, column 3: …" in a source of several lines; both count from 1.
std::string placed_message(std::string_view source, const CompileError& error);

}  // namespace millrace::expr
