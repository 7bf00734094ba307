// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_run.hpp"
#include "run/given_values.hpp"
#include "run/outcome.hpp"
#include "run/permissions.hpp"
#include "run/session.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct RetryOptions {
    std::string id;
    std::string from;
    std::optional<std::string> input;
    std::optional<std::uint32_t> version;
    EgressOptions egress;
    PermissionOptions permissions;
};

core::Result<Exit> follow(const Context& context, Session& session, core::ExecutionId id) {
    runtime::Runtime& runtime = *session.runtime;
    const auto row = runtime.store().execution(id);
    if (!row) return std::unexpected(row.error());
    const auto saved = runtime.load_workflow(row->workflow_id, row->workflow_version);
    if (!saved) return std::unexpected(saved.error());
    const std::unique_ptr<Progress> progress =
        make_progress(context.console, facts_of(*saved->plan), "Ctrl-C cancels");
    Watch watch{runtime, session.mailbox, session.signals, *progress, OnInterrupt::cancel};
    if (const auto added = watch.add(id, saved->plan, false); !added)
        return std::unexpected(added.error());
    const core::Result<WatchEnd> end = watch.until_all_ended();
    progress->finish();
    if (!end) return std::unexpected(end.error());
    const Follower& follower = watch.followers().at(id);
    const bool is_over = follower.has_ended() || *end == WatchEnd::finished;
    return is_over ? conclude(context, facts_of(follower.view())) : left_unfinished(context, *end);
}

void say_retrying(const Context& context, core::ExecutionId source, core::ExecutionId id,
                  const std::string& from) {
    context.console.say({{Tone::strong, "retrying "},
                         {Tone::plain, source.text() + " as " + id.text() +
                                           (from.empty() ? "" : " from " + one_line(from))}});
}

core::Result<Exit> retry_on_server(const Context& context, const ApiClient& client,
                                   const RetryOptions& options,
                                   const runtime::RetryRequest& request) {
    const SignalInbox signals;
    const auto source = find_on_server(client, options.id);
    if (!source) return std::unexpected(source.error());
    core::ObjectBuilder body;
    if (!request.from.empty()) body.set("from", request.from);
    if (request.input) body.set("input", *request.input);
    if (request.version) body.set("version", *request.version);
    const auto started =
        client.post(api_path({"executions", source->text(), "retry"}), std::move(body).build());
    if (!started) return std::unexpected(started.error());
    const auto id = started_on_server(*started);
    if (!id) return std::unexpected(id.error());
    say_retrying(context, *source, *id, options.from);
    return follow_to_end(context, client, signals, *id);
}

core::Result<Exit> retry(const Context& context, const RetryOptions& options) {
    runtime::RetryRequest request;
    request.from = options.from;
    request.version = options.version;
    if (options.input) {
        auto input = given_input(context.console, *options.input);
        if (!input) return std::unexpected(input.error());
        request.input = std::move(*input);
    }
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) return retry_on_server(context, **server, options, request);
    auto files = options.permissions.files();
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(context, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    const auto source = find_execution((*session)->runtime->store(), options.id);
    if (!source) return std::unexpected(source.error());
    const auto id = (*session)->runtime->retry(*source, request);
    if (!id) return std::unexpected(id.error());
    say_retrying(context, *source, *id, options.from);
    return follow(context, **session, *id);
}

}  // namespace

void add_executions_retry(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("retry", "Run a finished execution again, with its earlier results");
    const auto options = std::make_shared<RetryOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_option("--from", options->from, "Begin here: this and what follows runs again")
        ->type_name("PATH");
    command
        ->add_option("--input,-i", options->input,
                     "With --from what that node gets, else the new input: JSON, @FILE, or -")
        ->type_name("JSON");
    command->add_option("--version", options->version, "On this version of the workflow")
        ->type_name("N");
    options->egress.add_to(*command);
    options->permissions.add_to(*command);
    command->footer(
        "Makes a new execution; the old one stays as it is. Without --from what did not complete\n"
        "runs again, all else keeps its results; with --input alone nothing is kept.\n"
        "Example: millrace executions retry 5f1c --from charge --input '{\"amount\": 7}'");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = retry(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
