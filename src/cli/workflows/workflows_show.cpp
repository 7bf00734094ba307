// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>
#include <optional>
#include <ostream>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "documents/problem_text.hpp"
#include "documents/text_file.hpp"
#include "library.hpp"
#include "listing.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/document_diff.hpp"
#include "millrace/server/workflow_values.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
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

core::Result<core::Value> workflow_on_server(const ApiClient& client, const VersionChoice& choice) {
    if (!choice.version) return client.get(api_path({"workflows", choice.id}));
    return client.get(
        api_path({"workflows", choice.id, "versions", std::to_string(*choice.version)}));
}

/// A version with its workflow's entry, as `GET /workflows/{id}` answers.
core::Result<core::Value> workflow_of(const Context& context, const VersionChoice& choice) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return workflow_on_server(**server, choice);
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), choice.id);
    if (!entry) return std::unexpected(entry.error());
    const auto stored = stored_workflow(**store, choice.id, choice.version.value_or(entry->head));
    if (!stored) return std::unexpected(stored.error());
    return server::workflow_value(*entry, stored->version, stored->document, stored->plan.get());
}

std::string listed(const core::Value& node, std::string_view name) {
    std::string text;
    for (const core::Value& id : array_at(node, name))
        if (id.is_string()) text += (text.empty() ? "" : ", ") + one_line(id.as_string());
    return text.empty() ? "-" : text;
}

std::string node_lines(const Console& console, const core::Value& workflow, std::size_t width) {
    Table table{{"NODE", "TYPE", "NEEDS", "FEEDS"}};
    const core::Value* const dependencies = member_at(workflow, "dependencies");
    const core::Value* const document = member_at(workflow, "document");
    if (document == nullptr) return {};
    for (const core::Value& node : array_at(*document, "nodes")) {
        const std::string id = text_at(node, "id");
        const core::Value* const own = dependencies == nullptr ? nullptr : dependencies->find(id);
        table.add({{Tone::strong, one_line(id)},
                   {Tone::dim, one_line(text_at(node, "type"))},
                   {Tone::plain, own == nullptr ? "-" : listed(*own, "needs")},
                   {Tone::plain, own == nullptr ? "-" : listed(*own, "feeds")}});
    }
    return table.text(width, console.paints_out());
}

std::string show_text(const Console& console, const core::Value& workflow) {
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    std::string text;
    const auto fact = [&](std::string_view label, const std::string& what) {
        if (what.empty()) return;
        text += rendered({{Tone::dim, padded(label, 13)}, {Tone::plain, one_line(what)}}, width,
                         console.paints_out()) +
                "\n";
    };
    const std::string tags = listed(workflow, "tags");
    const core::Value* const document = member_at(workflow, "document");
    const auto version = number_at(workflow, "version").value_or(0);
    const auto active = number_at(workflow, "active_version");
    fact("workflow", text_at(workflow, "id"));
    fact("name", text_at(workflow, "name"));
    fact("description", document == nullptr ? "" : text_at(*document, "description"));
    fact("folder", text_at(workflow, "folder"));
    fact("tags", tags == "-" ? "" : tags);
    fact("version", fmt::format("{}{}, saved {}, hash {}", version,
                                number_at(workflow, "head_version") == version ? " (head)" : "",
                                date_at(console, workflow, "saved_at"),
                                text_at(workflow, "hash").substr(0, 12)));
    fact("active", active ? fmt::format("version {}", *active) : "no");
    fact("from", text_at(workflow, "origin"));
    fact("problem", text_at(workflow, "problem"));
    if (const core::Value* const file = member_at(workflow, "file")) {
        fact("file", text_at(*file, "path"));
        fact("file error", text_at(*file, "error"));
    }
    return text + "\n" + node_lines(console, workflow, width);
}

core::Result<Exit> show(const Context& context, const VersionChoice& options) {
    const auto workflow = workflow_of(context, options);
    if (!workflow) return std::unexpected(workflow.error());
    if (context.global.json) {
        print_json(context, *workflow);
    } else {
        context.console.out << show_text(context.console, *workflow) << std::flush;
    }
    return Exit::done;
}

