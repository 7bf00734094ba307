// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>

#include "commands.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "documents/document_paths.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/store/library.hpp"
#include "terminal/wording.hpp"
#include "workflows/document_diff.hpp"
#include "workflows/stored_document.hpp"

namespace millrace::cli {
namespace {

struct ApplyOptions {
    std::vector<std::string> paths;
    bool activate = false;
    bool prune = false;
    bool dry_run = false;
};

struct Source {
    std::string file;
    core::Document document;
};

/// What is to become of one workflow.
struct Step {
    enum class Kind : std::uint8_t { create, change, adopt, activate, keep, prune };
    Kind kind = Kind::keep;
    std::string id;
    std::uint32_t head = 0;  ///< now; 0: there is none
    std::optional<std::uint32_t> active;
    std::vector<DocumentChange> changes;
    const Source* source = nullptr;
};

std::string_view word_of(Step::Kind kind) {
    switch (kind) {
        case Step::Kind::create: return "created";
        case Step::Kind::change: return "changed";
        case Step::Kind::adopt: return "adopted";
        case Step::Kind::activate: return "activated";
        case Step::Kind::keep: return "unchanged";
        case Step::Kind::prune: return "removed";
    }
    return "unchanged";
}

/// All files, or nothing when one of them is not valid; what is wrong was said.
core::Result<std::optional<std::vector<Source>>> read_sources(const Context& context,
                                                              const ApplyOptions& options) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto files = document_paths(options.paths);
    if (!files) return std::unexpected(files.error());
    std::vector<Source> sources;
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

core::Result<Step> step_for(store::Store* store, const Source& source, bool activates) {
    Step step;
    step.id = source.document.id;
    step.source = &source;
    step.kind = Step::Kind::create;
    if (store == nullptr) return step;
    const auto entry = store->library().find(step.id);
    if (!entry && !entry.error().is(store::StoreErrc::not_found))
        return std::unexpected(entry.error());
    if (!entry) return step;
    step.head = entry->head;
    step.active = entry->active;
    if (entry->head_hash != format::document_hash(source.document)) {
        step.kind = Step::Kind::change;
        // A version of another build may not be readable here; then it is replaced as a whole.
        if (const auto before = stored_document(*store, step.id, entry->head))
            step.changes = document_changes(*before, source.document);
        return step;
    }
    const bool is_managed = entry->origin == store::WorkflowOrigin::file;
    const bool is_active = !activates || entry->active == entry->head;
    // From now on the file is the place to change it, which is worth saving too.
    step.kind = !is_active   ? Step::Kind::activate
                : is_managed ? Step::Kind::keep
                             : Step::Kind::adopt;
    return step;
}

/// Workflows that came from files which are not there any more.
core::Result<std::vector<Step>> steps_to_prune(store::Library& library,
                                               const std::vector<Source>& sources) {
    constexpr std::size_t page_size = 500;
    std::set<std::string_view> kept;
    for (const Source& source : sources)
        kept.insert(source.document.id);
    store::WorkflowFilter filter;
    filter.origin = store::WorkflowOrigin::file;
    std::vector<Step> steps;
    std::string cursor;
    while (true) {
        const auto page = library.list(filter, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::WorkflowEntry& entry : page->items) {
            if (kept.contains(entry.id)) continue;
            Step step;
            step.kind = Step::Kind::prune;
            step.id = entry.id;
            step.head = entry.head;
            step.active = entry.active;
            steps.push_back(std::move(step));
        }
        if (!page->next_cursor) return steps;
        cursor = *page->next_cursor;
    }
}

core::Result<> carry_out(store::Library& library, Step& step, bool activates, core::Time now) {
    if (step.kind == Step::Kind::keep) return {};
    if (step.kind == Step::Kind::prune) {
        if (step.active) {
            const auto stopped = library.set_active(step.id, std::nullopt, now);
            if (!stopped) return std::unexpected(stopped.error());
        }
        step.active.reset();
        return library.remove(step.id);
    }
    store::WorkflowPut put;
    put.workflow_id = step.id;
    put.hash = format::document_hash(step.source->document);
    put.document = format::write_json(step.source->document);
    put.origin = store::WorkflowOrigin::file;
    put.expected_head = step.head;
    put.activate = activates;
    const auto saved = library.put(put, now);
    if (!saved) return std::unexpected(saved.error());
    step.head = saved->entry.head;
    step.active = saved->entry.active;
    return {};
}

Line summary_of(const Step& step, bool is_plan) {
    Tone tone = Tone::good;
    if (step.kind == Step::Kind::keep) tone = Tone::dim;
    if (step.kind == Step::Kind::prune) tone = Tone::warn;
    Line line{{Tone::strong, one_line(step.id)},
              {Tone::plain, ": "},
              {tone, std::string{word_of(step.kind)}}};
    const bool has_version = !is_plan && step.kind != Step::Kind::prune;
    if (has_version) line.push_back({Tone::dim, fmt::format(", version {}", step.head)});
    if (has_version && step.active)
        line.push_back({Tone::dim, step.active == step.head
                                       ? std::string{", active"}
                                       : fmt::format(", version {} is active", *step.active)});
    return line;
}

void print_steps(const Context& context, const std::vector<Step>& steps, bool is_plan) {
    const Console& console = context.console;
    for (const Step& step : steps) {
        console.out << rendered(summary_of(step, is_plan), console.paints_out()) << "\n";
        for (const Line& line : change_lines(step.changes, console.unicode))
            console.out << "  " << rendered(line, console.paints_out()) << "\n";
    }
    std::map<std::string_view, std::size_t> counts;
    for (const Step& step : steps)
        ++counts[word_of(step.kind)];
    std::string text;
    for (const Step::Kind kind : {Step::Kind::create, Step::Kind::change, Step::Kind::adopt,
                                  Step::Kind::activate, Step::Kind::keep, Step::Kind::prune}) {
        if (const std::size_t count = counts[word_of(kind)]; count > 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word_of(kind));
    }
    console.say(Tone::plain, is_plan ? text + "; nothing was written" : text);
}

void print_json(const Context& context, const std::vector<Step>& steps, bool is_plan) {
    std::vector<core::Value> items;
    for (const Step& step : steps) {
        core::ObjectBuilder item;
        item.set("id", step.id).set("result", word_of(step.kind));
        if (step.head > 0) item.set("head_version", step.head);
        item.set("active_version", step.active ? core::Value{*step.active} : core::Value{});
        if (step.source != nullptr) item.set("file", step.source->file);
        item.set("changes", changes_value(step.changes));
        items.push_back(std::move(item).build());
    }
    context.console.out << core::to_json(
                               core::Value::object({{"items", core::Value::array(std::move(items))},
                                                    {"dry_run", is_plan}}))
                        << "\n";
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
    std::vector<Step> steps;
    for (const Source& source : **sources) {
        auto step = step_for(store->get(), source, options.activate);
        if (!step) return std::unexpected(step.error());
        steps.push_back(std::move(*step));
    }
    if (options.prune && *store) {
        auto pruned = steps_to_prune((*store)->library(), **sources);
        if (!pruned) return std::unexpected(pruned.error());
        for (Step& step : *pruned)
            steps.push_back(std::move(step));
    }
    if (!options.dry_run) {
        for (Step& step : steps) {
            const auto done =
                carry_out((*store)->library(), step, options.activate, context.console.now());
            if (!done) return std::unexpected(done.error().during("apply", step.id));
        }
    }
    if (context.global.json) {
        print_json(context, steps, options.dry_run);
    } else {
        print_steps(context, steps, options.dry_run);
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
