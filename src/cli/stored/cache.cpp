// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/result_cache.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace cache`: results of nodes that are kept for equal calls.

namespace millrace::cli {
namespace {

struct CacheCommandOptions {
    std::optional<std::string> workflow;
    std::optional<std::string> node;
    std::optional<std::string> tag;
    bool all = false;
    std::size_t limit = 50;
    std::string cursor;

    store::CacheFilter filter() const { return {workflow, node, tag}; }
    Query query() const {
        return {{"workflow_id", workflow.value_or("")},
                {"node_id", node.value_or("")},
                {"tag", tag.value_or("")}};
    }
    void add_filter_to(CLI::App& command) {
        command.add_option("--workflow", workflow, "Of this workflow only")->type_name("WORKFLOW");
        command.add_option("--node", node, "Of this node only")->type_name("NODE");
        command.add_option("--tag", tag, "With this tag only")->type_name("TAG");
    }
};

std::string left_words(const core::Value& entry, core::Time now) {
    const auto expires_at = time_at(entry, "expires_at");
    if (!expires_at) return {};
    return *expires_at <= now ? "expired" : countdown_words(*expires_at - now);
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"WORKFLOW", "NODE", "SIZE", "STORED", "LEFT", "TAGS"}};
    const core::Time now = console.now();
    for (const core::Value& entry : items_of(body)) {
        std::string tags;
        for (const core::Value& tag : array_at(entry, "tags"))
            if (tag.is_string()) tags += (tags.empty() ? "" : ", ") + one_line(tag.as_string());
        const auto size = static_cast<std::uint64_t>(number_at(entry, "size").value_or(0));
        table.add({{Tone::plain, one_line(text_at(entry, "workflow_id"))},
                   {Tone::plain, one_line(text_at(entry, "node_id"))},
                   {Tone::plain, size_words(size)},
                   {Tone::dim, date_at(console, entry, "stored_at")},
                   {Tone::dim, left_words(entry, now)},
                   {Tone::dim, tags}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<core::Value> list_of(const Context& context, const CacheCommandOptions& options) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        Query query = options.query();
        query.emplace_back("limit", std::to_string(options.limit));
        query.emplace_back("cursor", options.cursor);
        return (*server)->get_list(api_path({"cache"}), given(std::move(query)));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page =
        (*store)->result_cache().list(options.filter(), options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    std::vector<core::Value> items;
    for (const store::CachedEntry& entry : page->items)
        items.push_back(server::cached_entry_value(entry));
    return list_body(std::move(items), page->next_cursor);
}

core::Result<Exit> list(const Context& context, const CacheCommandOptions& options) {
    const auto body = list_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "no results are kept", table_of);
    return Exit::done;
}

core::Result<core::Value> cleared(const Context& context, const CacheCommandOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        ApiRequest request;
        request.method = "DELETE";
        request.path = api_path({"cache"});
        request.query = options.query();
        if (options.all) request.query.emplace_back("all", "true");
        request.query = given(std::move(request.query));
        auto answer = (*server)->send(request);
        if (!answer) return std::unexpected(answer.error());
        return std::move(answer->body);
    }
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    const auto count = (*store)->result_cache().clear(options.filter());
    if (!count) return std::unexpected(count.error());
    return core::Value::object({{"cleared", static_cast<std::int64_t>(*count)}});
}

core::Result<Exit> clear(const Context& context, const CacheCommandOptions& options) {
    const bool is_chosen = options.workflow || options.node || options.tag;
    if (is_chosen == options.all) {
        return core::fail(FileErrc::bad_argument,
                          "say what to forget: some of --workflow, --node and --tag, or --all");
    }
    const auto body = cleared(context, options);
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        const auto count = static_cast<std::size_t>(number_at(*body, "cleared").value_or(0));
        context.console.say(Tone::good, "forgot " + counted(count, "result"));
    }
    return Exit::done;
}

}  // namespace

void add_cache(CLI::App& program, Action& chosen) {
    CLI::App* const group =
        program.add_subcommand("cache", "Results of nodes that are kept for equal calls");
    group->require_subcommand(1);
    group->footer("Example: millrace cache clear --tag prices");

    CLI::App* const listed = group->add_subcommand("list", "What is kept, the newest first");
    const auto wanted = std::make_shared<CacheCommandOptions>();
    wanted->add_filter_to(*listed);
    listed->add_option("--limit", wanted->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    listed->add_option("--cursor", wanted->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    listed->footer("Example: millrace cache list --workflow hello");
    on_call(*listed, chosen, wanted, list);

    CLI::App* const cleared = group->add_subcommand("clear", "Forget results");
    const auto unwanted = std::make_shared<CacheCommandOptions>();
    unwanted->add_filter_to(*cleared);
    cleared->add_flag("--all", unwanted->all, "All of them");
    cleared->footer("Example: millrace cache clear --workflow hello --node rates");
    on_call(*cleared, chosen, unwanted, clear);
}

}  // namespace millrace::cli
