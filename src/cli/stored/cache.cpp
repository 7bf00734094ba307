// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <ostream>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/store/result_cache.hpp"
#include "on_call.hpp"
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
    void add_filter_to(CLI::App& command) {
        command.add_option("--workflow", workflow, "Of this workflow only")->type_name("WORKFLOW");
        command.add_option("--node", node, "Of this node only")->type_name("NODE");
        command.add_option("--tag", tag, "With this tag only")->type_name("TAG");
    }
};

core::Value entry_value(const store::CachedEntry& entry) {
    return core::Value::object(
        {{"key", entry.key},
         {"workflow_id", entry.workflow_id},
         {"node_id", entry.node_id},
         {"tags", core::Value::array({entry.tags.begin(), entry.tags.end()})},
         {"stored_at", entry.stored_at.text()},
         {"expires_at", entry.expires_at.text()},
         {"size", static_cast<std::int64_t>(entry.size)}});
}

std::string left_words(core::Time expires_at, core::Time now) {
    return expires_at <= now ? "expired" : countdown_words(expires_at - now);
}

std::string entries_table(const Console& console, const std::vector<store::CachedEntry>& entries) {
    Table table{{"WORKFLOW", "NODE", "SIZE", "STORED", "LEFT", "TAGS"}};
    const core::Time now = console.now();
    for (const store::CachedEntry& entry : entries) {
        std::string tags;
        for (const std::string& tag : entry.tags)
            tags += (tags.empty() ? "" : ", ") + one_line(tag);
        table.add({{Tone::plain, one_line(entry.workflow_id)},
                   {Tone::plain, one_line(entry.node_id)},
                   {Tone::plain, size_words(entry.size)},
                   {Tone::dim, date_text(console.local(entry.stored_at))},
                   {Tone::dim, left_words(entry.expires_at, now)},
                   {Tone::dim, tags}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const CacheCommandOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page =
        (*store)->result_cache().list(options.filter(), options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    const Console& console = context.console;
    if (context.global.json) {
        std::vector<core::Value> items;
        for (const store::CachedEntry& entry : page->items)
            items.push_back(entry_value(entry));
        print_json(context, list_body(std::move(items), page->next_cursor));
    } else if (page->items.empty()) {
        console.say(Tone::plain, "no results are kept");
    } else {
        console.out << entries_table(console, page->items) << std::flush;
        if (page->next_cursor) console.say(Tone::dim, "more: --cursor " + *page->next_cursor);
    }
    return Exit::done;
}

core::Result<Exit> clear(const Context& context, const CacheCommandOptions& options) {
    const bool is_chosen = options.workflow || options.node || options.tag;
    if (is_chosen == options.all) {
        return core::fail(FileErrc::bad_argument,
                          "say what to forget: some of --workflow, --node and --tag, or --all");
    }
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    const auto cleared = (*store)->result_cache().clear(options.filter());
    if (!cleared) return std::unexpected(cleared.error());
    if (context.global.json) {
        print_json(context,
                   core::Value::object({{"cleared", static_cast<std::int64_t>(*cleared)}}));
    } else {
        context.console.say(Tone::good, "forgot " + counted(*cleared, "result"));
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
