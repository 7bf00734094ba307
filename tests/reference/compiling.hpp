// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/document.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::reference {

/// As production compiles it: `flow.*` types are those of the standard library; the others are
/// the engine's test types.
engine::CompileResult compiled(const core::Document& document);

}  // namespace millrace::reference
