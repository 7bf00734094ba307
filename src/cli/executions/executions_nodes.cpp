// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <memory>
#include <ostream>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/execution_text.hpp"
#include "executions/executions_commands.hpp"
#include "millrace/core/json.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct NodesOptions {
    std::string id;
    std::string scope;
    std::size_t limit = 50;
    std::string cursor;
};

struct Page {
    std::vector<engine::NodeView> items;
    std::string next_cursor;  ///< empty: this is the last one
};

/// A cursor is the place of the next run: runs are only ever added behind.
core::Result<Page> page_of(const std::vector<engine::NodeView>& nodes,
                           const NodesOptions& options) {
    std::size_t first = 0;
    const char* const end = options.cursor.data() + options.cursor.size();
    const auto [stop, error] = std::from_chars(options.cursor.data(), end, first);
    if (!options.cursor.empty() && (error != std::errc{} || stop != end))
        return core::fail(FileErrc::bad_argument, one_line(options.cursor) + " is no cursor");
    first = std::min(first, nodes.size());
    const std::size_t last = std::min(nodes.size(), first + options.limit);
    Page page;
    page.items.assign(nodes.begin() + static_cast<std::ptrdiff_t>(first),
                      nodes.begin() + static_cast<std::ptrdiff_t>(last));
    if (last < nodes.size()) page.next_cursor = std::to_string(last);
    return page;
}

core::Value item_value(const engine::NodeView& node, const engine::Plan& plan) {
    std::vector<core::Member> members{{"id", node.id}, {"path", node.path}, {"type", node.type}};
    const core::Value value = engine::ExecutionView::node_value(node, plan);
    for (const core::Member& member : value.as_object())
        members.push_back(member);
    return core::Value::object(std::move(members));
}

std::string page_json(const Page& page, const engine::Plan& plan) {
    std::vector<core::Value> items;
    for (const engine::NodeView& node : page.items)
        items.push_back(item_value(node, plan));
    return core::to_json(core::Value::object(
        {{"items", core::Value::array(std::move(items))},
         {"next_cursor",
          page.next_cursor.empty() ? core::Value{} : core::Value{page.next_cursor}}}));
}

core::Result<Exit> list_nodes(const Context& context, const NodesOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto history = read_history(**store, options.id, options.scope);
    if (!history) return std::unexpected(history.error());
    const engine::ExecutionView& view = history->follower.view();
    const std::vector<engine::NodeView> nodes =
        options.scope.empty() ? view.nodes() : view.scope_nodes();
    if (nodes.empty()) {
        return core::fail(FileErrc::bad_argument,
                          "nothing has run in a scope " + one_line(options.scope) +
                              "; a scope is a container, such as loop, or one iteration of it, "
                              "such as loop[3]");
    }
    const auto page = page_of(nodes, options);
    if (!page) return std::unexpected(page.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << page_json(*page, *history->plan) << "\n";
        return Exit::done;
    }
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << node_table(console, page->items, width) << std::flush;
    if (!page->next_cursor.empty()) console.say(Tone::dim, "more: --cursor " + page->next_cursor);
    return Exit::done;
}

}  // namespace

void add_executions_nodes(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("nodes", "The nodes of a run, also those inside containers");
    const auto options = std::make_shared<NodesOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_option("--scope", options->scope, "Inside this: loop, loop[3] or outer[2].guard")
        ->type_name("PATH");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace executions nodes 5f1c --scope 'loop[3]'");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = list_nodes(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
