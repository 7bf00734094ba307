// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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

/// Of several: only the end of each is told.
core::Result<RemoteOutcome> follow_quietly(const Context& context, const ApiClient& client,
                                           const SignalInbox& signals, core::ExecutionId id,
                                           OnInterrupt on_interrupt);

}  // namespace millrace::cli
