// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/engine/frame.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"

// Commands about one unfinished execution.

namespace millrace::server {
namespace {

using runtime::Command;

using MakeCommands = std::function<std::vector<Command>(core::ExecutionId, const Request&)>;

/// Sends commands one after the other; answers with what the execution is then, or with the first
/// refusal.
class Commanding : public std::enable_shared_from_this<Commanding> {
public:
    Commanding(const Services& services, std::shared_ptr<const Request> request, Reply reply,
               core::ExecutionId id, std::vector<Command> commands)
        : runtime_{services.runtime},
          work_{services.work},
          request_{std::move(request)},
          reply_{std::move(reply)},
          id_{id},
          commands_{std::move(commands)} {}

    void next() {
        if (sent_ == commands_.size()) {
            work_([self = shared_from_this()] { self->answer(); });
            return;
        }
        runtime_.send(commands_[sent_++],
                      [self = shared_from_this()](core::Result<core::ExecutionId> done) {
                          if (done) return self->next();
                          self->reply_(to_response(command_problem(done.error()), *self->request_));
                      });
    }

private:
    void answer() {
        const auto view = runtime_.view(id_);
        if (!view) return reply_(to_response(command_problem(view.error()), *request_));
        reply_(json_response(core::Value::object(
            {{"execution_id", id_.text()}, {"status", core::to_text(view->status())}})));
    }

    // Not the services: callbacks of the runtime come when the server has gone, too.
    runtime::Runtime& runtime_;
    const std::function<void(std::function<void()>)> work_;
    const std::shared_ptr<const Request> request_;
    const Reply reply_;
    const core::ExecutionId id_;
    const std::vector<Command> commands_;
    std::size_t sent_ = 0;
};

std::string text_member(const Request& request, std::string_view name) {
    const core::Value* const text = request.json.find(name);
    return text != nullptr ? std::string{text->as_string()} : std::string{};
}

Body reason_body() {
    return {.description = "Why; it is recorded.",
            .schema = schema_of(R"({
                "type": "object",
                "additionalProperties": false,
                "properties": {"reason": {"type": "string", "maxLength": 4096}}
            })"),
            .is_required = false};
}

struct ControlRoute {
    std::string_view path;  ///< behind `/api/v1/executions/{id}`
    std::string_view id;
    std::string_view summary;
    std::string_view description;
};

Route control_route(Services& services, const ControlRoute& what, MakeCommands make) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/executions/{id}" + std::string{what.path};
    route.id = what.id;
    route.tag = executions_tag;
    route.summary = what.summary;
    route.description = what.description;
    route.action = Action::run;
    route.runs = Runs::here;
    route.parameters = {path_parameter("id", "The execution.")};
    route.answers = {
        {200, "It is durable; `status` is what the execution is now.", schema_ref("Accepted")}};
    route.problems = {"not_found", "already_finished", "not_allowed", "unavailable", "stopped"};
    route.handler = AsyncHandler{[&services, make = std::move(make)](
                                     std::shared_ptr<const Request> request, const Reply& reply) {
        const auto id = execution_id_of(*request);
        if (!id) return reply_with(reply, *request, std::unexpected(id.error()));
        std::vector<Command> commands = make(*id, *request);
        std::make_shared<Commanding>(services, std::move(request), reply, *id, std::move(commands))
            ->next();
    }};
    return route;
}

void add_pause_routes(RouteTable& table, Services& services) {
    Route pause = control_route(
        services,
        {"/pause", "pauseExecution", "Pause an execution",
         "Calls that are under way end and are recorded, but start nothing further. A paused "
         "execution survives restarts."},
        [](core::ExecutionId id, const Request& request) -> std::vector<Command> {
            return {engine::PauseExecution{0, id, text_member(request, "reason")}};
        });
    pause.body = {reason_body()};
    table.routes.push_back(std::move(pause));

    Route resume = control_route(
        services,
        {"/resume", "resumeExecution", "Resume a paused execution",
         "With other values of some variables, if they are given: when one of them is wrong the "
         "execution stays paused."},
        [](core::ExecutionId id, const Request& request) {
            std::vector<Command> commands;
            if (const core::Value* const variables = request.json.find("variables"))
                commands.emplace_back(engine::ChangeVariables{0, id, *variables});
            commands.emplace_back(engine::ResumeExecution{0, id});
            return commands;
        });
    resume.body = {{.description = "Variables to change.",
                    .schema = schema_of(R"({
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {"variables": {"type": "object"}}
                    })"),
                    .is_required = false}};
    table.routes.push_back(std::move(resume));
}

