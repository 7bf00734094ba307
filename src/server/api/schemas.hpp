// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// Adds what more than one folder of routes names: `Problem`, `Failure`, `Time`, `Workflow` (the
/// document's published schema) and `TestDocument`, `ValidationResult`, `DocumentProblem`,
/// `ExecutionStatus`, `NodeStatus`, `Execution`, `ExecutionSummary`, `NodeRun`, `Attempt`,
/// `Accepted`, `Any`. Route folders add their own to RouteTable::schemas.
void add_common_schemas(RouteTable& table);

}  // namespace millrace::server
