// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "intake.hpp"
#include "millrace/core/problem.hpp"

// What operators ask of a live execution.

namespace millrace::engine {
namespace {

using core::Value;

void answer(Turn& turn, CallToken token, core::Result<> result = {}) {
    turn.frame.answers.push_back({token, std::move(result)});
}

bool refuse(Turn& turn, CallToken token, CommandErrc code, std::string message) {
    answer(turn, token, core::fail(code, std::move(message)));
    return false;
}

/// True when it may go on; the caller has its answer otherwise.
bool is_live(Turn& turn, CallToken token, std::string_view verb) {
    if (!is_terminal(turn.x.status) && !turn.x.is_ending()) return true;
    const bool ended = is_terminal(turn.x.status);
    return refuse(turn, token, ended ? CommandErrc::already_finished : CommandErrc::not_allowed,
                  "execution " + turn.x.id.text() + (ended ? " has already ended" : " is ending") +
                      ", so it cannot be " + std::string{verb});
}

bool is_paused(Turn& turn, CallToken token, std::string_view verb) {
    if (!is_live(turn, token, verb)) return false;
    if (turn.x.is_paused()) return true;
    return refuse(turn, token, CommandErrc::not_allowed,
                  "execution " + turn.x.id.text() + " is " +
                      std::string{core::to_text(turn.x.status)} + "; only a paused one can be " +
                      std::string{verb});
}

core::Result<Value> changed(const Plan& plan, const Value& current, const Value& changes) {
    if (!changes.is_object())
        return core::fail(CommandErrc::bad_variable, "variables must be given as an object");
    core::ObjectBuilder values;
    for (const core::Member& member : current.as_object()) {
        const Value* const given = changes.find(member.key);
        values.set(member.key, given == nullptr ? member.value : *given);
    }
    for (const core::Member& member : changes.as_object()) {
        if (current.find(member.key) != nullptr) continue;
        std::vector<std::string_view> names;
        for (const core::Variable& variable : plan.variables())
            names.push_back(variable.name);
        const std::string near = core::nearest(member.key, names);
        return core::fail(CommandErrc::bad_variable,
                          "the workflow has no variable `" + member.key + "`" +
                              (near.empty() ? "" : "; did you mean `" + near + "`?"));
    }
    return std::move(values).build();
}

core::Result<> check_nodes(const Plan& plan, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        if (plan.find(name)) continue;
        return core::fail(CommandErrc::unknown_node, "the workflow has no node `" + name + "`");
    }
    return {};
}

Value list(const std::vector<std::string>& names) {
    std::vector<Value> values;
    for (const std::string& name : names)
        values.emplace_back(name);
    return Value::array(std::move(values));
}

bool may_be_commanded(const RunState& run, NodeAction action, bool is_paused) {
    switch (run.phase) {
        case Phase::done: return false;
        case Phase::containing:
        case Phase::blocked:
        case Phase::ready: return action != NodeAction::retry;
        case Phase::attempting:
        case Phase::backing_off:
        case Phase::delaying: return true;
        case Phase::recovering:
            // Where a connection failed before any attempt there is no input to try it with.
            return action != NodeAction::retry || (is_paused && run.attempt > 0);
        case Phase::succeeded:
        case Phase::awaiting_fallback: return false;
    }
    return false;
}

std::string_view to_text(NodeAction action) {
    switch (action) {
        case NodeAction::skip: return "skipped";
        case NodeAction::cancel: return "canceled";
        case NodeAction::retry: return "retried";
    }
    return "skipped";
}

/// A name or a path of some node of the workflow.
bool names_node(const Plan& plan, std::string_view path) {
    return plan.find(path.substr(path.rfind('.') + 1)).has_value();
}

core::Result<> check_pins(const Plan& plan, const Value& pins) {
    if (pins.is_null()) return {};
    if (!pins.is_object())
        return core::fail(CommandErrc::bad_option, "pins must be an object of nodes");
    for (const core::Member& pin : pins.as_object()) {
        const auto node = plan.find(std::string_view{pin.key}.substr(pin.key.rfind('.') + 1));
        if (!node)
            return core::fail(CommandErrc::unknown_node,
                              "the workflow has no node `" + pin.key + "` to pin");
        const auto& outputs = plan.node(*node).definition->type.outputs;
        if (!pin.value.is_object())
            return core::fail(CommandErrc::bad_option,
                              "the pin of `" + pin.key + "` must be an object `{PORT: value}`");
        for (const core::Member& port : pin.value.as_object()) {
            const auto known = std::ranges::find(outputs, port.key, &core::PortDescriptor::name);
            if (known != outputs.end() && !known->inner) continue;
            return core::fail(CommandErrc::bad_option,
                              "node `" + pin.key + "` has no output `" + port.key + "` to pin");
        }
    }
    return {};
}

}  // namespace

bool take_pause(Turn& turn, const PauseExecution& pause) {
    if (!is_live(turn, pause.token, "paused")) return false;
    const bool is_queued = turn.x.status == core::ExecutionStatus::pending;
    if (is_queued || turn.x.is_paused()) {
        return refuse(turn, pause.token, CommandErrc::not_allowed,
                      "execution " + turn.x.id.text() +
                          (is_queued ? " has not started yet" : " is paused already"));
    }
    take_input(turn, PauseRequested{pause.reason});
    answer(turn, pause.token);
    return true;
}

