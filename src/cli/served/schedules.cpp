// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "remote/remote_run.hpp"
#include "served/schedules.hpp"
#include "served/served_commands.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace schedules`: which there are, and when they are due.

namespace millrace::cli {

void ScheduleChoice::add_to(CLI::App& command) {
    command.add_option("WORKFLOW", workflow, "The workflow")->required();
    command.add_option("NODE", node, "Its trigger.schedule, where it has several");
}

core::Result<std::string> ScheduleChoice::path(const ApiClient& client) const {
    if (!node.empty()) return api_path({"workflows", workflow, "schedules", node});
    const auto list = client.get_list(api_path({"schedules"}), {{"workflow_id", workflow}});
    if (!list) return std::unexpected(list.error());
    const auto items = items_of(*list);
    if (items.size() == 1)
        return api_path({"workflows", workflow, "schedules", text_at(items.front(), "node_id")});
    std::string names;
    for (const core::Value& item : items)
        names += (names.empty() ? "" : ", ") + one_line(text_at(item, "node_id"));
    return core::fail(FileErrc::bad_argument,
                      items.empty() ? "there is no active schedule of workflow " +
                                          one_line(workflow) + "; see millrace schedules list"
                                    : "workflow " + one_line(workflow) +
                                          " has several schedules; name one of " + names);
}

std::string due_table(const Console& console, const core::Value& body) {
    Table table{{"DUE", "IN ITS ZONE", "IN"}};
    for (const core::Value& item : items_of(body)) {
        const auto due = time_at(item, "due_at");
        table.add({{Tone::strong, one_line(text_at(item, "due_at"))},
                   {Tone::plain, one_line(text_at(item, "local"))},
                   {Tone::dim, due && *due > console.now() ? countdown_words(*due - console.now())
                                                           : std::string{"-"}}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

namespace {

struct ListOptions {
    std::string workflow;
    std::size_t limit = 50;
    std::string cursor;
};

struct NextOptions {
    ScheduleChoice choice;
    int count = 10;
    std::string from;
};

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"WORKFLOW", "NODE", "SCHEDULE", "NEXT", "LAST", "STARTED", "SKIPPED", "MISSED"}};
    for (const core::Value& item : items_of(body)) {
        const core::Value* const counts = member_at(item, "counts");
        const auto count = [&](std::string_view name) {
            return Span{Tone::dim, counts == nullptr
                                       ? std::string{}
                                       : std::to_string(number_at(*counts, name).value_or(0))};
        };
        const bool is_paused = flag_at(item, "is_paused");
        table.add({{Tone::strong, one_line(text_at(item, "workflow_id"))},
                   {Tone::plain, one_line(text_at(item, "node_id"))},
                   {Tone::plain, one_line(text_at(item, "spec"))},
                   {is_paused ? Tone::warn : Tone::plain,
                    is_paused ? std::string{"paused"} : date_at(console, item, "next_due")},
                   {Tone::dim, date_at(console, item, "last_due")},
                   count("started"),
                   count("skipped"),
                   count("missed")});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto client = server_needed(context, Access::reads, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto body =
        client->get_list(api_path({"schedules"}), given({{"workflow_id", options.workflow},
                                                         {"limit", std::to_string(options.limit)},
                                                         {"cursor", options.cursor}}));
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "no active workflow has a schedule", table_of);
    return Exit::done;
}

/// One line per fact.
void show_one(const Context& context, const core::Value& schedule) {
    const Console& console = context.console;
    const auto fact = [&](std::string_view label, const std::string& text) {
        if (text.empty()) return;
        const Line line{{Tone::dim, padded(label, 12)}, {Tone::plain, text}};
        console.out << rendered(line, console.paints_out()) << "\n";
    };
    fact("schedule", one_line(text_at(schedule, "spec")));
    fact("workflow", one_line(text_at(schedule, "workflow_id")) + " v" +
                         std::to_string(number_at(schedule, "workflow_version").value_or(0)) +
                         ", node " + one_line(text_at(schedule, "node_id")));
    fact("policies", "missed: " + one_line(text_at(schedule, "missed")) +
                         ", overlap: " + one_line(text_at(schedule, "overlap")));
    fact("next", flag_at(schedule, "is_paused") ? std::string{"paused"}
                                                : date_at(console, schedule, "next_due"));
    fact("last", date_at(console, schedule, "last_due"));
    fact("execution", one_line(text_at(schedule, "last_execution_id")));
    if (const core::Value* const counts = member_at(schedule, "counts")) {
        std::string words;
        for (const char* const name : {"started", "skipped", "missed", "waiting"})
            words += (words.empty() ? "" : ", ") +
                     std::to_string(number_at(*counts, name).value_or(0)) + " " + name;
        fact("due times", words);
    }
    fact("error", one_line(text_at(schedule, "last_error")));
    console.out << std::flush;
}

core::Result<Exit> show(const Context& context, const ScheduleChoice& choice) {
    const auto client = server_needed(context, Access::reads, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto path = choice.path(*client);
    if (!path) return std::unexpected(path.error());
    const auto body = client->get(*path);
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        show_one(context, *body);
    }
    return Exit::done;
}

core::Result<Exit> next(const Context& context, const NextOptions& options) {
    const auto client = server_needed(context, Access::reads, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto path = options.choice.path(*client);
    if (!path) return std::unexpected(path.error());
    const auto body = client->get_list(
        *path + "/next", given({{"count", std::to_string(options.count)}, {"from", options.from}}));
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "it will not be due again", due_table);
    return Exit::done;
}

core::Result<Exit> run(const Context& context, const ScheduleChoice& choice) {
    const auto client = server_needed(context, Access::changes, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto path = choice.path(*client);
    if (!path) return std::unexpected(path.error());
    // Before the start, so that Ctrl-C finds it.
    const SignalInbox signals;
    const auto started = client->post(*path + "/run");
    if (!started) return std::unexpected(started.error());
    const auto id = started_on_server(*started);
    if (!id) return std::unexpected(id.error());
    return follow_to_end(context, *client, signals, *id);
}

template <bool pauses>
core::Result<Exit> set_paused(const Context& context, const ScheduleChoice& choice) {
    const auto client = server_needed(context, Access::changes, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto path = choice.path(*client);
    if (!path) return std::unexpected(path.error());
    const auto body = client->post(*path + (pauses ? "/pause" : "/resume"));
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        context.console.say(Tone::good, pauses ? "it is paused" : "it goes on");
    }
    return Exit::done;
}

void add_reading(CLI::App& group, Action& chosen) {
    CLI::App* const all = group.add_subcommand("list", "Those of active workflows");
    const auto options = std::make_shared<ListOptions>();
    all->add_option("--workflow", options->workflow, "Of this workflow only")
        ->type_name("WORKFLOW");
    all->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    all->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    all->footer("Example: millrace schedules list");
    on_call(*all, chosen, options, list);

    CLI::App* const one = group.add_subcommand("show", "One, with its policies and counts");
    const auto shown = std::make_shared<ScheduleChoice>();
    shown->add_to(*one);
    one->footer("Example: millrace schedules show nightly-report");
    on_call(*one, chosen, shown, show);

    CLI::App* const due = group.add_subcommand("next", "When it is due next");
    const auto wanted = std::make_shared<NextOptions>();
    wanted->choice.add_to(*due);
    due->add_option("--count", wanted->count, "So many times, 10 unless said")
        ->check(CLI::Range(1, 100))
        ->type_name("N");
    due->add_option("--from", wanted->from, "At this time or later; else now")->type_name("TIME");
    due->footer("Example: millrace schedules next nightly-report --count 3");
    on_call(*due, chosen, wanted, next);
}

void add_changing(CLI::App& group, Action& chosen) {
    const auto add = [&](const char* name, const char* what, const char* footer,
                         core::Result<Exit> (*action)(const Context&, const ScheduleChoice&)) {
        CLI::App* const command = group.add_subcommand(name, what);
        const auto choice = std::make_shared<ScheduleChoice>();
        choice->add_to(*command);
        command->footer(footer);
        on_call(*command, chosen, choice, action);
    };
    add("run", "Start its workflow now, whatever its policies say",
        "Example: millrace schedules run nightly-report", run);
    add("pause", "Let it start nothing until it is resumed",
        "What becomes due meanwhile is not made up for; millrace schedules backfill does that.\n"
        "Example: millrace schedules pause nightly-report",
        set_paused<true>);
    add("resume", "Let it go on from now", "Example: millrace schedules resume nightly-report",
        set_paused<false>);
}

}  // namespace

void add_schedules(CLI::App& program, Action& chosen) {
    CLI::App* const group =
        program.add_subcommand("schedules", "When workflows start by the clock");
    group->require_subcommand(1);
    group->footer("Example: millrace schedules list");
    add_reading(*group, chosen);
    add_schedules_preview(*group, chosen);
    add_changing(*group, chosen);
    add_schedules_backfill(*group, chosen);
}

}  // namespace millrace::cli
