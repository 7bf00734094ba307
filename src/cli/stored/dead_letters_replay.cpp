// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <utility>

#include "documents/document_file.hpp"
#include "listing.hpp"
#include "on_call.hpp"
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
        context.console.say({{Tone::strong, "replaying "},
                             {Tone::plain, std::to_string(number) + " as " + id->text()}});
        started.push_back({number, *id});
    }
    return started;
}

core::Value replayed_value(const Replayed& replayed, const Follower& follower) {
    return core::Value::object({{"number", static_cast<std::int64_t>(replayed.number)},
                                {"execution_id", replayed.id.text()},
                                {"status", to_text(follower.view().status())}});
}

Exit conclude_all(const Context& context, const Watch& watch,
                  const std::vector<Replayed>& started) {
    std::vector<core::Value> items;
    std::size_t completed = 0;
    for (const Replayed& replayed : started) {
        const Follower& follower = watch.followers().at(replayed.id);
        items.push_back(replayed_value(replayed, follower));
        completed += follower.view().status() == core::ExecutionStatus::completed ? 1 : 0;
    }
    if (context.global.json) {
        print_json(context, list_body(std::move(items)));
    } else {
        context.console.say(completed == started.size() ? Tone::good : Tone::warn,
                            std::to_string(completed) + " of " +
                                counted(started.size(), "execution") + " completed");
    }
    return completed == started.size() ? Exit::done : Exit::failed;
}

Line end_line(const Follower& follower) {
    const core::ExecutionStatus status = follower.view().status();
    const bool is_good = status == core::ExecutionStatus::completed;
    Line line{{Tone::plain, "execution " + follower.id().text() + " "},
              {is_good ? Tone::good : Tone::bad, std::string{core::to_text(status)}}};
    if (const auto& error = follower.view().error())
        line.push_back({Tone::plain, ": " + one_line(error->code + ": " + error->message)});
    return line;
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
        watch.on_end = [&](const Follower& follower) { progress->say(end_line(follower)); };
    for (std::size_t i = 0; i < started.size(); ++i) {
        if (const auto added = watch.add(started[i].id, plans[i], false); !added)
            return std::unexpected(added.error());
    }
    const core::Result<WatchEnd> end = watch.until_all_ended();
    progress->finish();
    if (!end) return std::unexpected(end.error());
    if (*end != WatchEnd::finished) return left_unfinished(context, *end);
    if (is_one) return conclude(context, watch.followers().at(started.front().id));
    return conclude_all(context, watch, started);
}

core::Result<Exit> replay(const Context& context, const ReplayOptions& options) {
    runtime::ReplayRequest request;
    request.version = options.version;
    if (options.input) {
        auto input = given_input(context.console, *options.input);
        if (!input) return std::unexpected(input.error());
        request.input = std::move(*input);
    }
    auto files = options.permissions.files();
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(context, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    runtime::Runtime& runtime = *(*session)->runtime;
    const auto numbers = options.choice.choose(runtime.store().dead_letters());
    if (!numbers) return std::unexpected(numbers.error());
    if (numbers->empty()) {
        context.console.say(Tone::plain, "there are no such dead letters");
        if (context.global.json) print_json(context, list_body({}));
        return Exit::done;
    }
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
