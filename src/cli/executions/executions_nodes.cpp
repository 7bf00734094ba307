// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <memory>
#include <ostream>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/execution_text.hpp"
#include "executions/executions_commands.hpp"
#include "listing.hpp"
#include "millrace/server/values.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_watch.hpp"

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

core::Result<core::Value> local_body(const Context& context, const NodesOptions& options) {
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
    std::vector<core::Value> items;
    for (const engine::NodeView& node : page->items)
        items.push_back(server::run_value(node, *history->plan));
    return list_body(std::move(items),
                     page->next_cursor.empty() ? std::nullopt : std::optional{page->next_cursor});
}

core::Result<core::Value> body_of(const Context& context, const NodesOptions& options) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (!*server) return local_body(context, options);
    const auto id = find_on_server(**server, options.id);
    if (!id) return std::unexpected(id.error());
    return (*server)->get_list(api_path({"executions", id->text(), "nodes"}),
                               given({{"scope", options.scope},
                                      {"limit", std::to_string(options.limit)},
                                      {"cursor", options.cursor}}));
}

std::string table_of(const Console& console, const core::Value& body) {
    std::vector<engine::NodeView> nodes;
    for (const core::Value& item : items_of(body))
        nodes.push_back(read_node(item));
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    return node_table(console, nodes, width);
}

core::Result<Exit> list_nodes(const Context& context, const NodesOptions& options) {
    const auto body = body_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "nothing has run there", table_of);
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