void add_cancel_routes(RouteTable& table, Services& services) {
    Route cancel = control_route(
        services,
        {"/cancel", "cancelExecution", "Cancel an execution",
         "Calls that are under way are asked to stop and get some time to do so; what was to be "
         "undone is undone. The execution then ends as canceled."},
        [](core::ExecutionId id, const Request& request) -> std::vector<Command> {
            return {engine::CancelExecution{0, id, text_member(request, "reason")}};
        });
    cancel.body = {reason_body()};
    table.routes.push_back(std::move(cancel));

    table.routes.push_back(
        control_route(services,
                      {"/step", "stepExecution", "Let a paused execution start one run",
                       "It is paused again before the next run starts."},
                      [](core::ExecutionId id, const Request&) -> std::vector<Command> {
                          return {engine::StepExecution{0, id}};
                      }));

    Route breakpoints = control_route(
        services,
        {"/breakpoints", "setBreakpoints", "Say before which nodes an execution pauses",
         "In the place of all breakpoints that were set before."},
        [](core::ExecutionId id, const Request& request) -> std::vector<Command> {
            engine::SetBreakpoints set{0, id, {}};
            const core::Value* const nodes = request.json.find("nodes");
            for (const core::Value& node : nodes->as_array())
                set.nodes.emplace_back(node.as_string());
            return {std::move(set)};
        });
    breakpoints.body = {
        {.description = "All that are to be set from now on.", .schema = schema_of(R"({
                             "type": "object",
                             "required": ["nodes"],
                             "additionalProperties": false,
                             "properties": {
                                 "nodes": {"type": "array", "items": {"type": "string"}}
                             }
                         })")}};
    breakpoints.problems.emplace_back("invalid");
    table.routes.push_back(std::move(breakpoints));
}

void add_node_command_routes(RouteTable& table, Services& services) {
    const auto add = [&](const ControlRoute& what, engine::NodeAction action) {
        Route route = control_route(
            services, what,
            [action](core::ExecutionId id, const Request& request) -> std::vector<Command> {
                return {engine::CommandNode{0, id, request.parameter("node"), action}};
            });
        route.parameters.push_back(
            path_parameter("node", "A node's id, or `loop[3].charge` inside a container."));
        table.routes.push_back(std::move(route));
    };
    add({"/nodes/{node}/retry", "retryNode", "Begin a run of a node again now",
         "Under a new idempotency key."},
        engine::NodeAction::retry);
    add({"/nodes/{node}/skip", "skipNode", "Leave a run of a node out",
         "What follows gets nothing from it."},
        engine::NodeAction::skip);
    add({"/nodes/{node}/cancel", "cancelNode", "End a run of a node",
         "What follows gets nothing from it."},
        engine::NodeAction::cancel);
}

void add_signal_route(RouteTable& table, Services& services) {
    Route signal = control_route(
        services,
        {"/signals/{name}", "signalExecution", "Give a signal to an execution",
         "The run that has waited longest for a signal of this name goes on with what comes with "
         "it. When none waits yet, it is kept for the next one that does. 409 when the workflow "
         "has no node that waits."},
        [](core::ExecutionId id, const Request& request) -> std::vector<Command> {
            return {engine::SendSignal{0, id, request.parameter("name"), request.json}};
        });
    signal.parameters.push_back(path_parameter("name", "The signal."));
    signal.body = {
        {.description = "What comes with the signal.", .schema = {}, .is_required = false}};
    table.routes.push_back(std::move(signal));
}

}  // namespace

void add_execution_control_routes(RouteTable& table, Services& services) {
    add_pause_routes(table, services);
    add_cancel_routes(table, services);
    add_node_command_routes(table, services);
    add_signal_route(table, services);
}

}  // namespace millrace::server
