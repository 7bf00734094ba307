// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/runtime/runtime.hpp"
#include "run/permissions.hpp"
#include "run/session.hpp"

// Commands that change one unfinished execution: one shape for all of them.

namespace millrace::cli {

/// What the command line may say about one; each command adds some of it.
struct ControlOptions {
    std::string id;
    std::string reason;
    std::vector<std::string> nodes;
    std::string path;
    EgressOptions egress;
    PermissionOptions permissions;
};

/// When the command has done its work, as far as that takes time.
enum class Until : std::uint8_t {
    idle,   ///< nothing happens any more but by time or a command
    rests,  ///< it has ended, is paused, or waits for long
    ended,
};

struct Control {
    std::function<core::Result<>(runtime::Runtime&, core::ExecutionId)> send;
    Until until = Until::idle;
    /// The same on a server: what follows `/executions/{id}`, and the body.
    std::vector<std::string> path;
    core::Value body;
};

/// Does it on the server or the store, and shows what follows from it.
core::Result<Exit> control(const Context& context, const ControlOptions& options,
                           const Control& what);

/// Adds ID; then, last of all, what nodes may use where the execution goes on in this process.
void add_execution_id(CLI::App& command, ControlOptions& options);
void add_node_rights(CLI::App& command, ControlOptions& options);

}  // namespace millrace::cli
