// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "compile_error.hpp"
#include "program.hpp"

namespace millrace::expr {

/// A secret may become a part of a text and nothing else: what its value is must not influence what
/// else is computed, and it is not known before the effect. Where the root that was compiled last,
/// of the nodes from `first` on, does more with one than to join it with `+` or in a template
/// literal, or to choose it by a condition on something else; nothing when it does not. The offset
/// is one in Program::text.
std::optional<CompileError> find_secret_misuse(const Program& program, std::size_t first);

}  // namespace millrace::expr
