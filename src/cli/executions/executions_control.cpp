// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "documents/document_file.hpp"
#include "executions/execution_control.hpp"
#include "executions/executions_commands.hpp"
#include "remote/chosen_server.hpp"
#include "remote/remote_run.hpp"
#include "run/outcome.hpp"
#include "run/permissions.hpp"
#include "run/session.hpp"
#include "terminal/wording.hpp"

// Commands that change one unfinished execution.

namespace millrace::cli {
namespace {

using core::ExecutionStatus;

bool is_at_rest(Until until, ExecutionStatus status) {
    switch (until) {
        case Until::idle:
        case Until::rests:
            return status == ExecutionStatus::paused || status == ExecutionStatus::waiting ||
                   status == ExecutionStatus::pending;
        case Until::ended: break;
    }
    return false;
}

/// Here a run that was canceled is what was asked for.
Exit concluded(const Context& context, const ExecutionFacts& facts, Until until,
               const std::vector<Question>& questions = {}) {
    const Exit exit = conclude(context, facts, questions);
    return exit == Exit::interrupted && until == Until::ended ? Exit::done : exit;
}

core::Result<Exit> control_on_server(const Context& context, const ApiClient& client,
                                     const std::string& text, const Control& what) {
    const SignalInbox signals;
    const auto id = find_on_server(client, text);
    if (!id) return std::unexpected(id.error());
    std::string path = api_path({"executions", id->text()});
    for (const std::string& segment : what.path)
        path += path_segment(segment);
    const auto send = [&]() -> core::Result<> {
        const auto sent = client.post(path, what.body);
        if (!sent) return std::unexpected(sent.error());
        return {};
    };
    const auto rests_at = [&](ExecutionStatus status) { return is_at_rest(what.until, status); };
    const auto outcome = command_on_server(context, client, signals, {*id, send, rests_at});
    if (!outcome) return std::unexpected(outcome.error());
    if (outcome->end != WatchEnd::finished) return left_on_server(context, outcome->end);
    return concluded(context, outcome->facts, what.until);
}

}  // namespace

core::Result<Exit> control(const Context& context, const ControlOptions& options,
                           const Control& what) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) return control_on_server(context, **server, options.id, what);
    auto files = options.permissions.files();
    if (!files) return std::unexpected(files.error());
    auto session = Session::open(context, options.egress.http(), std::move(*files),
                                 options.permissions.commands());
    if (!session) return std::unexpected(session.error());
    runtime::Runtime& runtime = *(*session)->runtime;
    const auto id = find_execution(runtime.store(), options.id);
    if (!id) return std::unexpected(id.error());
    const auto row = runtime.store().execution(*id);
    if (!row) return std::unexpected(row.error());
    const auto saved = runtime.load_workflow(row->workflow_id, row->workflow_version);
    if (!saved) return std::unexpected(saved.error());
    const std::unique_ptr<Progress> progress =
        make_progress(context.console, facts_of(*saved->plan), "Ctrl-C leaves it for later");
    Watch watch{runtime, (*session)->mailbox, (*session)->signals, *progress, OnInterrupt::leave};
    watch.rests_at = [&](ExecutionStatus status) { return is_at_rest(what.until, status); };
    if (const auto added = watch.add(*id, saved->plan, true); !added)
        return std::unexpected(added.error());
    if (const auto sent = what.send(runtime, *id); !sent) return std::unexpected(sent.error());
    if (const auto read = watch.refresh(); !read) return std::unexpected(read.error());
    const core::Result<WatchEnd> end = watch.until_all_ended();
    progress->finish();
    if (!end) return std::unexpected(end.error());
    if (*end != WatchEnd::finished) return left_unfinished(context, *end);
    return concluded(context, facts_of(watch.followers().at(*id).view()), what.until,
                     watch.questions(*id));
}

void add_execution_id(CLI::App& command, ControlOptions& options) {
    command.add_option("ID", options.id, "The execution; a beginning or an end of its id will do")
        ->required();
}

void add_node_rights(CLI::App& command, ControlOptions& options) {
    options.egress.add_to(command);
    options.permissions.add_to(command);
}

