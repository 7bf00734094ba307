// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>
#include <optional>
#include <ostream>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "documents/problem_text.hpp"
#include "documents/text_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/document_diff.hpp"
#include "millrace/server/plan_reads.hpp"
#include "millrace/server/workflow_values.hpp"
#include "on_call.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"
#include "workflows/change_lines.hpp"
#include "workflows/workflow_entries.hpp"
#include "workflows/workflows_commands.hpp"

namespace millrace::cli {
namespace {

struct VersionChoice {
    std::string id;
    std::optional<std::uint32_t> version;
};

std::string listed(const engine::Plan& plan, const std::vector<core::NodeIndex>& nodes) {
    std::string text;
    for (const core::NodeIndex node : nodes)
        text += (text.empty() ? "" : ", ") + one_line(plan.node(node).id);
    return text.empty() ? "-" : text;
}

std::string node_lines(const Console& console, const engine::Plan& plan, std::size_t width) {
    const std::vector<server::Dependencies> all = server::dependencies_of(plan);
    Table table{{"NODE", "TYPE", "NEEDS", "FEEDS"}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const engine::PlanNode& node = plan.nodes()[i];
        table.add({{Tone::strong, one_line(node.id)},
                   {Tone::dim, node.definition->type.type},
                   {Tone::plain, listed(plan, all[i].direct)},
                   {Tone::plain, listed(plan, all[i].dependents)}});
    }
    return table.text(width, console.paints_out());
}

std::string show_text(const Console& console, const store::WorkflowEntry& entry,
                      const server::StoredWorkflow& stored) {
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    std::string text;
    const auto fact = [&](std::string_view label, const std::string& what) {
        if (what.empty()) return;
        text += rendered({{Tone::dim, padded(label, 13)}, {Tone::plain, one_line(what)}}, width,
                         console.paints_out()) +
                "\n";
    };
    std::string tags;
    for (const std::string& tag : entry.tags)
        tags += (tags.empty() ? "" : ", ") + tag;
    const store::WorkflowVersion& version = stored.version;
    fact("workflow", entry.id);
    fact("name", entry.name);
    fact("description", stored.document.description);
    fact("folder", entry.folder);
    fact("tags", tags);
    fact("version",
         fmt::format("{}{}, saved {}, hash {}", version.number,
                     version.number == entry.head ? " (head)" : "",
                     date_text(console.local(version.created_at)), version.hash.substr(0, 12)));
    fact("active", entry.active ? fmt::format("version {}", *entry.active) : "no");
    fact("from", std::string{server::to_text(entry.origin)});
    return text + "\n" + node_lines(console, *stored.plan, width);
}

core::Result<Exit> show(const Context& context, const VersionChoice& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), options.id);
    if (!entry) return std::unexpected(entry.error());
    const auto stored = stored_workflow(**store, options.id, options.version.value_or(entry->head));
    if (!stored) return std::unexpected(stored.error());
    const Console& console = context.console;
    if (!context.global.json) {
        console.out << show_text(console, *entry, *stored) << std::flush;
        return Exit::done;
    }
    console.out << core::to_json(server::workflow_value(*entry, stored->version, stored->document,
                                                        stored->plan.get()))
                << "\n";
    return Exit::done;
}

struct ExportOptions {
    VersionChoice choice;
    std::string format = "yaml";
    std::string out;
};

core::Result<Exit> export_document(const Context& context, const ExportOptions& options) {
    const bool is_json = options.format == "json" || context.global.json ||
                         format::syntax_of(options.out) == format::Syntax::json;
    if (options.format != "yaml" && options.format != "json") {
        return core::fail(FileErrc::bad_argument, "there is no format " + one_line(options.format) +
                                                      "; there are yaml and json");
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), options.choice.id);
    if (!entry) return std::unexpected(entry.error());
    const auto document = server::stored_document(**store, options.choice.id,
                                                  options.choice.version.value_or(entry->head));
    if (!document) return std::unexpected(document.error());
    std::string text = is_json ? format::write_json(*document) : format::write_yaml(*document);
    if (!text.ends_with('\n')) text += '\n';
    if (options.out.empty()) {
        context.console.out << text << std::flush;
        return Exit::done;
    }
    if (const auto written = create_file(options.out, text); !written)
        return std::unexpected(written.error());
    context.console.say({{Tone::good, "wrote "}, {Tone::plain, one_line(options.out)}});
    return Exit::done;
}

