// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/runtime/runtime.hpp"
#include "run/wakeups.hpp"
#include "run/watch.hpp"

namespace millrace::cli {

/// An engine of this process's own on the chosen data, for one command.
struct Session {
    SignalInbox signals;
    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    std::unique_ptr<runtime::Runtime> runtime;

    /// Owns the data until the session ends.
    static core::Result<std::unique_ptr<Session>> open(const Context& context,
                                                       runtime::HttpOptions http,
                                                       runtime::FileOptions files = {},
                                                       runtime::CommandOptions commands = {});
    ~Session();
};

/// Options of commands that let nodes call the network.
struct EgressOptions {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    bool only_allowed = false;

    void add_to(CLI::App& command);
    runtime::HttpOptions http() const;
};

/// What a crash left unfinished.
struct Leftovers {
    std::vector<engine::ExecutionRow> own;  ///< oldest first
    std::vector<engine::ExecutionRow> others;
    std::vector<engine::ExecutionRow> paused;  ///< of any workflow; these wait for a command
};
core::Result<Leftovers> find_leftovers(store::Store& store, const std::string& workflow_id);

/// `hello, order-intake (2)`.
std::string workflows_of(const std::vector<engine::ExecutionRow>& rows);

/// Takes executions over, resumes those that are paused, and follows all until they have ended or
/// are paused again, one line each. The end of the watch, or an error; `failed` counts those that
/// ended without being completed.
struct ResumeOutcome {
    WatchEnd end = WatchEnd::finished;
    std::size_t failed = 0;
};
/// `variables`: other values for those that are paused, or null.
core::Result<ResumeOutcome> resume(const Context& context, Session& session,
                                   const std::vector<engine::ExecutionRow>& rows,
                                   const core::Value& variables = {});

/// How a process ends whose watch was cut short, and the sentence that says what is left.
/// `flags`: what the command that finishes it should be given, such as ` --allow-files DIR`.
Exit left_unfinished(const Context& context, WatchEnd end, const std::string& flags = {});

}  // namespace millrace::cli
