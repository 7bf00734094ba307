// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/store/store.hpp"
#include "run/follower.hpp"

namespace millrace::cli {

// The commands below `millrace executions`.
void add_executions_list(CLI::App& group, Action& chosen);
void add_executions_show(CLI::App& group, Action& chosen);
void add_executions_events(CLI::App& group, Action& chosen);
void add_executions_nodes(CLI::App& group, Action& chosen);
void add_executions_resume(CLI::App& group, Action& chosen);
/// pause, cancel, step, breakpoints and node.
void add_executions_control(CLI::App& group, Action& chosen);
void add_executions_retry(CLI::App& group, Action& chosen);
void add_executions_replay(CLI::App& group, Action& chosen);
void add_executions_export(CLI::App& group, Action& chosen);
void add_executions_signal(CLI::App& group, Action& chosen);
void add_executions_answer(CLI::App& group, Action& chosen);

/// An execution read from a store that nobody has to own.
struct History {
    Follower follower;
    engine::ExecutionRow row;
    std::shared_ptr<const engine::Plan> plan;
    std::vector<core::Event> events;
};
/// By its id, or by a beginning or an end of it that only one of the newest executions has.
/// `scope`: what to keep of the inside of containers.
core::Result<History> read_history(store::Store& store, const std::string& id,
                                   const std::string& scope = {});

core::Result<core::ExecutionId> find_execution(store::Store& store, const std::string& text);

}  // namespace millrace::cli
