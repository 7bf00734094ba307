// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

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

struct ResumeOptions {
    std::vector<std::string> ids;
    bool all = false;
    std::vector<std::string> variables;
    EgressOptions egress;
    PermissionOptions permissions;
};

core::Error already_ended(const std::string& id, core::ExecutionStatus status) {
    return {FileErrc::bad_argument, "execution " + id + " is " +
                                        std::string{core::to_text(status)} +
                                        " already; only unfinished ones can be resumed"};
}

core::Result<std::vector<engine::ExecutionRow>> wanted_rows(store::Store& store,
                                                            const ResumeOptions& options) {
    if (options.all) {
        auto left = find_leftovers(store, {});
        if (!left) return std::unexpected(left.error());
        return std::move(left->others);
    }
    std::vector<engine::ExecutionRow> rows;
    for (const std::string& text : options.ids) {
        const auto id = find_execution(store, text);
        if (!id) return std::unexpected(id.error());
        auto row = store.execution(*id);
        if (!row) return std::unexpected(row.error());
        if (core::is_terminal(row->status)) {
            return std::unexpected(already_ended(row->id.text(), row->status));
        }
        rows.push_back(std::move(*row));
    }
    return rows;
}

Exit resumed(const Context& context, std::size_t failed, std::size_t count) {
    if (failed == 0) return Exit::done;
    context.console.say(Tone::bad, std::to_string(failed) + " of " + counted(count, "execution") +
                                       " did not complete");
    return Exit::failed;
}

/// One that runs already needs no word.
core::Result<> send_resume(const ApiClient& client, core::ExecutionId id,
                           const core::Value& variables) {
    const core::Value body =
        variables.is_null() ? core::Value{} : core::Value::object({{"variables", variables}});
    const auto sent = client.post(api_path({"executions", id.text(), "resume"}), body);
    const bool is_needless = !sent && sent.error().is(RemoteErrc::conflict) && variables.is_null();
    if (sent || is_needless) return {};
    return std::unexpected(sent.error().during("resume execution", id.text()));
}

core::Result<RemoteOutcome> resume_one(const Context& context, const ApiClient& client,
                                       const SignalInbox& signals, core::ExecutionId id,
                                       const core::Value& variables) {
    const auto send = [&] { return send_resume(client, id, variables); };
    const auto rests_at = [](core::ExecutionStatus status) {
        return status == core::ExecutionStatus::paused;
    };
    auto outcome = command_on_server(context, client, signals, {id, send, rests_at});
    if (outcome && outcome->facts.has_ended())
        make_quiet_progress(context.console)->say(end_line(outcome->facts));
    return outcome;
}

/// Whether it is as it should be.
bool tell_rest(const Context& context, const ExecutionFacts& facts) {
    if (!facts.has_ended())
        context.console.say(Tone::warn, "execution " + facts.id + " " + rest_words(facts));
    return facts.status == core::ExecutionStatus::completed ||
           facts.status == core::ExecutionStatus::paused;
}

/// A server has taken over what a crash left when it started; only paused ones need a word.
core::Result<Exit> resume_on_server(const Context& context, const ApiClient& client,
                                    const ResumeOptions& options, const core::Value& variables) {
    const Console& console = context.console;
    if (options.all) {
        console.say(Tone::plain,
                    "the server finishes what a crash left by itself; name the paused "
                    "runs to resume");
        return Exit::done;
    }
    const SignalInbox signals;
    std::vector<core::ExecutionId> ids;
    for (const std::string& text : options.ids) {
        const auto id = find_on_server(client, text);
        if (!id) return std::unexpected(id.error());
        const auto facts = execution_on_server(client, *id, nullptr);
        if (!facts) return std::unexpected(facts.error());
        if (facts->has_ended()) return std::unexpected(already_ended(facts->id, facts->status));
        ids.push_back(*id);
    }
    console.say(Tone::strong, "resuming " + counted(ids.size(), "execution"));
    const bool is_one = ids.size() == 1;
    if (!is_one) {
        // All of them before any is waited for.
        for (const core::ExecutionId id : ids)
            if (const auto sent = send_resume(client, id, variables); !sent)
                return std::unexpected(sent.error());
    }
    std::size_t failed = 0;
    for (const core::ExecutionId id : ids) {
        const auto outcome = is_one
                                 ? resume_one(context, client, signals, id, variables)
                                 : follow_quietly(context, client, signals, id, OnInterrupt::leave);
        if (!outcome) return std::unexpected(outcome.error());
        if (outcome->end != WatchEnd::finished) return left_on_server(context, outcome->end);
        if (!tell_rest(context, outcome->facts)) ++failed;
    }
    return resumed(context, failed, ids.size());
}

core::Result<Exit> resume_wanted(const Context& context, const ResumeOptions& options) {
    if (options.all != options.ids.empty()) {
        return core::fail(FileErrc::bad_argument,
                          "name the executions to resume, or say --all; see millrace executions "
                          "list --status running");
    }
    core::Value variables;
    if (!options.variables.empty()) {
        auto given = given_variables(options.variables);
        if (!given) return std::unexpected(given.error());
        variables = std::move(*given);
    }
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) return resume_on_server(context, **server, options, variables);
    auto files = options.permissions.files();
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(context, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    const auto rows = wanted_rows((*session)->runtime->store(), options);
    if (!rows) return std::unexpected(rows.error());
    const Console& console = context.console;
    if (rows->empty()) {
        console.say(Tone::plain, "nothing is unfinished");
        return Exit::done;
    }
    console.say(Tone::strong, "resuming " + counted(rows->size(), "execution") + " (" +
                                  workflows_of(*rows) + ")");
    const auto outcome = resume(context, **session, *rows, variables);
    if (!outcome) return std::unexpected(outcome.error());
    if (outcome->end != WatchEnd::finished) return left_unfinished(context, outcome->end);
    return resumed(context, outcome->failed, rows->size());
}

}  // namespace

void add_executions_resume(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("resume", "Let paused runs go on, and finish what a crash left");
    const auto options = std::make_shared<ResumeOptions>();
    command->add_option("ID", options->ids, "Executions to finish");
    command->add_flag("--all", options->all, "All that are unfinished, but not paused");
    command->add_option("--var", options->variables, "Another value for a paused run's variable")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    options->egress.add_to(*command);
    options->permissions.add_to(*command);
    command->footer(
        "Nothing that was recorded runs again. Exit status 1 if one ends without being completed.\n"
        "Ctrl-C leaves what is unfinished for a later resume.\n"
        "Example: millrace executions resume --all");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = resume_wanted(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
