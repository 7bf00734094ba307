// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "body.hpp"
#include "data_folder.hpp"
#include "library.hpp"
#include "listing.hpp"
#include "millrace/server/activation.hpp"
#include "millrace/server/workflow_values.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "workflows/workflow_entries.hpp"
#include "workflows/workflows_commands.hpp"

namespace millrace::cli {
namespace {

struct ChangeOptions {
    std::string id;
    std::optional<std::uint32_t> version;
};

/// What is to be done to the entry of a store that this command owns; its new state.
using Change =
    std::function<core::Result<store::WorkflowEntry>(store::Store&, const store::WorkflowEntry&)>;

core::Result<core::Value> changed_here(const Context& context, const std::string& id,
                                       const Change& change) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), id);
    if (!entry) return std::unexpected(entry.error());
    const auto changed = change(**store, *entry);
    if (!changed) return std::unexpected(changed.error());
    return server::entry_value(*changed);
}

core::Result<Exit> tell(const Context& context, const core::Result<core::Value>& entry) {
    if (!entry) return std::unexpected(entry.error());
    const Console& console = context.console;
    if (context.global.json) {
        print_json(context, *entry);
        return Exit::done;
    }
    const auto active = number_at(*entry, "active_version");
    const std::string what =
        active ? fmt::format("version {} is active", *active) : "is not active";
    console.out << one_line(text_at(*entry, "id")) << ": "
                << painted(active ? Tone::good : Tone::plain, what, console.paints_out()) << "\n";
    return Exit::done;
}

core::Result<Exit> activate(const Context& context, const ChangeOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const core::Value body =
            options.version ? core::Value::object({{"version", *options.version}}) : core::Value{};
        return tell(context,
                    (*server)->post(api_path({"workflows", options.id, "activate"}), body));
    }
    const auto change =
        [&](store::Store& store,
            const store::WorkflowEntry& entry) -> core::Result<store::WorkflowEntry> {
        const std::uint32_t number = options.version.value_or(entry.head);
        // What cannot run here must not be what triggers start.
        const auto stored = stored_workflow(store, entry.id, number);
        if (!stored) return std::unexpected(stored.error());
        if (const auto free = server::check_activation(store, stored->document); !free)
            return std::unexpected(free.error());
        return store.library().set_active(entry.id, number, context.console.now());
    };
    return tell(context, changed_here(context, options.id, change));
}

core::Result<Exit> deactivate(const Context& context, const ChangeOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server)
        return tell(context, (*server)->post(api_path({"workflows", options.id, "deactivate"})));
    const auto change = [&](store::Store& store, const store::WorkflowEntry& entry) {
        return store.library().set_active(entry.id, std::nullopt, context.console.now());
    };
    return tell(context, changed_here(context, options.id, change));
}

core::Result<> remove_here(const Context& context, const std::string& id) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::Library& library = (*store)->library();
    if (const auto entry = find_entry(library, id); !entry) return std::unexpected(entry.error());
    return library.remove(id);
}

core::Result<Exit> remove(const Context& context, const ChangeOptions& options) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const auto removed = (*server)->remove(api_path({"workflows", options.id}));
        if (!removed) return std::unexpected(removed.error());
    } else if (const auto removed = remove_here(context, options.id); !removed) {
        return std::unexpected(removed.error());
    }
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
