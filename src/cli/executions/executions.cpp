// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "executions/executions_commands.hpp"

namespace millrace::cli {

void add_executions(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("executions", "See what ran, and decide how it goes on");
    command->require_subcommand(1);
    command->footer("Example: millrace executions list --status failed");
    add_executions_list(*command, chosen);
    add_executions_show(*command, chosen);
    add_executions_events(*command, chosen);
    add_executions_nodes(*command, chosen);
    add_executions_resume(*command, chosen);
    add_executions_control(*command, chosen);
    add_executions_retry(*command, chosen);
    add_executions_replay(*command, chosen);
    add_executions_export(*command, chosen);
    add_executions_signal(*command, chosen);
    add_executions_answer(*command, chosen);
}

}  // namespace millrace::cli
