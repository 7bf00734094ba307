// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "body.hpp"
#include "commands.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "documents/document_paths.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"
#include "listing.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/apply.hpp"
#include "millrace/store/library.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/wording.hpp"
#include "workflows/change_lines.hpp"

namespace millrace::cli {
namespace {

struct ApplyOptions {
    std::vector<std::string> paths;
    bool activate = false;
    bool prune = false;
    bool editable = false;
    bool dry_run = false;
};

using server::ApplySource;
using server::ApplyStep;

/// All files, or nothing when one of them is not valid; what is wrong was said.
core::Result<std::optional<std::vector<ApplySource>>> read_sources(const Context& context,
                                                                   const ApplyOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto files = document_paths(options.paths);
    if (!files) return std::unexpected(files.error());
    std::vector<ApplySource> sources;
    std::map<std::string, std::string> file_of;
    std::size_t problems = 0;
    for (const std::string& file : *files) {
        const auto source = read_source(context.console, file);
        if (!source) return std::unexpected(source.error());
        CheckedDocument checked = check_document(*source, **library);
        context.console.err << problem_text(*source, checked, style_for_err(context.console))
                            << std::flush;
        problems += checked.problems.size();
        if (!checked.problems.empty()) continue;
        const auto [place, is_new] = file_of.emplace(checked.document->id, source->name);
        if (!is_new) {
            return core::fail(FileErrc::bad_argument,
                              one_line(place->second) + " and " + one_line(source->name) +
                                  " both have the id " + checked.document->id);
        }
        sources.push_back({source->name, std::move(*checked.document)});
    }
    if (problems == 0) return sources;
    context.console.say(Tone::bad, counted(problems, "problem") + "; nothing was applied");
    return std::nullopt;
}

Tone tone_of(std::string_view result) {
    if (result == server::to_text(ApplyStep::Kind::keep)) return Tone::dim;
    if (result == server::to_text(ApplyStep::Kind::prune)) return Tone::warn;
    return Tone::good;
}

Line summary_of(const core::Value& item, bool is_plan) {
    const std::string result = text_at(item, "result");
    Line line{{Tone::strong, one_line(text_at(item, "id"))},
              {Tone::plain, ": "},
              {tone_of(result), one_line(result)}};
    const auto head = number_at(item, "head_version");
    const auto active = number_at(item, "active_version");
    if (is_plan || !head || result == server::to_text(ApplyStep::Kind::prune)) return line;
    line.push_back({Tone::dim, fmt::format(", version {}", *head)});
    if (active)
        line.push_back({Tone::dim, active == head
                                       ? std::string{", active"}
                                       : fmt::format(", version {} is active", *active)});
    return line;
}

void print_steps(const Context& context, const core::Value& body) {
    const Console& console = context.console;
    const bool is_plan = flag_at(body, "dry_run");
    std::map<std::string, std::size_t, std::less<>> counts;
    for (const core::Value& item : items_of(body)) {
        console.out << rendered(summary_of(item, is_plan), console.paints_out()) << "\n";
        for (const Line& line : change_lines(read_changes(item), console.unicode))
            console.out << "  " << rendered(line, console.paints_out()) << "\n";
        ++counts[text_at(item, "result")];
    }
    std::string text;
    for (const ApplyStep::Kind kind :
         {ApplyStep::Kind::create, ApplyStep::Kind::change, ApplyStep::Kind::adopt,
          ApplyStep::Kind::activate, ApplyStep::Kind::keep, ApplyStep::Kind::prune}) {
        if (const auto found = counts.find(server::to_text(kind)); found != counts.end())
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second,
                                server::to_text(kind));
    }
    console.out << std::flush;
    console.say(Tone::plain, is_plan ? text + "; nothing was written" : text);
}

/// To look only, a store that is not there yet is an empty one.
core::Result<std::unique_ptr<store::Store>> store_for(const Context& context, bool is_plan) {
    auto store = open_chosen(context, is_plan ? store::OpenMode::read_only : store::OpenMode::own);
    if (!store && is_plan && store.error().is(store::StoreErrc::not_found)) return nullptr;
    return store;
}

core::Result<core::Value> apply_here(const Context& context, const ApplyOptions& options,
                                     const std::vector<ApplySource>& sources) {
    const auto store = store_for(context, options.dry_run);
    if (!store) return std::unexpected(store.error());
    const server::ApplyOptions how{
        options.activate, options.prune,
        options.editable ? store::WorkflowOrigin::put : store::WorkflowOrigin::file};
    auto steps = server::plan_apply(store->get(), sources, how);
    if (!steps) return std::unexpected(steps.error());
    if (!options.dry_run) {
        const auto done = server::carry_out(**store, *steps, how, context.console.now());
        if (!done) return std::unexpected(done.error().during("apply"));
    }
    return server::apply_value(*steps, options.dry_run);
}

core::Result<core::Value> apply_on_server(const ApiClient& client, const ApplyOptions& options,
                                          const std::vector<ApplySource>& sources) {
    ApiRequest request;
    request.method = "POST";
    request.path = api_path({"workflows", "apply"});
    const auto flag = [](bool is_set) { return std::string{is_set ? "true" : ""}; };
    request.query = given({{"activate", flag(options.activate)},
                           {"prune", flag(options.prune)},
                           {"dry_run", flag(options.dry_run)},
                           {"origin", options.editable ? "put" : ""}});
    for (const ApplySource& source : sources)
        request.text += (request.text.empty() ? "[" : ",") + format::write_json(source.document);
    request.text += sources.empty() ? "[]" : "]";
    request.content_type = "application/json";
    auto answer = client.send(request);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->body);
}

core::Result<Exit> apply(const Context& context, const ApplyOptions& options) {
    const auto sources = read_sources(context, options);
    if (!sources) return std::unexpected(sources.error());
    if (!*sources) return Exit::failed;
    const auto server = server_for(context, options.dry_run ? Access::reads : Access::changes);
    if (!server) return std::unexpected(server.error());
    const auto body = *server ? apply_on_server(**server, options, **sources)
                              : apply_here(context, options, **sources);
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
    } else {
        print_steps(context, *body);
    }
    return Exit::done;
}

}  // namespace

void add_apply(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("apply", "Put workflow files into the store, as they are");
    const auto options = std::make_shared<ApplyOptions>();
    command->add_option("PATH", options->paths, "Workflow files, folders of them, or patterns")
        ->required();
    command->add_flag("--activate", options->activate, "Make the applied versions the active ones");
    command->add_flag("--prune", options->prune,
                      "Remove applied workflows that are not among these files");
    command->add_flag("--editable", options->editable,
                      "Change them on the server from now on, not in these files");
    command->add_flag("--dry-run", options->dry_run, "Only say what would change");
    command->footer(
        "Says what changes in words. Applying the same files twice changes nothing the second\n"
        "time. When one file is not valid, none is applied. Executions and old versions stay.\n"
        "Example: millrace apply workflows/ --activate\n"
        "Example: millrace apply workflows/ --prune --dry-run");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = apply(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
