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
#include "remote/chosen_server.hpp"
#include "remote/remote_watch.hpp"
#include "run/outcome.hpp"
#include "terminal/timeline.hpp"

namespace millrace::cli {
namespace {

/// An execution from the store or a server.
struct Shown {
    ExecutionFacts facts;
    std::shared_ptr<const engine::Plan> plan;  ///< null: of a build that knows more
    std::vector<core::Event> events;
};

core::Result<Shown> shown_on_server(const ApiClient& client, const std::string& text,
                                    bool with_events) {
    const auto id = find_on_server(client, text);
    if (!id) return std::unexpected(id.error());
    auto loaded = load_on_server(client, *id);
    if (!loaded) return std::unexpected(loaded.error());
    Shown shown{std::move(loaded->facts), std::move(loaded->plan), {}};
    if (!with_events && shown.facts.has_ended()) return shown;
    auto events = events_on_server(client, *id);
    if (!events) return std::unexpected(events.error());
    shown.events = std::move(*events);
    return shown;
}

core::Result<Shown> shown_of(const Context& context, const std::string& id, bool with_events) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return shown_on_server(**server, id, with_events);
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    auto history = read_history(**store, id);
    if (!history) return std::unexpected(history.error());
    return Shown{facts_of(history->follower.view()), history->plan, std::move(history->events)};
}

void print_timeline(const Console& console, const Shown& shown) {
    if (!shown.plan) {
        console.warn("there is no timeline: this build does not know all of the workflow");
        return;
    }
    InnerRuns inner;
    for (const core::Event& event : shown.events)
        inner.take(event);
    const TimelineStyle style{console.out_is_terminal ? console.size().columns : 100,
                              console.unicode, console.now()};
    console.out << "\n";
    for (const Line& line : timeline(shown.facts, *shown.plan, inner, style))
        console.out << rendered(line, console.paints_out()) << "\n";
}

core::Result<Exit> show(const Context& context, const std::string& id, bool with_timeline) {
    const auto shown = shown_of(context, id, with_timeline && !context.global.json);
    if (!shown) return std::unexpected(shown.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(shown->facts.body) << "\n";
        return Exit::done;
    }
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << execution_text(console, shown->facts, width);
    if (with_timeline) print_timeline(console, *shown);
    console.out << std::flush;
    if (!shown->facts.has_ended()) {
        AskedOutside asked;
        for (const core::Event& event : shown->events)
            asked.take(event);
        console.say(Tone::plain, rest_words(shown->facts));
        say_questions(context, asked.questions(), shown->facts.id);
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

}  // namespace millrace::cli