struct ExportOptions {
    VersionChoice choice;
    std::string format = "yaml";
    std::string out;
};

core::Result<core::Document> document_of(const Context& context, const VersionChoice& choice) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const auto workflow = workflow_on_server(**server, choice);
        if (!workflow) return std::unexpected(workflow.error());
        const core::Value* const document = member_at(*workflow, "document");
        const format::SourceText source{
            choice.id, document == nullptr ? "" : core::to_json(*document), format::Syntax::json};
        format::DocumentRead read = format::read_document(source);
        if (read.document) return std::move(*read.document);
        return core::fail(RemoteErrc::bad_answer,
                          "this build cannot read the server's document: " +
                              format::to_text(source.name, read.problems.front()));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), choice.id);
    if (!entry) return std::unexpected(entry.error());
    return server::stored_document(**store, choice.id, choice.version.value_or(entry->head));
}

core::Result<Exit> export_document(const Context& context, const ExportOptions& options) {
    const bool is_json = options.format == "json" || context.global.json ||
                         format::syntax_of(options.out) == format::Syntax::json;
    if (options.format != "yaml" && options.format != "json") {
        return core::fail(FileErrc::bad_argument, "there is no format " + one_line(options.format) +
                                                      "; there are yaml and json");
    }
    const auto document = document_of(context, options.choice);
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

core::Value diff_body(std::uint32_t from, core::Value to, const core::Document& before,
                      const core::Document& after) {
    return core::Value::object(
        {{"from", from},
         {"to", std::move(to)},
         {"changes", server::changes_value(server::document_changes(before, after))}});
}

/// Without other words: from the active version to the head, or else from the one before it.
core::Result<core::Value> diff_here(const Context& context, const DiffOptions& options,
                                    const std::optional<core::Document>& file) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto entry = find_entry((*store)->library(), options.id);
    if (!entry) return std::unexpected(entry.error());
    const std::uint32_t to = options.to.value_or(entry->head);
    const std::uint32_t from = options.from                            ? *options.from
                               : file                                  ? entry->head
                               : entry->active && *entry->active != to ? *entry->active
                                                                       : to - (to > 1 ? 1 : 0);
    const auto before = server::stored_document(**store, options.id, from);
    if (!before) return std::unexpected(before.error());
    if (file) return diff_body(from, {}, *before, *file);
    const auto after = server::stored_document(**store, options.id, to);
    if (!after) return std::unexpected(after.error());
    return diff_body(from, to, *before, *after);
}

core::Result<core::Value> diff_of(const Context& context, const DiffOptions& options,
                                  const std::optional<core::Document>& file) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (!*server) return diff_here(context, options, file);
    const auto text = [](const std::optional<std::uint32_t>& number) {
        return number ? std::to_string(*number) : std::string{};
    };
    ApiRequest request;
    request.path = api_path({"workflows", options.id, "diff"});
    request.query = given({{"from", text(options.from)}, {"to", text(options.to)}});
    if (file) {
        request.method = "POST";
        request.text = format::write_json(*file);
        request.content_type = "application/json";
    }
    auto answer = (*server)->send(request);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->body);
}

core::Result<Exit> diff(const Context& context, const DiffOptions& options) {
    std::optional<core::Document> file;
    if (!options.file.empty()) {
        auto read = read_file(context, options.file);
        if (!read) return std::unexpected(read.error());
        if (!*read) return Exit::failed;
        file = std::move(**read);
    }
    const auto body = diff_of(context, options, file);
    if (!body) return std::unexpected(body.error());
    const Console& console = context.console;
    if (context.global.json) {
        print_json(context, *body);
        return Exit::done;
    }
    const std::vector<server::DocumentChange> changes = read_changes(*body);
    for (const Line& line : change_lines(changes, console.unicode))
        console.out << rendered(line, console.paints_out()) << "\n";
    console.out << std::flush;
    const std::string target = file ? one_line(options.file)
                                    : fmt::format("version {}", number_at(*body, "to").value_or(0));
    console.say(Tone::dim,
                fmt::format("version {} to {}: {}", number_at(*body, "from").value_or(0), target,
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
