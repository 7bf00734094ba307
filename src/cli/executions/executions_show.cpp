// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <ostream>
#include <vector>

#include "data_folder.hpp"
#include "executions/execution_text.hpp"
#include "executions/executions_commands.hpp"
#include "millrace/core/json.hpp"
#include "run/outcome.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/timeline.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

core::Result<History> history_of(const Context& context, const std::string& id) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    return read_history(**store, id);
}

core::Result<Exit> show(const Context& context, const std::string& id, bool with_timeline) {
    const auto history = history_of(context, id);
    if (!history) return std::unexpected(history.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(history->follower.view().to_value()) << "\n";
        return Exit::done;
    }
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << execution_text(console, *history, width);
    if (with_timeline) {
        InnerRuns inner;
        for (const core::Event& event : history->events)
            inner.take(event);
        const TimelineStyle style{console.out_is_terminal ? console.size().columns : 100,
                                  console.unicode, console.now()};
        console.out << "\n";
        for (const Line& line : timeline(history->follower.view(), inner, style))
            console.out << rendered(line, console.paints_out()) << "\n";
    }
    console.out << std::flush;
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

void add_id(CLI::App& command, std::string& id) {
    command.add_option("ID", id, "The execution; a beginning or an end of its id will do")
        ->required();
}

}  // namespace

void add_executions_show(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("show", "One execution with its nodes");
    const auto id = std::make_shared<std::string>();
    const auto with_timeline = std::make_shared<bool>(false);
    add_id(*command, *id);
    command->add_flag("--timeline", *with_timeline, "A bar per node, and the critical path");
    command->footer("Example: millrace executions show 5f1c --timeline");
    command->callback([id, with_timeline, &chosen] {
        chosen = [id, with_timeline](const Context& context) {
            const core::Result<Exit> exit = show(context, *id, *with_timeline);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

void add_executions_events(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("events", "Its events in order");
    const auto id = std::make_shared<std::string>();
    add_id(*command, *id);
    command->footer("Example: millrace executions events 5f1c --json");
    command->callback([id, &chosen] {
        chosen = [id](const Context& context) {
            const core::Result<Exit> exit = events(context, *id);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
