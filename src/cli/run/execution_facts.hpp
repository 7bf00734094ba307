// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/execution_view.hpp"

namespace millrace::cli {

/// One execution as commands tell of it, whether its journal was read here or a server told it.
struct ExecutionFacts {
    std::string id;
    std::string workflow_id;
    std::uint32_t workflow_version = 0;
    core::ExecutionStatus status = core::ExecutionStatus::pending;
    std::string paused_before;  ///< empty: it has not paused by itself
    std::string forked_from;    ///< empty: no fork
    std::string from_path;
    std::string parent_id;    ///< the execution that has started it; empty: none
    std::string parent_path;  ///< the run there
    core::Value labels;       ///< object or null
    core::Value inputs;
    core::Value outputs;
    core::Time created_at;
    std::optional<core::Time> started_at;
    std::optional<core::Time> completed_at;
    std::optional<core::Failure> error;
    /// Of the top level, in order. Outputs are in `body` alone.
    std::vector<engine::NodeView> nodes;
    core::Value body;  ///< that of `GET /executions/{id}`

    bool has_ended() const { return core::is_terminal(status); }
};

ExecutionFacts facts_of(const engine::ExecutionView& view);

/// Of a body that a server gave. `plan` has the types of the nodes, which the body leaves out; may
/// be null.
core::Result<ExecutionFacts> read_execution(core::Value body, const engine::Plan* plan);

/// A node of such a body, or an item of `GET /executions/{id}/nodes`.
engine::NodeView read_node(const core::Value& node);

}  // namespace millrace::cli