/// Resuming ends the waits that say so, as if their time had come.
void end_skipped_waits(Turn& turn) {
    const auto says_so = [](const PlanNode& node) { return node.skips_on_resume; };
    if (std::ranges::none_of(turn.plan().nodes(), says_so)) return;
    std::vector<RunRef> waits;
    const auto look = [&](const ScopeState& scope) {
        for (const core::NodeIndex node : turn.plan().scope(scope.scope).nodes)
            if (says_so(turn.node(node)) && turn.run({scope.id, node}).phase == Phase::delaying)
                waits.push_back({scope.id, node});
    };
    look(turn.x.top);
    for (const auto& [number, entity] : turn.x.scopes)
        look(turn.all.scope(turn.x, number));
    for (const RunRef wait : waits) {
        const RunState& run = turn.run(wait);
        take_input(turn,
                   TimerFired{turn.key(wait), TimerPurpose::delay, run.attempt, run.wait_due});
    }
}

bool take_resume(Turn& turn, const ResumeExecution& resume) {
    if (!is_paused(turn, resume.token, "resumed")) return false;
    take_input(turn, ResumeRequested{});
    end_skipped_waits(turn);
    answer(turn, resume.token);
    return true;
}

bool take_step(Turn& turn, const StepExecution& step) {
    if (!is_paused(turn, step.token, "stepped")) return false;
    take_input(turn, StepRequested{});
    answer(turn, step.token);
    return true;
}

bool take_variables(Turn& turn, const ChangeVariables& change) {
    if (!is_paused(turn, change.token, "given other variables")) return false;
    auto values = changed(turn.plan(), turn.x.variables, change.variables);
    if (!values) {
        answer(turn, change.token, std::unexpected(values.error()));
        return false;
    }
    take_input(turn, VariablesChanged{*std::move(values)});
    answer(turn, change.token);
    return true;
}

bool take_breakpoints(Turn& turn, const SetBreakpoints& set) {
    if (!is_live(turn, set.token, "given breakpoints")) return false;
    if (auto known = check_nodes(turn.plan(), set.nodes); !known) {
        answer(turn, set.token, known);
        return false;
    }
    take_input(turn, BreakpointsSet{list(set.nodes)});
    answer(turn, set.token);
    return true;
}

bool take_node_command(Turn& turn, const CommandNode& command) {
    if (!is_live(turn, command.token, "changed")) return false;
    const auto run = turn.all.find_run(turn.x, command.path);
    if (!run) {
        const bool is_known = names_node(turn.plan(), command.path);
        return refuse(turn, command.token, CommandErrc::unknown_node,
                      is_known ? "there is no run `" + command.path + "` now"
                               : "the workflow has no node `" + command.path + "`");
    }
    const RunState& state = turn.run(*run);
    const bool stands_in = state.phase == Phase::blocked && turn.node(run->node).fallback_for;
    // Nor while the workflow waits to be tried anew: those runs have not begun.
    const bool is_pending =
        turn.x.status == core::ExecutionStatus::pending || turn.x.restart_due.has_value();
    const ContainerState* const container = turn.data(*run).container.get();
    const bool is_ending = turn.all.scope(turn.x, run->scope).ending != Ending::none ||
                           (container != nullptr && container->commanded.has_value());
    if (stands_in || is_pending || is_ending ||
        !may_be_commanded(state, command.action, turn.x.is_paused())) {
        return refuse(
            turn, command.token, CommandErrc::not_allowed,
            "run `" + command.path + "` is " +
                (stands_in ? "an unused fallback" : std::string{core::to_text(state.status)}) +
                ", so it cannot be " + std::string{to_text(command.action)});
    }
    const bool cuts_short = state.phase == Phase::delaying && command.action != NodeAction::retry;
    if (cuts_short && !turn.node(run->node).is_cancelable) {
        return refuse(turn, command.token, CommandErrc::not_allowed,
                      "run `" + command.path +
                          "` says `cancelable: false`; it waits until its time has come");
    }
    take_input(turn, NodeCommanded{turn.key(*run), command.action});
    answer(turn, command.token);
    return true;
}

void follow_command(Turn& turn, const NodeCommanded& command) {
    const RunRef run{command.run.scope, command.run.node};
    if (turn.run(run).phase == Phase::containing) return;  // once all that lives in it has ended
    if (command.action == NodeAction::skip) turn.record(RunSkipped{command.run});
    if (command.action == NodeAction::cancel) turn.record(RunCanceled{command.run});
}

core::Result<> check_options(const Plan& plan, const ExecutionOptions& options) {
    if (auto known = check_nodes(plan, options.breakpoints); !known) return known;
    if (auto pinned = check_pins(plan, options.pins); !pinned) return pinned;
    if (!options.labels.is_null() && !options.labels.is_object())
        return core::fail(CommandErrc::bad_option, "labels must be an object of names and texts");
    return {};
}

std::optional<ExecutionConfigured> configuration(const Plan& plan,
                                                 const ExecutionOptions& options) {
    if (options.is_default()) return std::nullopt;
    ExecutionConfigured record;
    record.priority = options.priority.value_or(plan.settings().priority);
    record.mock_external = options.mock_external;
    record.labels = options.labels;
    record.pins = options.pins;
    if (!options.breakpoints.empty()) record.breakpoints = list(options.breakpoints);
    record.inputs = options.inputs;
    if (options.forked_from) record.forked_from = options.forked_from->text();
    record.from_path = options.from_path;
    return record;
}

}  // namespace millrace::engine
