// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "millrace/core/result.hpp"
#include "terminal/console.hpp"

namespace CLI {
class App;
}

namespace millrace::cli {

/// What the process ends with.
enum class Exit : int {
    done = 0,
    failed = 1,  ///< the run or the check failed
    wrong_use = 2,
    hung_up = 129,  ///< SIGHUP; unfinished executions are left for `executions resume`
    interrupted = 130,
    terminated = 143,  ///< SIGTERM; like hung_up
};

/// Options that every command takes, before or after its name.
struct GlobalOptions {
    std::string data;    ///< folder; empty: chosen by the surroundings
    std::string store;   ///< URL; empty: the data folder
    std::string server;  ///< URL; empty: that of the environment, or that of the data folder
    bool json = false;
};

struct Context {
    const Console& console;
    const GlobalOptions& global;
};

using Action = std::function<Exit(const Context&)>;

// Each adds a command to the program. When the command line names it, `chosen` is set to what is
// to be done.
void add_run(CLI::App& program, Action& chosen);
void add_validate(CLI::App& program, Action& chosen);
void add_test(CLI::App& program, Action& chosen);
void add_executions(CLI::App& program, Action& chosen);
void add_node_types(CLI::App& program, Action& chosen);
void add_cache(CLI::App& program, Action& chosen);
void add_dead_letters(CLI::App& program, Action& chosen);
void add_secrets(CLI::App& program, Action& chosen);
void add_credentials(CLI::App& program, Action& chosen);
void add_variables(CLI::App& program, Action& chosen);
void add_db(CLI::App& program, Action& chosen);
void add_new(CLI::App& program, Action& chosen);
void add_version(CLI::App& program, Action& chosen);
void add_apply(CLI::App& program, Action& chosen);
void add_workflows(CLI::App& program, Action& chosen);
void add_config(CLI::App& program, Action& chosen);
void add_doctor(CLI::App& program, Action& chosen);
void add_docs(CLI::App& program, Action& chosen);
void add_breakers(CLI::App& program, Action& chosen);
void add_completion(CLI::App& program, Action& chosen);
void add_waits(CLI::App& program, Action& chosen);
void add_events(CLI::App& program, Action& chosen);
void add_schedules(CLI::App& program, Action& chosen);
void add_webhooks(CLI::App& program, Action& chosen);
void add_analytics(CLI::App& program, Action& chosen);
void add_notifications(CLI::App& program, Action& chosen);

/// Says what went wrong; the status to end with.
Exit failed_with(const Context& context, const core::Error& error);

}  // namespace millrace::cli
