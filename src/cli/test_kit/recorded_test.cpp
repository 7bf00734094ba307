// SPDX-License-Identifier: Apache-2.0
#include "test_kit/recorded_test.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "body.hpp"
#include "test_kit/test_recording.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using engine::AttemptView;
using engine::NodeView;

Value outputs_of(const RecordedExecution::Run& run) {
    const Value* const outputs = run.value.find("outputs");
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
Value mock_of(const RecordedExecution::Run& run) {
    const Value outputs = outputs_of(run);
    if (run.view.attempts.empty()) {
        if (run.view.status != core::NodeStatus::completed) return {};
        core::ObjectBuilder answer;
        add_outputs(answer, outputs);
        return std::move(answer).build();
    }
    std::vector<Value> answers;
    for (const AttemptView& attempt : run.view.attempts)
        answers.push_back(answer_of(attempt, outputs));
    return answers.size() == 1 ? answers.front() : Value::array(std::move(answers));
}

Value mocks_of(const RecordedExecution& execution) {
    std::vector<core::Member> mocks;
    for (const RecordedExecution::Run& run : execution.runs) {
        const auto index = execution.plan->find(run.view.id);
        if (!index || execution.plan->node(*index).role() != core::NodeRole::effect) continue;
        if (Value mock = mock_of(run); !mock.is_null())
            mocks.push_back({run.view.path, std::move(mock)});
    }
    return mocks.empty() ? Value{} : Value::object(std::move(mocks));
}

Value changed_variables(const RecordedExecution& execution) {
    std::vector<core::Member> changed;
    const Value* const given = execution.facts.body.find("variables");
    for (const core::Variable& variable : execution.plan->variables()) {
        const Value* const value = given == nullptr ? nullptr : given->find(variable.name);
        if (value != nullptr && !(*value == variable.value))
            changed.push_back({variable.name, *value});
    }
    return changed.empty() ? Value{} : Value::object(std::move(changed));
}

/// The id of the node that has started it.
std::string trigger_of(const ExecutionFacts& facts) {
    const Value* const trigger = facts.body.find("trigger");
    return trigger == nullptr ? std::string{} : text_at(*trigger, "node");
}

Value expected_nodes(const ExecutionFacts& facts) {
    const std::string trigger = trigger_of(facts);
    std::vector<core::Member> nodes;
    for (const NodeView& node : facts.nodes) {
        // The trigger always runs.
        if (node.path == trigger) continue;
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

Value expectations(const ExecutionFacts& facts) {
    core::ObjectBuilder expect;
    expect.set("status", core::to_text(facts.status));
    if (facts.status == core::ExecutionStatus::completed) expect.set("outputs", facts.outputs);
    if (facts.error) {
        core::ObjectBuilder error;
        error.set("code", facts.error->code);
        if (!facts.error->node_id.empty()) error.set("node_id", facts.error->node_id);
        expect.set("error", std::move(error).build());
    }
    expect.set("nodes", expected_nodes(facts));
    return std::move(expect).build();
}

std::size_t trigger_count(const engine::Plan& plan) {
    return static_cast<std::size_t>(std::ranges::count_if(
        plan.nodes(),
        [](const engine::PlanNode& node) { return node.role() == core::NodeRole::trigger; }));
}

}  // namespace

RecordedExecution recorded_execution(const History& history) {
    const engine::ExecutionView& view = history.follower.view();
    RecordedExecution execution{facts_of(view), history.plan, {}, history.events};
    const auto add = [&](const std::vector<NodeView>& runs) {
        for (const NodeView& run : runs)
            execution.runs.push_back({run, engine::ExecutionView::node_value(run, *history.plan)});
    };
    add(view.nodes());
    add(view.scope_nodes());
    return execution;
}

Value export_value(const RecordedExecution& execution, const Value& document) {
    std::vector<core::Member> runs;
    for (const RecordedExecution::Run& run : execution.runs)
        runs.push_back({run.view.path, run.value});
    std::vector<Value> events;
    for (const core::Event& event : execution.events)
        events.push_back(event.to_value());
    return Value::object({{"millrace_execution", export_format},
                          {"execution", execution.facts.body},
                          {"runs", Value::object(std::move(runs))},
                          {"events", Value::array(std::move(events))},
                          {"workflow", document}});
}

Value recorded_test(const RecordedExecution& execution, const std::string& workflow) {
    const ExecutionFacts& facts = execution.facts;
    core::ObjectBuilder test;
    test.set("name", "does as in execution " + facts.id);
    if (!facts.inputs.is_null()) test.set("input", facts.inputs);
    if (const Value changed = changed_variables(execution); !changed.is_null())
        test.set("variables", changed);
    if (trigger_count(*execution.plan) > 1) test.set("trigger", trigger_of(facts));
    test.set("start_at", facts.created_at.text());
    if (facts.status == core::ExecutionStatus::canceled && facts.completed_at)
        test.set("cancel_after", core::to_text(*facts.completed_at - facts.created_at));
    if (const Value mocks = mocks_of(execution); !mocks.is_null()) test.set("mocks", mocks);
    test.set("expect", expectations(facts));
    return Value::object({{"millrace_test", 1},
                          {"workflow", workflow},
                          {"tests", Value::array({std::move(test).build()})}});
}

}  // namespace millrace::cli