namespace {

using MakeControl = std::function<Control(const ControlOptions&)>;

/// `executions NAME ID`; `add` adds what else it takes.
CLI::App* add_control(CLI::App& group, Action& chosen, const std::string& name,
                      const std::string& description, MakeControl make,
                      const std::function<void(CLI::App&, ControlOptions&)>& add = {}) {
    CLI::App* const command = group.add_subcommand(name, description);
    const auto options = std::make_shared<ControlOptions>();
    add_execution_id(*command, *options);
    if (add) add(*command, *options);
    add_node_rights(*command, *options);
    command->callback([options, make = std::move(make), &chosen] {
        chosen = [options, make](const Context& context) {
            const core::Result<Exit> exit = control(context, *options, make(*options));
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
    return command;
}

void take_reason(CLI::App& command, ControlOptions& options) {
    command.add_option("--reason", options.reason, "Why; it is recorded")->type_name("TEXT");
}

void take_path(CLI::App& command, ControlOptions& options) {
    command
        .add_option("PATH", options.path, "The node, or loop[3].charge for one inside a container")
        ->required();
}

MakeControl node_control(engine::NodeAction action, std::string name) {
    return [action, name = std::move(name)](const ControlOptions& options) -> Control {
        return {[path = options.path, action](runtime::Runtime& runtime, core::ExecutionId id) {
                    return runtime.command_node(id, path, action);
                },
                Until::rests,
                {"nodes", options.path, name},
                {}};
    };
}

core::Value reason_body(const std::string& reason) {
    return reason.empty() ? core::Value{} : core::Value::object({{"reason", reason}});
}

void add_node_commands(CLI::App& group, Action& chosen) {
    CLI::App* const node = group.add_subcommand("node", "Decide about one node of a run");
    node->require_subcommand(1);
    add_control(*node, chosen, "skip", "Leave it out; what follows gets nothing from it",
                node_control(engine::NodeAction::skip, "skip"), take_path)
        ->footer("Example: millrace executions node skip 5f1c 'loop[3].charge'");
    add_control(*node, chosen, "cancel", "End it; what follows gets nothing from it",
                node_control(engine::NodeAction::cancel, "cancel"), take_path)
        ->footer("Example: millrace executions node cancel 5f1c charge");
    add_control(*node, chosen, "retry", "Begin it again now, under a new idempotency key",
                node_control(engine::NodeAction::retry, "retry"), take_path)
        ->footer("Example: millrace executions node retry 5f1c charge");
}

}  // namespace

void add_executions_control(CLI::App& group, Action& chosen) {
    add_control(
        group, chosen, "pause", "Let a run start nothing more until it is resumed",
        [](const ControlOptions& options) -> Control {
            return {[reason = options.reason](runtime::Runtime& runtime, core::ExecutionId id) {
                        return runtime.pause(id, reason);
                    },
                    Until::idle,
                    {"pause"},
                    reason_body(options.reason)};
        },
        take_reason)
        ->footer("Example: millrace executions pause 5f1c --reason 'the bank is down'");
    add_control(
        group, chosen, "cancel", "End a run; its clean-up is done first",
        [](const ControlOptions& options) -> Control {
            return {[reason = options.reason](runtime::Runtime& runtime, core::ExecutionId id) {
                        return runtime.cancel(id, reason);
                    },
                    Until::ended,
                    {"cancel"},
                    reason_body(options.reason)};
        },
        take_reason)
        ->footer("Example: millrace executions cancel 5f1c --reason 'ordered twice'");
    add_control(group, chosen, "step", "Let a paused run start one node",
                [](const ControlOptions&) -> Control {
                    return {[](runtime::Runtime& runtime, core::ExecutionId id) {
                                return runtime.step(id);
                            },
                            Until::rests,
                            {"step"},
                            {}};
                })
        ->footer("Example: millrace executions step 5f1c");
    add_control(
        group, chosen, "breakpoints",
        "Say before which nodes a run pauses; without any, before none",
        [](const ControlOptions& options) -> Control {
            return {
                [nodes = options.nodes](runtime::Runtime& runtime, core::ExecutionId id) {
                    return runtime.set_breakpoints(id, nodes);
                },
                Until::rests,
                {"breakpoints"},
                core::Value::object(
                    {{"nodes", core::Value::array({options.nodes.begin(), options.nodes.end()})}})};
        },
        [](CLI::App& command, ControlOptions& options) {
            command.add_option("NODE", options.nodes, "All nodes to pause before from now on");
        })
        ->footer("Example: millrace executions breakpoints 5f1c charge ship");
    add_node_commands(group, chosen);
}

}  // namespace millrace::cli
