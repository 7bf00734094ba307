// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "body.hpp"
#include "commands.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "listing.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/waits.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_watch.hpp"
#include "run/asked_outside.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace waits`: what executions wait for.

namespace millrace::cli {
namespace {

constexpr std::size_t words_cells_max = 60;

struct ListOptions {
    std::string workflow;
    std::string execution;
    std::string what;
    bool all = false;
    std::size_t limit = 50;
    std::string cursor;
};

core::Result<core::Value> body_on_server(const ApiClient& client, const ListOptions& options) {
    Query query = given({{"limit", std::to_string(options.limit)}, {"cursor", options.cursor}});
    if (!options.execution.empty()) {
        const auto id = find_on_server(client, options.execution);
        if (!id) return std::unexpected(id.error());
        return client.get_list(api_path({"executions", id->text(), "waits"}), std::move(query));
    }
    for (auto& one : given({{"workflow_id", options.workflow},
                            {"what", options.what},
                            {"open", options.all ? "" : "true"}}))
        query.push_back(std::move(one));
    return client.get_list(api_path({"waits"}), std::move(query));
}

core::Result<core::Value> body_of(const Context& context, const ListOptions& options) {
    const auto what = store::parse_wait_what(options.what);
    if (!options.what.empty() && !what)
        return core::fail(FileErrc::bad_argument,
                          "nothing waits for " + one_line(options.what) +
                              "; there are signal, webhook, approval, event and child");
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return body_on_server(**server, options);
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    store::WaitFilter filter;
    if (!options.workflow.empty()) filter.workflow_id = options.workflow;
    filter.what = what;
    filter.open_only = !options.all && options.execution.empty();
    if (!options.execution.empty()) {
        const auto id = find_execution(**store, options.execution);
        if (!id) return std::unexpected(id.error());
        filter.id = *id;
    }
    const auto page = (*store)->waits().list(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    std::vector<core::Value> items;
    for (const store::Wait& wait : page->items)
        items.push_back(server::wait_value(wait));
    return list_body(std::move(items), page->next_cursor);
}

std::string words_of(const core::Value& wait) {
    Question question;
    question.what = text_at(wait, "what");
    question.name = one_line(text_at(wait, "name"));
    if (const core::Value* const details = member_at(wait, "details"))
        question.title = one_line(text_at(*details, "title"));
    return clipped(question_words(question), words_cells_max);
}

Tone tone_of(std::string_view status) {
    if (status == "open") return Tone::strong;
    return status == "answered" ? Tone::good : Tone::dim;
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"EXECUTION", "NODE", "WORKFLOW", "FOR", "STATUS", "SINCE", "UNTIL"}};
    for (const core::Value& wait : items_of(body)) {
        const std::string status = text_at(wait, "status");
        table.add({{Tone::plain, one_line(text_at(wait, "execution_id"))},
                   {Tone::strong, one_line(text_at(wait, "path"))},
                   {Tone::plain, one_line(text_at(wait, "workflow_id"))},
                   {Tone::plain, words_of(wait)},
                   {tone_of(status), one_line(status)},
                   {Tone::dim, date_at(console, wait, "opened_at")},
                   {Tone::dim, date_at(console, wait, "until")}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto body = body_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "nothing waits for anybody", table_of);
    return Exit::done;
}

}  // namespace

void add_waits(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("waits", "What executions wait for");
    group->require_subcommand(1);
    CLI::App* const command = group->add_subcommand("list", "Newest first");
    const auto options = std::make_shared<ListOptions>();
    CLI::Option* const workflow =
        command->add_option("--workflow", options->workflow, "Of this workflow only")
            ->type_name("WORKFLOW");
    command
        ->add_option("--execution", options->execution,
                     "Of this execution only; those that are over, too")
        ->type_name("EXECUTION")
        ->excludes(workflow);
    command->add_option("--what", options->what, "signal, webhook, approval, event or child only")
        ->type_name("WHAT");
    command->add_flag("--all", options->all, "Those that are over, too");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer(
        "To answer: millrace executions answer ID NODE, or millrace executions signal ID NAME\n"
        "Example: millrace waits list --workflow onboarding");
    on_call(*command, chosen, options, list);
}

}  // namespace millrace::cli
