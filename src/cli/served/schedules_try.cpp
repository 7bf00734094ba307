// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/server/schedule_preview.hpp"
#include "on_call.hpp"
#include "served/schedules.hpp"
#include "served/served_commands.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace schedules preview` and `backfill`: what would be due, and what was.

namespace millrace::cli {
namespace {

struct PreviewOptions {
    std::string cron;
    std::string interval;
    std::vector<std::string> at;
    std::string timezone;
    std::string from;
    int count = 10;
};

/// It is about no data, so only a server that was named is asked.
core::Result<core::Value> previewed(const Context& context, core::Value wish) {
    const auto server = server_for(context, Access::nothing);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->post(api_path({"schedules", "preview"}), std::move(wish));
    return server::schedule_preview(wish, context.console.now());
}

core::Result<Exit> preview(const Context& context, const PreviewOptions& options) {
    core::ObjectBuilder data;
    for (const auto& [key, text] :
         {std::pair<const char*, const std::string&>{"cron", options.cron},
          {"interval", options.interval},
          {"timezone", options.timezone},
          {"from", options.from}})
        if (!text.empty()) data.set(key, text);
    if (!options.at.empty())
        data.set("at", core::Value::array({options.at.begin(), options.at.end()}));
    data.set("count", options.count);
    const auto body = previewed(context, std::move(data).build());
    if (!body) return std::unexpected(body.error());
    const bool is_valid = flag_at(*body, "valid");
    if (context.global.json) {
        print_json(context, *body);
    } else if (is_valid) {
        print_list(context, *body, "it is never due", due_table);
    }
    for (const core::Value& error : array_at(*body, "errors"))
        context.console.complain(one_line(text_at(error, "message")));
    return is_valid ? Exit::done : Exit::failed;
}

struct BackfillOptions {
    ScheduleChoice choice;
    std::string from;
    std::string to;
    int max = 0;
    bool dry_run = false;
    bool again = false;
};

Tone tone_of(std::string_view result) {
    if (result == "started") return Tone::good;
    return result == "failed" ? Tone::bad : Tone::plain;
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"DUE", "RESULT", "EXECUTION", "ERROR"}};
    for (const core::Value& item : items_of(body)) {
        const std::string result = text_at(item, "result");
        const core::Value* const error = member_at(item, "error");
        table.add({{Tone::plain, one_line(text_at(item, "due_at"))},
                   {tone_of(result), result == "would_start" ? "would start" : one_line(result)},
                   {Tone::plain, one_line(text_at(item, "execution_id"))},
                   {Tone::bad, error == nullptr ? "" : one_line(text_at(*error, "detail"))}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> backfill(const Context& context, const BackfillOptions& options) {
    const auto client = server_needed(context, Access::changes, "schedules");
    if (!client) return std::unexpected(client.error());
    const auto path = options.choice.path(*client);
    if (!path) return std::unexpected(path.error());
    core::ObjectBuilder wish;
    wish.set("from", options.from)
        .set("to", options.to.empty() ? context.console.now().text() : options.to);
    if (options.max > 0) wish.set("max", options.max);
    if (options.dry_run) wish.set("dry_run", true);
    if (options.again) wish.set("again", true);
    const auto body = client->post(*path + "/backfill", std::move(wish).build());
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "nothing was due in that time", table_of);
    bool has_failed = false;
    for (const core::Value& item : items_of(*body))
        has_failed = has_failed || text_at(item, "result") == "failed";
    if (!context.global.json) {
        const auto started = static_cast<std::size_t>(number_at(*body, "started").value_or(0));
        context.console.say(Tone::plain, "started " + counted(started, "execution"));
        if (const std::string rest = text_at(*body, "next_from"); !rest.empty())
            context.console.say(Tone::dim, "more: --from " + one_line(rest));
    }
    return has_failed ? Exit::failed : Exit::done;
}

}  // namespace

void add_schedules_preview(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("preview", "When a schedule would be due; nothing is kept");
    const auto options = std::make_shared<PreviewOptions>();
    command->add_option("CRON", options->cron, "Such as '30 9 * * MON-FRI' or @daily");
    command->add_option("--interval", options->interval, "Instead: a duration such as 5m")
        ->type_name("DURATION");
    command->add_option("--at", options->at, "Instead: these times")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("TIME");
    command->add_option("--timezone", options->timezone, "Such as Europe/Berlin; else UTC")
        ->type_name("ZONE");
    command->add_option("--from", options->from, "At this time or later; else now")
        ->type_name("TIME");
    command->add_option("--count", options->count, "So many times, 10 unless said")
        ->check(CLI::Range(1, 100))
        ->type_name("N");
    command->footer("Example: millrace schedules preview '0 2 * * *' --timezone Europe/Berlin");
    on_call(*command, chosen, options, preview);
}

void add_schedules_backfill(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("backfill", "Start what was due in a time that has passed");
    const auto options = std::make_shared<BackfillOptions>();
    options->choice.add_to(*command);
    command->add_option("--from", options->from, "The first time")->type_name("TIME")->required();
    command->add_option("--to", options->to, "The last time; else now")->type_name("TIME");
    command->add_option("--max", options->max, "At most so many due times, 100 unless said")
        ->check(CLI::Range(1, 1'000))
        ->type_name("N");
    command->add_flag("--dry-run", options->dry_run, "Only tell what would be done");
    command->add_flag("--again", options->again,
                      "Also start due times that have an execution already");
    command->footer(
        "A due time that has an execution is not started again, however often this is asked.\n"
        "Example: millrace schedules backfill nightly-report --from 2026-01-01T00:00:00Z");
    on_call(*command, chosen, options, backfill);
}

}  // namespace millrace::cli
