// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "data_folder.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/workflow_values.hpp"
#include "on_call.hpp"
#include "workflows/workflow_entries.hpp"
#include "workflows/workflows_commands.hpp"

namespace millrace::cli {
namespace {

struct ChangeOptions {
    std::string id;
    std::optional<std::uint32_t> version;
};

void tell(const Context& context, const store::WorkflowEntry& entry) {
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(server::entry_value(entry)) << "\n";
        return;
    }
    const std::string what =
        entry.active ? fmt::format("version {} is active", *entry.active) : "is not active";
    console.out << one_line(entry.id) << ": "
                << painted(entry.active ? Tone::good : Tone::plain, what, console.paints_out())
                << "\n";
}

core::Result<Exit> activate(const Context& context, const ChangeOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::Library& library = (*store)->library();
    const auto entry = find_entry(library, options.id);
    if (!entry) return std::unexpected(entry.error());
    const std::uint32_t number = options.version.value_or(entry->head);
    // What cannot run here must not be what triggers start.
    if (const auto stored = stored_workflow(**store, options.id, number); !stored)
        return std::unexpected(stored.error());
    const auto changed = library.set_active(options.id, number, context.console.now());
    if (!changed) return std::unexpected(changed.error());
    tell(context, *changed);
    return Exit::done;
}

core::Result<Exit> deactivate(const Context& context, const ChangeOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::Library& library = (*store)->library();
    if (const auto entry = find_entry(library, options.id); !entry)
        return std::unexpected(entry.error());
    const auto changed = library.set_active(options.id, std::nullopt, context.console.now());
    if (!changed) return std::unexpected(changed.error());
    tell(context, *changed);
    return Exit::done;
}

core::Result<Exit> remove(const Context& context, const ChangeOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::Library& library = (*store)->library();
    if (const auto entry = find_entry(library, options.id); !entry)
        return std::unexpected(entry.error());
    if (const auto removed = library.remove(options.id); !removed)
        return std::unexpected(removed.error());
    context.console.say(Tone::plain,
                        "removed " + one_line(options.id) + "; its versions and executions stay");
    return Exit::done;
}

}  // namespace

void add_workflows_change(CLI::App& group, Action& chosen) {
    CLI::App* const activator =
        group.add_subcommand("activate", "Make a version the one that triggers start");
    const auto activated = std::make_shared<ChangeOptions>();
    activator->add_option("ID", activated->id, "The workflow")->required();
    activator->add_option("--version", activated->version, "This one; else the head")
        ->type_name("N");
    activator->footer(
        "An older version takes a change back.\n"
        "Example: millrace workflows activate order-intake --version 3");
    on_call(*activator, chosen, activated, activate);

    CLI::App* const deactivator = group.add_subcommand("deactivate", "Let no trigger start it");
    const auto deactivated = std::make_shared<ChangeOptions>();
    deactivator->add_option("ID", deactivated->id, "The workflow")->required();
    deactivator->footer("Example: millrace workflows deactivate order-intake");
    on_call(*deactivator, chosen, deactivated, deactivate);

    CLI::App* const remover = group.add_subcommand("delete", "Take one out of the list");
    const auto removed = std::make_shared<ChangeOptions>();
    remover->add_option("ID", removed->id, "The workflow")->required();
    remover->footer(
        "Not while it is active. Its versions and executions stay.\n"
        "Example: millrace workflows delete order-intake");
    on_call(*remover, chosen, removed, remove);
}

}  // namespace millrace::cli
