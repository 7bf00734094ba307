// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "documents/document_file.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"
#include "remote/chosen_server.hpp"
#include "run/given_values.hpp"
#include "run/outcome.hpp"
#include "run/permissions.hpp"
#include "run/run_on_server.hpp"
#include "run/session.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct RunOptions {
    std::string file;
    std::optional<std::string> input;
    std::string trigger;
    std::vector<std::string> variables;
    bool no_resume = false;
    std::vector<std::string> pins;
    std::vector<std::string> labels;
    std::optional<std::int32_t> priority;
    bool mock_external = false;
    std::vector<std::string> breakpoints;
    bool quiet = false;
    bool timeline = false;
    bool no_timeline = false;
    EgressOptions egress;
    PermissionOptions permissions;
};

/// The file's document with its plan; without them, its problems were said.
core::Result<std::optional<CheckedDocument>> load(const Context& context, const std::string& file) {
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const auto source = read_source(context.console, file);
    if (!source) return std::unexpected(source.error());
    CheckedDocument checked = check_document(*source, **library);
    context.console.err << problem_text(*source, checked, style_for_err(context.console))
                        << std::flush;
    if (checked.problems.empty()) return checked;
    context.console.say(Tone::bad,
                        counted(checked.problems.size(), "problem") + "; nothing was started");
    return std::nullopt;
}

void mention_leftovers(const Context& context, const std::vector<engine::ExecutionRow>& rows,
                       std::string_view whose) {
    if (rows.empty()) return;
    context.console.say(
        {{Tone::warn, "note: "},
         {Tone::plain, fmt::format("{} unfinished: {}; to finish: millrace executions resume --all",
                                   whose, workflows_of(rows))}});
}

/// Finishes what a crash left of the workflow; the status to end with when that was cut short.
core::Result<std::optional<Exit>> resume_own(const Context& context, Session& session,
                                             const std::string& workflow_id, bool no_resume,
                                             const std::string& flags) {
    const auto left = find_leftovers(session.runtime->store(), workflow_id);
    if (!left) return std::unexpected(left.error());
    mention_leftovers(context, left->others, "runs of other workflows are");
    if (!left->paused.empty()) {
        context.console.say({{Tone::warn, "note: "},
                             {Tone::plain, fmt::format("runs are paused: {}; see millrace "
                                                       "executions list --status paused",
                                                       workflows_of(left->paused))}});
    }
    if (no_resume) mention_leftovers(context, left->own, "runs of this workflow are");
    if (no_resume || left->own.empty()) return std::nullopt;
    const Console& console = context.console;
    console.say(Tone::strong, fmt::format("resuming {} of {} that did not finish (started {})",
                                          counted(left->own.size(), "execution"), workflow_id,
                                          date_text(console.local(left->own.front().created_at))));
    const auto outcome = resume(context, session, left->own);
    if (!outcome) return std::unexpected(outcome.error());
    if (outcome->end != WatchEnd::finished) return left_unfinished(context, outcome->end, flags);
    return std::nullopt;
}

/// What is shown while a run goes on, and at its end.
struct Display {
    const Context& context;      ///< where progress and remarks go; nowhere when it is quiet
    std::string resume_flags{};  ///< what a later `executions resume` should be given
    bool is_quiet = false;
    bool has_timeline = false;
};

