// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "millrace/core/json.hpp"
#include "terminal/status_tone.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct ListOptions {
    std::string workflow;
    std::string status;
    std::size_t limit = 50;
    std::string cursor;
};

core::Value time_or_null(const std::optional<core::Time>& time) {
    return time ? core::Value{time->text()} : core::Value{};
}

core::Value row_value(const engine::ExecutionRow& row) {
    return core::Value::object({{"id", row.id.text()},
                                {"workflow_id", row.workflow_id},
                                {"workflow_version", row.workflow_version},
                                {"status", core::to_text(row.status)},
                                {"created_at", row.created_at.text()},
                                {"completed_at", time_or_null(row.completed_at)}});
}

std::string page_json(const store::ExecutionPage& page) {
    std::vector<core::Value> items;
    for (const engine::ExecutionRow& row : page.items)
        items.push_back(row_value(row));
    return core::to_json(core::Value::object(
        {{"items", core::Value::array(std::move(items))},
         {"next_cursor", page.next_cursor ? core::Value{*page.next_cursor} : core::Value{}}}));
}

std::string page_table(const Console& console, const store::ExecutionPage& page) {
    Table table{{"ID", "WORKFLOW", "STATUS", "STARTED", "TOOK"}};
    for (const engine::ExecutionRow& row : page.items) {
        const std::string took =
            row.completed_at ? duration_words(*row.completed_at - row.created_at) : "";
        table.add(
            {{Tone::plain, row.id.text()},
             {Tone::plain, one_line(row.workflow_id) + " v" + std::to_string(row.workflow_version)},
             {tone_of(row.status), std::string{core::to_text(row.status)}},
             {Tone::dim, date_text(console.local(row.created_at))},
             {Tone::dim, took}});
    }
    // Ids must stay whole for the commands that take them, so lines are never cut.
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    store::ExecutionFilter filter;
    if (!options.workflow.empty()) filter.workflow_id = options.workflow;
    if (!options.status.empty()) {
        filter.status = core::parse_execution_status(options.status);
        if (!filter.status) {
            return core::fail(FileErrc::bad_argument,
                              "there is no status " + one_line(options.status) +
                                  "; there are pending, running, waiting, paused, completed, "
                                  "failed and canceled");
        }
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page = (*store)->executions(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << page_json(*page) << "\n";
    } else if (page->items.empty()) {
        console.say(Tone::plain, "there are no such executions");
    } else {
        console.out << page_table(console, *page) << std::flush;
        if (page->next_cursor) console.say(Tone::dim, "more: --cursor " + *page->next_cursor);
    }
    return Exit::done;
}

}  // namespace

void add_executions_list(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("list", "Newest first");
    const auto options = std::make_shared<ListOptions>();
    command->add_option("--workflow", options->workflow, "Of this workflow only")
        ->type_name("WORKFLOW");
    command->add_option("--status", options->status, "In this status only")->type_name("STATUS");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace executions list --workflow hello --status failed");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = list(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
