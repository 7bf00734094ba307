// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <utility>

#include "documents/document_file.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_run.hpp"
#include "run/given_values.hpp"
#include "run/outcome.hpp"
#include "run/permissions.hpp"
#include "run/session.hpp"
#include "stored/dead_letters_commands.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct ReplayOptions {
    LetterChoice choice;
    std::optional<std::string> input;
    std::optional<std::uint32_t> version;
    EgressOptions egress;
    PermissionOptions permissions;
};

struct Replayed {
    std::uint64_t number = 0;
    core::ExecutionId id;
};

/// With the status in which it has ended or rests.
struct Ended {
    Replayed replayed;
    core::ExecutionStatus status = core::ExecutionStatus::pending;
};

void say_replaying(const Context& context, std::uint64_t number, core::ExecutionId id) {
    context.console.say(
        {{Tone::strong, "replaying "}, {Tone::plain, std::to_string(number) + " as " + id.text()}});
}

Exit nothing_to_replay(const Context& context) {
    context.console.say(Tone::plain, "there are no such dead letters");
    if (context.global.json) print_json(context, list_body({}));
    return Exit::done;
}

/// Starts all that can be started; tells of the others.
std::vector<Replayed> start_all(const Context& context, runtime::Runtime& runtime,
                                const std::vector<std::uint64_t>& numbers,
                                const runtime::ReplayRequest& request) {
    std::vector<Replayed> started;
    for (const std::uint64_t number : numbers) {
        const auto id = runtime.replay_dead_letter(number, request);
        if (!id) {
            context.console.complain("cannot replay dead letter " + std::to_string(number) + ": " +
                                     id.error().message());
            continue;
        }
        say_replaying(context, number, *id);
        started.push_back({number, *id});
    }
    return started;
}

Exit conclude_all(const Context& context, const std::vector<Ended>& ended) {
    std::vector<core::Value> items;
    std::size_t completed = 0;
    for (const Ended& one : ended) {
        items.push_back(
            core::Value::object({{"number", static_cast<std::int64_t>(one.replayed.number)},
                                 {"execution_id", one.replayed.id.text()},
                                 {"status", to_text(one.status)}}));
        completed += one.status == core::ExecutionStatus::completed ? 1 : 0;
    }
    if (context.global.json) {
        print_json(context, list_body(std::move(items)));
    } else {
        context.console.say(
            completed == ended.size() ? Tone::good : Tone::warn,
            std::to_string(completed) + " of " + counted(ended.size(), "execution") + " completed");
    }
    return completed == ended.size() ? Exit::done : Exit::failed;
}

core::Result<Exit> follow(const Context& context, Session& session,
                          const std::vector<Replayed>& started) {
    runtime::Runtime& runtime = *session.runtime;
    const bool is_one = started.size() == 1;
    std::vector<std::shared_ptr<const engine::Plan>> plans;
    for (const Replayed& replayed : started) {
        const auto row = runtime.store().execution(replayed.id);
        if (!row) return std::unexpected(row.error());
        const auto saved = runtime.load_workflow(row->workflow_id, row->workflow_version);
        if (!saved) return std::unexpected(saved.error());
        plans.push_back(saved->plan);
    }
    const std::unique_ptr<Progress> progress =
        is_one ? make_progress(context.console, facts_of(*plans.front()), "Ctrl-C cancels")
               : make_quiet_progress(context.console);
    Watch watch{runtime, session.mailbox, session.signals, *progress, OnInterrupt::cancel};
    if (!is_one)
        watch.on_end = [&](const Follower& follower) {
            progress->say(end_line(facts_of(follower.view())));
        };
    for (std::size_t i = 0; i < started.size(); ++i) {
        if (const auto added = watch.add(started[i].id, plans[i], false); !added)
            return std::unexpected(added.error());
    }
    const core::Result<WatchEnd> end = watch.until_all_ended();
    progress->finish();
    if (!end) return std::unexpected(end.error());
    if (*end != WatchEnd::finished) return left_unfinished(context, *end);
    if (is_one) return conclude(context, facts_of(watch.followers().at(started.front().id).view()));
    std::vector<Ended> ended;
    for (const Replayed& replayed : started)
        ended.push_back({replayed, watch.followers().at(replayed.id).view().status()});
    return conclude_all(context, ended);
}

