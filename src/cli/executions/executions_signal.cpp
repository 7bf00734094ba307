// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "data_folder.hpp"
#include "executions/executions_commands.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_watch.hpp"
#include "run/given_values.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

struct SignalOptions {
    std::string id;
    std::string name;
    std::optional<std::string> data;
};

/// Nothing in this version of the document format waits for a signal.
core::Result<Exit> signal_here(const Context& context, const SignalOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto id = find_execution(**store, options.id);
    if (!id) return std::unexpected(id.error());
    const auto row = (*store)->execution(*id);
    if (!row) return std::unexpected(row.error());
    return core::fail(
        store::StoreErrc::conflict,
        core::is_terminal(row->status)
            ? "execution " + id->text() + " is " + std::string{core::to_text(row->status)} +
                  " already"
            : "execution " + id->text() + " does not wait for a signal " + one_line(options.name));
}

core::Result<Exit> signal(const Context& context, const SignalOptions& options) {
    core::Value data;
    if (options.data) {
        auto read = given_input(context.console, *options.data);
        if (!read) return std::unexpected(read.error());
        data = std::move(*read);
    }
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (!*server) return signal_here(context, options);
    const auto id = find_on_server(**server, options.id);
    if (!id) return std::unexpected(id.error());
    const auto sent =
        (*server)->post(api_path({"executions", id->text(), "signals", options.name}), data);
    if (!sent) return std::unexpected(sent.error());
    context.console.say(Tone::good, "signal " + one_line(options.name) + " was given");
    return Exit::done;
}

}  // namespace

void add_executions_signal(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("signal", "Give a signal to a run that waits for it");
    const auto options = std::make_shared<SignalOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_option("NAME", options->name, "The signal")->required();
    command->add_option("--input,-i", options->data, "What comes with it: JSON, @FILE, or -")
        ->type_name("JSON");
    command->footer(
        "Example: millrace executions signal 5f1c approved --input '{\"by\": \"Ada\"}'");
    on_call(*command, chosen, options, signal);
}

}  // namespace millrace::cli
