// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "commands.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "remote/api_client.hpp"
#include "remote/remote_watch.hpp"
#include "run/outcome.hpp"

namespace millrace::cli {

/// The id in `{execution_id, …}`, the answer to a start.
core::Result<core::ExecutionId> started_on_server(const core::Value& answer);

/// How a process ends that stops following an execution on a server, and a sentence that it goes
/// on there.
Exit left_on_server(const Context& context, WatchEnd end);

/// Shows a new execution until it has ended or rests, and what became of it. Ctrl-C cancels it.
core::Result<Exit> follow_to_end(const Context& context, const ApiClient& client,
                                 const SignalInbox& signals, core::ExecutionId id);

/// Sends a command to an execution and shows what follows from it, until that has ended or rests.
/// What has happened before is known, not shown. Ctrl-C leaves the execution alone.
struct RemoteCommand {
    core::ExecutionId id;
    std::function<core::Result<>()> send;
    std::function<bool(core::ExecutionStatus)> rests_at;
};
core::Result<RemoteOutcome> command_on_server(const Context& context, const ApiClient& client,
                                              const SignalInbox& signals,
                                              const RemoteCommand& command);

/// Of several: only the end of each is told.
core::Result<RemoteOutcome> follow_quietly(const Context& context, const ApiClient& client,
                                           const SignalInbox& signals, core::ExecutionId id,
                                           OnInterrupt on_interrupt);

}  // namespace millrace::cli