core::Result<Exit> start_and_follow(const Context& context, const Display& display,
                                    Session& session, runtime::StartRequest request) {
    const std::shared_ptr<const engine::Plan> plan = request.plan;
    CountingProgress progress{
        display.is_quiet ? make_silent_progress()
                         : make_progress(context.console, facts_of(*plan), "Ctrl-C cancels")};
    Watch watch{*session.runtime, session.mailbox, session.signals, progress, OnInterrupt::cancel};
    watch.expect(plan);
    session.runtime->execute(std::move(request),
                             [mailbox = session.mailbox](core::Result<core::ExecutionId> id) {
                                 mailbox->accept(std::move(id));
                             },
                             {});
    const core::Result<WatchEnd> end = watch.until_all_ended();
    const auto& followers = watch.followers();
    const bool has_ended = !followers.empty() && followers.begin()->second.has_ended();
    if (has_ended && display.has_timeline) progress.leave_out_nodes();
    progress.finish();
    if (!end) return std::unexpected(end.error());
    if (followers.empty()) return left_unfinished(context, *end, display.resume_flags);
    const Follower& follower = followers.begin()->second;
    if (has_ended && display.has_timeline)
        print_timeline(context.console, facts_of(follower.view()), *plan, progress.inner());
    if (!has_ended && *end != WatchEnd::finished)
        return left_unfinished(context, *end, display.resume_flags);
    const ExecutionFacts facts = facts_of(follower.view());
    const Exit exit = conclude(display.context, facts, watch.questions(follower.id()));
    // Why it failed is no remark, but an error.
    if (display.is_quiet && exit == Exit::failed) explain_failure(context, facts);
    return exit;
}

/// What the command line asks of the execution beside its input.
core::Result<engine::ExecutionOptions> asked_for(const RunOptions& options) {
    engine::ExecutionOptions asked;
    asked.priority = options.priority;
    asked.mock_external = options.mock_external;
    asked.breakpoints = options.breakpoints;
    if (!options.pins.empty()) {
        auto pins = given_pins(options.pins);
        if (!pins) return std::unexpected(pins.error());
        asked.pins = std::move(*pins);
    }
    if (!options.labels.empty()) {
        auto labels = given_labels(options.labels);
        if (!labels) return std::unexpected(labels.error());
        asked.labels = std::move(*labels);
    }
    return asked;
}

core::Result<runtime::StartRequest> request_of(const Context& context, const RunOptions& options) {
    runtime::StartRequest request;
    request.trigger = options.trigger;
    auto asked = asked_for(options);
    if (!asked) return std::unexpected(asked.error());
    request.options = std::move(*asked);
    // Standard input can be read once only.
    if (options.file == "-" && options.input == "-") {
        return core::fail(FileErrc::bad_argument,
                          "the workflow and its input cannot both come from standard input");
    }
    auto variables = given_variables(options.variables);
    if (!variables) return std::unexpected(variables.error());
    request.variables = std::move(*variables);
    if (options.input) {
        auto input = given_input(context.console, *options.input);
        if (!input) return std::unexpected(input.error());
        request.input = std::move(*input);
    }
    return request;
}

/// The folder of the file is allowed without being asked for; who resumes the run has no file.
std::string flags_to_resume(const engine::Plan& plan, const RunOptions& options) {
    const bool uses_files = std::ranges::any_of(plan.nodes(), [](const engine::PlanNode& node) {
        const std::string& type = node.definition->type.type;
        return type.starts_with("file.") || type.starts_with("db.");
    });
    if (!uses_files) return {};
    std::vector<std::string> folders = options.permissions.folders;
    if (folders.empty()) folders.push_back(folder_of(options.file).string());
    std::string flags;
    for (const std::string& folder : folders)
        flags += " --allow-files " + folder;
    return flags;
}

bool has_timeline(const Context& context, const RunOptions& options) {
    const bool is_watched = context.console.err_is_terminal && !options.quiet;
    return options.timeline || (is_watched && !options.no_timeline);
}

