// SPDX-License-Identifier: Apache-2.0
#include "test_kit/recorded_test.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "test_kit/test_recording.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using engine::AttemptView;
using engine::NodeView;

std::vector<NodeView> all_runs(const engine::ExecutionView& view) {
    std::vector<NodeView> runs = view.nodes();
    std::ranges::move(view.scope_nodes(), std::back_inserter(runs));
    return runs;
}

Value outputs_of(const NodeView& run, const engine::Plan& plan) {
    const Value shown = engine::ExecutionView::node_value(run, plan);
    const Value* const outputs = shown.find("outputs");
    return outputs == nullptr ? Value{} : *outputs;
}

void add_outputs(core::ObjectBuilder& answer, const Value& outputs) {
    const Value* const out = outputs.find("out");
    if (out != nullptr && outputs.size() == 1) {
        answer.set("out", *out);
    } else {
        answer.set("outputs", outputs);
    }
}

Value error_value(const core::Failure& failure) {
    core::ObjectBuilder error;
    error.set("code", failure.code)
        .set("class", core::to_text(failure.error_class))
        .set("message", failure.message);
    if (failure.recoverable) error.set("recoverable", true);
    if (!failure.details.is_null()) error.set("details", failure.details);
    return std::move(error).build();
}

/// How an attempt ended; one that was given up ends long after that.
Value answer_of(const AttemptView& attempt, const Value& outputs) {
    constexpr const char* never = "1d";
    core::ObjectBuilder answer;
    if (attempt.status == engine::AttemptStatus::failed && attempt.error) {
        answer.set("error", error_value(*attempt.error));
    } else if (attempt.status == engine::AttemptStatus::completed) {
        add_outputs(answer, outputs);
    } else {
        answer.set("out", Value{}).set("takes", never);
        return std::move(answer).build();
    }
    const core::Duration took =
        attempt.completed_at.value_or(attempt.started_at) - attempt.started_at;
    if (took.ms > 0) answer.set("takes", core::to_text(took));
    return std::move(answer).build();
}

/// What stands in for a run; null when it asked nothing of the outside.
Value mock_of(const NodeView& run, const engine::Plan& plan) {
    const Value outputs = outputs_of(run, plan);
    if (run.attempts.empty()) {
        if (run.status != core::NodeStatus::completed) return {};
        core::ObjectBuilder answer;
        add_outputs(answer, outputs);
        return std::move(answer).build();
    }
    std::vector<Value> answers;
    for (const AttemptView& attempt : run.attempts)
        answers.push_back(answer_of(attempt, outputs));
    return answers.size() == 1 ? answers.front() : Value::array(std::move(answers));
}

Value mocks_of(const History& history) {
    std::vector<core::Member> mocks;
    for (const NodeView& run : all_runs(history.follower.view())) {
        const auto index = history.plan->find(run.id);
        if (!index || history.plan->node(*index).role() != core::NodeRole::effect) continue;
        if (Value mock = mock_of(run, *history.plan); !mock.is_null())
            mocks.push_back({run.path, std::move(mock)});
    }
    return mocks.empty() ? Value{} : Value::object(std::move(mocks));
}

Value changed_variables(const History& history) {
    std::vector<core::Member> changed;
    const Value& given = history.follower.view().variables();
    for (const core::Variable& variable : history.plan->variables()) {
        const Value* const value = given.find(variable.name);
        if (value != nullptr && !(*value == variable.value))
            changed.push_back({variable.name, *value});
    }
    return changed.empty() ? Value{} : Value::object(std::move(changed));
}

Value expected_nodes(const engine::ExecutionView& view) {
    std::vector<core::Member> nodes;
    for (const NodeView& node : view.nodes()) {
        // The trigger always runs.
        if (node.path == view.plan().node(view.trigger()).id) continue;
        const Value status{core::to_text(node.status)};
        if (node.attempts.size() > 1) {
            nodes.push_back(
                {node.id,
                 Value::object({{"status", status},
                                {"attempts", static_cast<std::int64_t>(node.attempts.size())}})});
        } else {
            nodes.push_back({node.id, status});
        }
    }
    return Value::object(std::move(nodes));
}

Value expectations(const engine::ExecutionView& view) {
    core::ObjectBuilder expect;
    expect.set("status", core::to_text(view.status()));
    if (view.status() == core::ExecutionStatus::completed) expect.set("outputs", view.outputs());
    if (view.error()) {
        core::ObjectBuilder error;
        error.set("code", view.error()->code);
        if (!view.error()->node_id.empty()) error.set("node_id", view.error()->node_id);
        expect.set("error", std::move(error).build());
    }
    expect.set("nodes", expected_nodes(view));
    return std::move(expect).build();
}

std::size_t trigger_count(const engine::Plan& plan) {
    return static_cast<std::size_t>(std::ranges::count_if(
        plan.nodes(),
        [](const engine::PlanNode& node) { return node.role() == core::NodeRole::trigger; }));
}

}  // namespace

Value export_value(const History& history, const Value& document) {
    const engine::ExecutionView& view = history.follower.view();
    std::vector<core::Member> runs;
    for (const NodeView& run : all_runs(view))
        runs.push_back({run.path, engine::ExecutionView::node_value(run, *history.plan)});
    std::vector<Value> events;
    for (const core::Event& event : history.events)
        events.push_back(event.to_value());
    return Value::object({{"millrace_execution", export_format},
                          {"execution", view.to_value()},
                          {"runs", Value::object(std::move(runs))},
                          {"events", Value::array(std::move(events))},
                          {"workflow", document}});
}

Value recorded_test(const History& history, const std::string& workflow) {
    const engine::ExecutionView& view = history.follower.view();
    core::ObjectBuilder test;
    test.set("name", "does as in execution " + view.id().text());
    if (!view.inputs().is_null()) test.set("input", view.inputs());
    if (const Value changed = changed_variables(history); !changed.is_null())
        test.set("variables", changed);
    if (trigger_count(*history.plan) > 1)
        test.set("trigger", history.plan->node(view.trigger()).id);
    test.set("start_at", view.created_at().text());
    if (view.status() == core::ExecutionStatus::canceled && view.completed_at())
        test.set("cancel_after", core::to_text(*view.completed_at() - view.created_at()));
    if (const Value mocks = mocks_of(history); !mocks.is_null()) test.set("mocks", mocks);
    test.set("expect", expectations(view));
    return Value::object({{"millrace_test", 1},
                          {"workflow", workflow},
                          {"tests", Value::array({std::move(test).build()})}});
}

}  // namespace millrace::cli