struct DiffOptions {
    std::string id;
    std::optional<std::uint32_t> from;
    std::optional<std::uint32_t> to;
    std::string file;
};

/// The file's document; without one, its problems were said.
core::Result<std::optional<core::Document>> read_file(const Context& context,
                                                      const std::string& file) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto source = read_source(context.console, file);
    if (!source) return std::unexpected(source.error());
    CheckedDocument checked = check_document(*source, **library);
    if (checked.document) return std::move(checked.document);
    context.console.err << problem_text(*source, checked, style_for_err(context.console))
                        << std::flush;
    return std::nullopt;
}

/// Without other words: from the active version to the head, or else from the one before it.
core::Result<Exit> diff(const Context& context, const DiffOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), options.id);
    if (!entry) return std::unexpected(entry.error());
    const bool has_file = !options.file.empty();
    const std::uint32_t to = options.to.value_or(entry->head);
    const std::uint32_t from = options.from                            ? *options.from
                               : has_file                              ? entry->head
                               : entry->active && *entry->active != to ? *entry->active
                                                                       : to - (to > 1 ? 1 : 0);
    const auto before = server::stored_document(**store, options.id, from);
    if (!before) return std::unexpected(before.error());
    core::Document after;
    if (has_file) {
        auto read = read_file(context, options.file);
        if (!read) return std::unexpected(read.error());
        if (!*read) return Exit::failed;
        after = std::move(**read);
    } else {
        auto read = server::stored_document(**store, options.id, to);
        if (!read) return std::unexpected(read.error());
        after = std::move(*read);
    }
    const std::vector<server::DocumentChange> changes = server::document_changes(*before, after);
    const Console& console = context.console;
    const std::string target = has_file ? one_line(options.file) : fmt::format("version {}", to);
    if (context.global.json) {
        console.out << core::to_json(core::Value::object(
                           {{"from", from},
                            {"to", has_file ? core::Value{options.file} : core::Value{to}},
                            {"changes", server::changes_value(changes)}}))
                    << "\n";
        return Exit::done;
    }
    for (const Line& line : change_lines(changes, console.unicode))
        console.out << rendered(line, console.paints_out()) << "\n";
    console.out << std::flush;
    console.say(Tone::dim,
                fmt::format("version {} to {}: {}", from, target,
                            changes.empty() ? "no difference" : counted(changes.size(), "change")));
    return Exit::done;
}

void add_choice(CLI::App& command, VersionChoice& choice) {
    command.add_option("ID", choice.id, "The workflow")->required();
    command.add_option("--version", choice.version, "Of this version; else of the head")
        ->type_name("N");
}

}  // namespace

void add_workflows_show(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("show", "One with its nodes, and what depends on what");
    const auto options = std::make_shared<VersionChoice>();
    add_choice(*command, *options);
    command->footer("Example: millrace workflows show order-intake");
    on_call(*command, chosen, options, show);
}

void add_workflows_export(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("export", "Its document");
    const auto options = std::make_shared<ExportOptions>();
    add_choice(*command, options->choice);
    command->add_option("--format", options->format, "yaml or json")->type_name("FORMAT");
    command->add_option("--out", options->out, "Into this new file")->type_name("FILE");
    command->footer("Example: millrace workflows export order-intake --out order.workflow.yaml");
    on_call(*command, chosen, options, export_document);
}

void add_workflows_diff(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("diff", "What two versions differ in");
    const auto options = std::make_shared<DiffOptions>();
    command->add_option("ID", options->id, "The workflow")->required();
    command->add_option("--from", options->from, "The earlier version; else the active one")
        ->type_name("N");
    CLI::Option* const to = command->add_option("--to", options->to, "The later; else the head");
    to->type_name("N");
    command->add_option("--file", options->file, "Compare with this file instead")
        ->excludes(to)
        ->type_name("FILE");
    command->footer("Example: millrace workflows diff order-intake --from 2 --to 5");
    on_call(*command, chosen, options, diff);
}

}  // namespace millrace::cli
