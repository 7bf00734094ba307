// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// How a finished execution is to be done again.
struct ForkRequest {
    /// The run to begin with: it and all that comes after it runs anew, also what comes after its
    /// container. Empty: what did not complete does.
    std::string from;
    /// With `from` what that run gets at its first input, else the new business input, with which
    /// nothing of the old results is kept.
    std::optional<core::Value> input;
};

/// What a CreateExecution needs to become the new execution.
struct Fork {
    core::NodeIndex trigger;
    core::Value input;
    core::Value trigger_data;
    core::Value variables;
    ExecutionOptions options;
};

/// Makes an execution that takes over results of a finished one: as pins by path, each completed
/// run that does not run anew, inside containers that did not complete too. Of a container that was
/// retried its last attempt counts; what ran in the clean-up of a try runs again, what was skipped
/// is decided again, and what was undone runs anew with all that follows from it. `source` has seen
/// the whole history and keeps `every_scope`. `target` may be another version of the workflow:
/// results are taken over by path, for nodes of the same type and outputs. Labels, priority and
/// mocked effects stay; pins of the source do not.
///
/// `CommandErrc::not_allowed` when the source is unfinished or `from` only stands in for another
/// node or undoes one; `unknown_node` when there is no such run; `StartErrc` when input or
/// variables do not fit the target. O(runs · depth).
core::Result<Fork> fork_of(const ExecutionView& source, const Plan& target,
                           const ForkRequest& request);

}  // namespace millrace::engine
