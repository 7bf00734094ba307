// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "commands.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "documents/document_paths.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/apply.hpp"
#include "millrace/store/library.hpp"
#include "terminal/wording.hpp"
#include "workflows/change_lines.hpp"

namespace millrace::cli {
namespace {

struct ApplyOptions {
    std::vector<std::string> paths;
    bool activate = false;
    bool prune = false;
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

Line summary_of(const ApplyStep& step, bool is_plan) {
    Tone tone = Tone::good;
    if (step.kind == ApplyStep::Kind::keep) tone = Tone::dim;
    if (step.kind == ApplyStep::Kind::prune) tone = Tone::warn;
    Line line{{Tone::strong, one_line(step.id)},
              {Tone::plain, ": "},
              {tone, std::string{server::to_text(step.kind)}}};
    const bool has_version = !is_plan && step.kind != ApplyStep::Kind::prune;
    if (has_version) line.push_back({Tone::dim, fmt::format(", version {}", step.head)});
    if (has_version && step.active)
        line.push_back({Tone::dim, step.active == step.head
                                       ? std::string{", active"}
                                       : fmt::format(", version {} is active", *step.active)});
    return line;
}

void print_steps(const Context& context, const std::vector<ApplyStep>& steps, bool is_plan) {
    const Console& console = context.console;
    for (const ApplyStep& step : steps) {
        console.out << rendered(summary_of(step, is_plan), console.paints_out()) << "\n";
        for (const Line& line : change_lines(step.changes, console.unicode))
            console.out << "  " << rendered(line, console.paints_out()) << "\n";
    }
    std::map<std::string_view, std::size_t> counts;
    for (const ApplyStep& step : steps)
        ++counts[server::to_text(step.kind)];
    std::string text;
    for (const ApplyStep::Kind kind :
         {ApplyStep::Kind::create, ApplyStep::Kind::change, ApplyStep::Kind::adopt,
          ApplyStep::Kind::activate, ApplyStep::Kind::keep, ApplyStep::Kind::prune}) {
        if (const std::size_t count = counts[server::to_text(kind)]; count > 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, server::to_text(kind));
    }
    console.say(Tone::plain, is_plan ? text + "; nothing was written" : text);
}

/// To look only, a store that is not there yet is an empty one.
core::Result<std::unique_ptr<store::Store>> store_for(const Context& context, bool is_plan) {
    auto store = open_chosen(context, is_plan ? store::OpenMode::read_only : store::OpenMode::own);
    if (!store && is_plan && store.error().is(store::StoreErrc::not_found)) return nullptr;
    return store;
}

core::Result<Exit> apply(const Context& context, const ApplyOptions& options) {
    auto sources = read_sources(context, options);
    if (!sources) return std::unexpected(sources.error());
    if (!*sources) return Exit::failed;
    const auto store = store_for(context, options.dry_run);
    if (!store) return std::unexpected(store.error());
    const server::ApplyOptions how{options.activate, options.prune, store::WorkflowOrigin::file};
    auto steps = server::plan_apply(store->get(), **sources, how);
    if (!steps) return std::unexpected(steps.error());
    if (!options.dry_run) {
        const auto done =
            server::carry_out((*store)->library(), *steps, how, context.console.now());
        if (!done) return std::unexpected(done.error().during("apply"));
    }
    if (context.global.json) {
        context.console.out << core::to_json(server::apply_value(*steps, options.dry_run)) << "\n";
    } else {
        print_steps(context, *steps, options.dry_run);
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