/// `shown`: where remarks go; errors are returned.
core::Result<Exit> run_document(const Context& context, const Context& shown,
                                const RunOptions& options, const core::Document& document,
                                runtime::StartRequest request) {
    auto files = options.permissions.files(folder_of(options.file));
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(shown, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    const auto saved = (*session)->runtime->save_workflow(document);
    if (!saved) return std::unexpected(saved.error());
    const std::string flags = flags_to_resume(*saved->plan, options);
    const auto resumed = resume_own(shown, **session, document.id, options.no_resume, flags);
    if (!resumed) return std::unexpected(resumed.error());
    if (*resumed) return **resumed;
    request.plan = saved->plan;
    shown.console.say({{Tone::strong, one_line(saved->version.workflow_id)},
                       {Tone::dim, fmt::format(" version {}", saved->version.number)}});
    const Display display{shown, flags, options.quiet, has_timeline(context, options)};
    return start_and_follow(context, display, **session, std::move(request));
}

/// What nodes may use is decided where they run.
void mention_permissions(const Context& shown, const RunOptions& options) {
    const bool is_given = !options.permissions.folders.empty() ||
                          !options.permissions.programs.empty() || !options.egress.allow.empty() ||
                          !options.egress.deny.empty() || options.egress.only_allowed;
    if (is_given)
        shown.console.warn(
            "options about files, programs and egress do not reach the server, "
            "which has its own");
}

core::Result<Exit> run(const Context& context, const RunOptions& options) {
    auto request = request_of(context, options);
    if (!request) return std::unexpected(request.error());
    auto checked = load(context, options.file);
    if (!checked) return std::unexpected(checked.error());
    if (!*checked) return Exit::failed;
    std::ostream nowhere{nullptr};
    const Console silent = context.console.with_err(nowhere);
    const Context quiet{silent, context.global};
    const Context& shown = options.quiet ? quiet : context;
    const auto server = server_for(shown, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (!*server)
        return run_document(context, shown, options, *(*checked)->document, std::move(*request));
    mention_permissions(shown, options);
    return run_on_server(context, shown, **server,
                         {**checked, *request, options.quiet, has_timeline(context, options)});
}

/// Options for trying a workflow out.
void add_trial_options(CLI::App& command, RunOptions& options) {
    const auto repeatable = [](CLI::Option* option, const char* type) {
        option->take_all()->allow_extra_args(false)->type_name(type);
    };
    repeatable(
        command.add_option("--pin", options.pins, "Do not run this node; it gives {PORT: value}"),
        "NODE=JSON");
    command.add_flag("--mock-external", options.mock_external,
                     "Call nothing outside; nodes give their types' stand-ins");
    repeatable(command.add_option("--breakpoint", options.breakpoints, "Pause before this node"),
               "NODE");
    repeatable(command.add_option("--label", options.labels, "A label to find the run by"),
               "KEY=VALUE");
    command.add_option("--priority", options.priority, "Lower goes first")->type_name("N");
}

}  // namespace

void add_run(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("run", "Run one workflow to its end");
    const auto options = std::make_shared<RunOptions>();
    command->add_option("FILE", options->file, "Workflow file; - reads standard input")->required();
    command->add_option("--input,-i", options->input, "The input: JSON, @FILE, or - for stdin")
        ->type_name("JSON");
    command->add_option("--trigger", options->trigger, "The trigger node to start at")
        ->type_name("NODE");
    command->add_option("--var", options->variables, "Set a variable; JSON, or else text")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    command->add_flag("--no-resume", options->no_resume, "Do not finish what a crash left");
    add_trial_options(*command, *options);
    command->add_flag("--quiet,-q", options->quiet, "Print the outputs and errors only");
    CLI::Option* const timeline = command->add_flag(
        "--timeline", options->timeline, "Print a bar per node at the end, as on a terminal");
    command->add_flag("--no-timeline", options->no_timeline, "Print none")->excludes(timeline);
    options->egress.add_to(*command);
    options->permissions.add_to(*command);
    command->footer(
        "Prints the outputs as JSON; with --json the whole execution. First finishes what a crash\n"
        "left of the same workflow. Ctrl-C cancels; SIGTERM leaves the run to be resumed.\n"
        "A run that pauses at a breakpoint ends the command with 0 and is left in the store.\n"
        "RULE is a host, *.example.com, an address or 10.0.0.0/8; both options may be repeated.\n"
        "Example: millrace run hello.workflow.yaml --input '{\"name\": \"Ada\"}'");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = run(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
