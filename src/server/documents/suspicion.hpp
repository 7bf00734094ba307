// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/document.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::server {

/// What is legal in a workflow, but has no effect: variables that nothing reads, results that
/// nothing uses. Without places; `format::locate` adds them.
core::Problems suspicions(const core::Document& document, const engine::Plan& plan);

}  // namespace millrace::server
