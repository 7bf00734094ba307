// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "listing.hpp"
#include "millrace/server/values.hpp"
#include "remote/chosen_server.hpp"
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

core::Value local_body(const store::ExecutionPage& page) {
    std::vector<core::Value> items;
    for (const engine::ExecutionRow& row : page.items)
        items.push_back(server::execution_row_value(row));
    return list_body(std::move(items), page.next_cursor);
}

core::Result<core::Value> body_of(const Context& context, const ListOptions& options) {
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
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        return (*server)->get_list(api_path({"executions"}),
                                   given({{"workflow_id", options.workflow},
                                          {"status", options.status},
                                          {"limit", std::to_string(options.limit)},
                                          {"cursor", options.cursor}}));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page = (*store)->executions(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    return local_body(*page);
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"ID", "WORKFLOW", "STATUS", "STARTED", "TOOK"}};
    for (const core::Value& item : items_of(body)) {
        const auto status = core::parse_execution_status(text_at(item, "status"));
        const auto created_at = time_at(item, "created_at");
        const auto completed_at = time_at(item, "completed_at");
        const std::string took =
            created_at && completed_at ? duration_words(*completed_at - *created_at) : "";
        table.add(
            {{Tone::plain, one_line(text_at(item, "id"))},
             {Tone::plain, one_line(text_at(item, "workflow_id")) + " v" +
                               std::to_string(number_at(item, "workflow_version").value_or(0))},
             {status ? tone_of(*status) : Tone::plain, one_line(text_at(item, "status"))},
             {Tone::dim, created_at ? date_text(console.local(*created_at)) : ""},
             {Tone::dim, took}});
    }
    // Ids must stay whole for the commands that take them, so lines are never cut.
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto body = body_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no such executions", table_of);
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
