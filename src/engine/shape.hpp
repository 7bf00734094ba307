// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile_draft.hpp"
#include "compile_graph.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// Of a draft without problems. Fallbacks have their place in the order and the groups, behind
/// what they stand in for; the critical path leaves them out, as they run in emergencies only.
PlanShape shape_of(const Draft& draft, const CompileGraph& graph);

}  // namespace millrace::engine
