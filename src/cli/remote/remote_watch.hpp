// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "commands.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "remote/api_client.hpp"
#include "run/execution_facts.hpp"
#include "run/run_facts.hpp"
#include "run/watch.hpp"
#include "terminal/progress.hpp"

namespace millrace::cli {

/// One execution on a server, by its id or by a beginning or an end of it that only one of the
/// newest has.
core::Result<core::ExecutionId> find_on_server(const ApiClient& client, const std::string& text);

/// What a workflow's version on a server looks like here; null when this build cannot compile it.
std::shared_ptr<const engine::Plan> plan_on_server(const ApiClient& client,
                                                   const std::string& workflow_id,
                                                   std::uint32_t version);

/// An execution as it is now. `plan` may be null.
core::Result<ExecutionFacts> execution_on_server(const ApiClient& client, core::ExecutionId id,
                                                 const engine::Plan* plan);

/// The same with the plan of its workflow.
struct ServerExecution {
    ExecutionFacts facts;
    std::shared_ptr<const engine::Plan> plan;  ///< null when this build cannot compile it
};
core::Result<ServerExecution> load_on_server(const ApiClient& client, core::ExecutionId id);

/// What a watcher should know of its nodes.
RunFacts watched_facts(const ExecutionFacts& facts, const engine::Plan* plan);

/// Its events so far, all of them.
core::Result<std::vector<core::Event>> events_on_server(const ApiClient& client,
                                                        core::ExecutionId id);

/// How an execution on a server is followed.
struct RemoteWatch {
    core::ExecutionId id;
    OnInterrupt on_interrupt = OnInterrupt::cancel;
    /// Only what comes after this is shown; empty: everything.
    std::string after;
    std::function<bool(core::ExecutionStatus)> rests_at = [](core::ExecutionStatus status) {
        return status == core::ExecutionStatus::paused;
    };
};
struct RemoteOutcome {
    WatchEnd end = WatchEnd::finished;
    ExecutionFacts facts;
};
/// Shows how it proceeds, until it has ended or rests, or somebody wants to stop. `plan` may be
/// null.
core::Result<RemoteOutcome> watch_on_server(const ApiClient& client, const SignalInbox& signals,
                                            Progress& progress, const engine::Plan* plan,
                                            const RemoteWatch& watch);

}  // namespace millrace::cli
