// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <ostream>
#include <vector>

#include "data_folder.hpp"
#include "executions/executions_commands.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "remote/event_feed.hpp"
#include "remote/remote_watch.hpp"
#include "run/wakeups.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

constexpr core::Duration look_again{200};

struct EventsOptions {
    std::string id;
    bool follow = false;
};

/// What the lines of a run leave out, because a watcher sees it anyway.
std::string event_words(const core::Event& event, const RunFacts& facts, bool color) {
    if (const auto line = plain_line(event, facts)) return rendered(*line, color);
    std::string words{core::to_text(event.type)};
    if (!event.node_id.empty()) words += " " + one_line(event.node_id);
    const std::string failure = failure_words(event);
    return failure.empty() ? words : words + " " + failure;
}

/// One line each; for programs that follow, each its JSON.
void print_events(const Context& context, const std::vector<core::Event>& events,
                  const RunFacts& facts) {
    const Console& console = context.console;
    for (const core::Event& event : events) {
        if (context.global.json) {
            console.out << core::to_json(event.to_value()) << "\n";
            continue;
        }
        console.out << painted(
                           Tone::dim,
                           date_text(console.local(event.time)) + event.time.text().substr(19, 4),
                           console.paints_out())
                    << " " << event_words(event, facts, console.paints_out()) << "\n";
    }
    console.out << std::flush;
}

void print_all(const Context& context, const std::vector<core::Event>& events,
               const RunFacts& facts) {
    if (!context.global.json) return print_events(context, events, facts);
    std::vector<core::Value> items;
    for (const core::Event& event : events)
        items.push_back(event.to_value());
    print_json(context, list_body(std::move(items)));
}

Exit exit_of(Request request) {
    switch (request) {
        case Request::terminate: return Exit::terminated;
        case Request::hang_up: return Exit::hung_up;
        case Request::interrupt: break;
    }
    return Exit::interrupted;
}

core::Result<Exit> follow_on_server(const Context& context, const ApiClient& client,
                                    core::ExecutionId id, const RunFacts& facts) {
    const SignalInbox signals;
    EventFeed feed{client, id, {}};
    while (true) {
        const EventFeed::News news = feed.take();
        print_events(context, news.events, facts);
        if (news.error) return std::unexpected(*news.error);
        if (news.has_ended) return Exit::done;
        if (news.is_trying_again)
            context.console.warn("the connection to the server broke; trying again");
        if (const auto request = signals.wait(feed.bell(), look_again)) return exit_of(*request);
    }
}

core::Result<Exit> events_on_server(const Context& context, const ApiClient& client,
                                    const EventsOptions& options) {
    const auto id = find_on_server(client, options.id);
    if (!id) return std::unexpected(id.error());
    const auto loaded = load_on_server(client, *id);
    if (!loaded) return std::unexpected(loaded.error());
    const RunFacts facts = watched_facts(loaded->facts, loaded->plan.get());
    if (options.follow) return follow_on_server(context, client, *id, facts);
    const auto events = events_on_server(client, *id);
    if (!events) return std::unexpected(events.error());
    print_all(context, *events, facts);
    return Exit::done;
}

/// Where no server owns the store, another command may.
core::Result<Exit> follow_in_store(const Context& context, store::Store& store, History history,
                                   const RunFacts& facts) {
    const SignalInbox signals;
    const Bell bell;
    std::vector<core::Event> events = std::move(history.events);
    while (true) {
        print_events(context, events, facts);
        if (history.follower.has_ended()) return Exit::done;
        if (const auto request = signals.wait(bell, look_again)) return exit_of(*request);
        events.clear();
        if (const auto read = history.follower.catch_up(store, events); !read)
            return std::unexpected(read.error());
    }
}

core::Result<Exit> events(const Context& context, const EventsOptions& options) {
    const auto server = server_for(context, options.follow ? Access::changes : Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return events_on_server(context, **server, options);
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    auto history = read_history(**store, options.id);
    if (!history) return std::unexpected(history.error());
    const RunFacts facts = facts_of(*history->plan);
    if (options.follow) return follow_in_store(context, **store, std::move(*history), facts);
    print_all(context, history->events, facts);
    return Exit::done;
}

}  // namespace

void add_executions_events(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("events", "Its events in order");
    const auto options = std::make_shared<EventsOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_flag("--follow,-f", options->follow,
                      "Go on with those to come, until it has ended; with --json one per line");
    command->footer("Example: millrace executions events 5f1c --follow");
    on_call(*command, chosen, options, events);
}

}  // namespace millrace::cli
