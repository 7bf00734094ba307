// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <vector>

#include "data_folder.hpp"
#include "listing.hpp"
#include "millrace/server/workflow_values.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "workflows/workflow_entries.hpp"
#include "workflows/workflows_commands.hpp"

namespace millrace::cli {
namespace {

struct ListOptions {
    std::string text;
    std::string tag;
    std::string folder;
    bool active = false;
    std::size_t limit = 50;
    std::string cursor;
};

core::Result<core::Value> list_of(const Context& context, const ListOptions& options) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        return (*server)->get_list(api_path({"workflows"}),
                                   given({{"text", options.text},
                                          {"tag", options.tag},
                                          {"folder", options.folder},
                                          {"active", options.active ? "true" : ""},
                                          {"limit", std::to_string(options.limit)},
                                          {"cursor", options.cursor}}));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    store::WorkflowFilter filter;
    filter.text = options.text;
    filter.tag = options.tag;
    filter.folder = options.folder;
    filter.active_only = options.active;
    const auto page = (*store)->library().list(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    std::vector<core::Value> items;
    for (const store::WorkflowEntry& entry : page->items)
        items.push_back(server::entry_value(entry));
    return list_body(std::move(items), page->next_cursor);
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto body = list_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no such workflows", entry_table);
    return Exit::done;
}

struct VersionsOptions {
    std::string id;
    std::size_t limit = 50;
    std::uint32_t below = 0;
};

core::Result<core::Value> versions_of(const Context& context, const VersionsOptions& options) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const std::string cursor = options.below > 0 ? std::to_string(options.below) : "";
        return (*server)->get_list(
            api_path({"workflows", options.id, "versions"}),
            given({{"limit", std::to_string(options.limit)}, {"cursor", cursor}}));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    store::Library& library = (*store)->library();
    if (const auto entry = find_entry(library, options.id); !entry)
        return std::unexpected(entry.error());
    const auto found = library.versions(options.id, options.limit, options.below);
    if (!found) return std::unexpected(found.error());
    const bool has_more = found->size() == options.limit && found->back().number > 1;
    std::vector<core::Value> items;
    for (const store::VersionEntry& version : *found)
        items.push_back(server::version_value(version));
    return list_body(std::move(items),
                     has_more ? std::optional{std::to_string(found->back().number)} : std::nullopt);
}

core::Result<Exit> versions(const Context& context, const VersionsOptions& options) {
    const auto body = versions_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no such versions", version_table, "--below");
    return Exit::done;
}

}  // namespace

void add_workflows_list(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("list", "Those of the store, newest first");
    const auto options = std::make_shared<ListOptions>();
    command->add_option("--text", options->text, "With this in their id or name")
        ->type_name("TEXT");
    command->add_option("--tag", options->tag, "With this tag")->type_name("TAG");
    command->add_option("--folder", options->folder, "In this folder or below")
        ->type_name("FOLDER");
    command->add_flag("--active", options->active, "That are active");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace workflows list --tag orders");
    on_call(*command, chosen, options, list);
}

void add_workflows_versions(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("versions", "Those of one, newest first");
    const auto options = std::make_shared<VersionsOptions>();
    command->add_option("ID", options->id, "The workflow")->required();
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--below", options->below, "Older than this version")->type_name("N");
    command->footer("Example: millrace workflows versions order-intake");
    on_call(*command, chosen, options, versions);
}

void add_workflows(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("workflows", "See and switch what is stored");
    group->require_subcommand(1);
    group->footer("Example: millrace workflows list");
    add_workflows_list(*group, chosen);
    add_workflows_show(*group, chosen);
    add_workflows_export(*group, chosen);
    add_workflows_versions(*group, chosen);
    add_workflows_diff(*group, chosen);
    add_workflows_change(*group, chosen);
}

}  // namespace millrace::cli
