// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <ostream>
#include <vector>

#include "data_folder.hpp"
#include "execution_text.hpp"
#include "executions_commands.hpp"
#include "millrace/core/json.hpp"
#include "outcome.hpp"
#include "plain_lines.hpp"
#include "wording.hpp"

namespace millrace::cli {
namespace {

core::Result<History> history_of(const Context& context, const std::string& id) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    return read_history(**store, id);
}

core::Result<Exit> show(const Context& context, const std::string& id) {
    const auto history = history_of(context, id);
    if (!history) return std::unexpected(history.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(history->follower.view().to_value()) << "\n";
        return Exit::done;
    }
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << execution_text(console, *history, width) << std::flush;
    if (!history->follower.has_ended())
        console.say(Tone::plain, rest_words(history->follower.view()));
    return Exit::done;
}

/// What the lines of a run leave out, because a watcher sees it anyway.
std::string event_words(const core::Event& event, const RunFacts& facts, bool color) {
    if (const auto line = plain_line(event, facts)) return rendered(*line, color);
    std::string words{core::to_text(event.type)};
    if (!event.node_id.empty()) words += " " + one_line(event.node_id);
    const std::string failure = failure_words(event);
    return failure.empty() ? words : words + " " + failure;
}

core::Result<Exit> events(const Context& context, const std::string& id) {
    const auto history = history_of(context, id);
    if (!history) return std::unexpected(history.error());
    const Console& console = context.console;
    const RunFacts facts = facts_of(*history->plan);
    if (context.global.json) {
        std::vector<core::Value> items;
        for (const core::Event& event : history->events)
            items.push_back(event.to_value());
        console.out << core::to_json(core::Value::object(
                           {{"items", core::Value::array(items)}, {"next_cursor", nullptr}}))
                    << "\n";
        return Exit::done;
    }
    for (const core::Event& event : history->events) {
        console.out << painted(
                           Tone::dim,
                           date_text(console.local(event.time)) + event.time.text().substr(19, 4),
                           console.paints_out())
                    << " " << event_words(event, facts, console.paints_out()) << "\n";
    }
    return Exit::done;
}

using Shower = core::Result<Exit> (*)(const Context&, const std::string&);

void add_shower(CLI::App& command, Action& chosen, Shower shower) {
    const auto id = std::make_shared<std::string>();
    command.add_option("ID", *id, "The execution; a beginning or an end of its id will do")
        ->required();
    command.callback([id, shower, &chosen] {
        chosen = [id, shower](const Context& context) {
            const core::Result<Exit> exit = shower(context, *id);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace

void add_executions_show(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("show", "One execution with its nodes");
    add_shower(*command, chosen, show);
    command->footer("Example: millrace executions show 5f1c --json");
}

void add_executions_events(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("events", "Its events in order");
    add_shower(*command, chosen, events);
    command->footer("Example: millrace executions events 5f1c --json");
}

}  // namespace millrace::cli
