// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "executions/execution_control.hpp"
#include "executions/executions_commands.hpp"
#include "on_call.hpp"
#include "run/given_values.hpp"

namespace millrace::cli {
namespace {

struct SignalOptions {
    ControlOptions control;
    std::string name;
    std::optional<std::string> data;
};

core::Result<Exit> signal(const Context& context, const SignalOptions& options) {
    core::Value data;
    if (options.data) {
        auto read = given_input(context.console, *options.data);
        if (!read) return std::unexpected(read.error());
        data = std::move(*read);
    }
    const Control what{[&](runtime::Runtime& runtime, core::ExecutionId id) {
                           return runtime.signal(id, options.name, data);
                       },
                       Until::rests,
                       {"signals", options.name},
                       data};
    return control(context, options.control, what);
}

}  // namespace

void add_executions_signal(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("signal", "Give a signal to a run that waits for it");
    const auto options = std::make_shared<SignalOptions>();
    add_execution_id(*command, options->control);
    command->add_option("NAME", options->name, "The signal")->required();
    command->add_option("--input,-i", options->data, "What comes with it: JSON, @FILE, or -")
        ->type_name("JSON");
    add_node_rights(*command, options->control);
    command->footer(
        "It is kept when the run has not come to its wait yet.\n"
        "Example: millrace executions signal 5f1c approved --input '{\"by\": \"Ada\"}'");
    on_call(*command, chosen, options, signal);
}

}  // namespace millrace::cli