core::Value replay_body(const runtime::ReplayRequest& request) {
    core::ObjectBuilder body;
    if (request.input) body.set("input", *request.input);
    if (request.version) body.set("version", *request.version);
    return std::move(body).build();
}

core::Result<std::vector<Replayed>> start_on_server(const Context& context, const ApiClient& client,
                                                    const std::vector<std::uint64_t>& numbers,
                                                    const core::Value& body) {
    std::vector<Replayed> started;
    for (const std::uint64_t number : numbers) {
        const std::string text = std::to_string(number);
        const auto answer = client.post(api_path({"dead-letters", text, "replay"}), body);
        if (!answer) {
            context.console.complain("cannot replay dead letter " + text + ": " +
                                     answer.error().message());
            continue;
        }
        const auto id = started_on_server(*answer);
        if (!id) return std::unexpected(id.error());
        say_replaying(context, number, *id);
        started.push_back({number, *id});
    }
    return started;
}

core::Result<Exit> replay_on_server(const Context& context, const ApiClient& client,
                                    const LetterChoice& choice, const core::Value& body) {
    const SignalInbox signals;
    const auto numbers = choice.choose(client);
    if (!numbers) return std::unexpected(numbers.error());
    if (numbers->empty()) return nothing_to_replay(context);
    const auto started = start_on_server(context, client, *numbers, body);
    if (!started) return std::unexpected(started.error());
    if (started->empty()) return Exit::failed;
    core::Result<Exit> exit = Exit::done;
    if (started->size() == 1) {
        exit = follow_to_end(context, client, signals, started->front().id);
    } else {
        std::vector<Ended> ended;
        for (const Replayed& replayed : *started) {
            const auto outcome =
                follow_quietly(context, client, signals, replayed.id, OnInterrupt::cancel);
            if (!outcome) return std::unexpected(outcome.error());
            if (outcome->end != WatchEnd::finished) return left_on_server(context, outcome->end);
            ended.push_back({replayed, outcome->facts.status});
        }
        exit = conclude_all(context, ended);
    }
    if (!exit || started->size() == numbers->size()) return exit;
    return *exit == Exit::done ? Exit::failed : *exit;
}

core::Result<Exit> replay(const Context& context, const ReplayOptions& options) {
    runtime::ReplayRequest request;
    request.version = options.version;
    if (options.input) {
        auto input = given_input(context.console, *options.input);
        if (!input) return std::unexpected(input.error());
        request.input = std::move(*input);
    }
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) return replay_on_server(context, **server, options.choice, replay_body(request));
    auto files = options.permissions.files();
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(context, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    runtime::Runtime& runtime = *(*session)->runtime;
    const auto numbers = options.choice.choose(runtime.store().dead_letters());
    if (!numbers) return std::unexpected(numbers.error());
    if (numbers->empty()) return nothing_to_replay(context);
    const std::vector<Replayed> started = start_all(context, runtime, *numbers, request);
    if (started.empty()) return Exit::failed;
    const auto exit = follow(context, **session, started);
    if (!exit || started.size() == numbers->size()) return exit;
    return *exit == Exit::done ? Exit::failed : *exit;
}

}  // namespace

void add_dead_letters_replay(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("replay", "Do it again: a new execution goes on from the failed run");
    const auto options = std::make_shared<ReplayOptions>();
    options->choice.add_to(*command);
    command
        ->add_option("--input,-i", options->input,
                     "What the run gets instead of what it got: JSON, @FILE, or -")
        ->type_name("JSON");
    command->add_option("--version", options->version, "On this version of the workflow")
        ->type_name("N");
    options->egress.add_to(*command);
    options->permissions.add_to(*command);
    command->footer(
        "What completed before keeps its results. What fails again is a new letter.\n"
        "Example: millrace dead-letters replay 7 --input '{\"amount\": 7}'");
    on_call(*command, chosen, options, replay);
}

}  // namespace millrace::cli
