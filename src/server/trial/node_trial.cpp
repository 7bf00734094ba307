// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/node_trial.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "trial/stand_in.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr const char* node_id = "node";
constexpr std::string_view node_pointer = "/nodes/1";
constexpr std::string_view data_pointer = "/nodes/1/data";

bool is_alone(const core::NodeType& type) {
    return type.role != core::NodeRole::trigger && type.role != core::NodeRole::container;
}

/// A workflow of a trigger and the one node, connected to its first input and those it requires.
Value document_of(const core::NodeType& type, const NodeTrial& trial) {
    core::ObjectBuilder node;
    node.set("id", node_id).set("type", type.type + "@" + std::to_string(type.version));
    if (trial.node.is_object()) {
        for (const core::Member& member : trial.node.as_object())
            node.set(member.key, member.value);
    }
    std::vector<Value> connections;
    for (const core::PortDescriptor& port : type.inputs) {
        const bool is_first = &port == type.inputs.data();
        if (port.inner || !(is_first || port.required)) continue;
        connections.push_back(
            Value::object({{"from", "start.out"}, {"to", std::string{node_id} + "." + port.name}}));
    }
    core::ObjectBuilder document;
    document.set("millrace", 1).set("id", "try");
    if (trial.variables.is_object() && trial.variables.size() > 0)
        document.set("variables", trial.variables);
    document.set("nodes",
                 Value::array({Value::object({{"id", "start"}, {"type", "trigger.manual"}}),
                               std::move(node).build()}));
    if (!connections.empty()) document.set("connections", Value::array(std::move(connections)));
    return std::move(document).build();
}

std::string issue_text(const core::Problem& problem) {
    std::string place = problem.path;
    if (place.starts_with(data_pointer)) {
        place.erase(0, data_pointer.size());
    } else if (place.starts_with(node_pointer)) {
        place.erase(0, node_pointer.size());
    }
    std::string text{core::to_text(problem.code)};
    text += (place.empty() ? "" : " at " + place) + ": " + problem.message;
    if (!problem.suggestion.empty()) text += "; did you mean \"" + problem.suggestion + "\"?";
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::vector<Value> issues_of(const CheckedDocument& checked) {
    std::vector<Value> issues;
    for (const core::Problem& problem : checked.problems)
        issues.emplace_back(issue_text(problem));
    for (const core::Problem& warning : checked.warnings)
        issues.emplace_back("warning: " + issue_text(warning));
    return issues;
}

Value calls_value(const runtime::Rehearsed& rehearsed) {
    std::vector<Value> calls;
    for (const runtime::OutsideCall& call : rehearsed.calls) {
        calls.push_back(Value::object({{"attempt", call.attempt},
                                       {"at_ms", (call.at - rehearsed.view.created_at()).ms},
                                       {"request", call.request}}));
    }
    return Value::array(std::move(calls));
}

/// What came of it, as data.
Value tried_value(const runtime::Rehearsed& rehearsed, std::vector<Value> issues,
                  const NodeTrial& trial, bool tells_calls) {
    const engine::ExecutionView& view = rehearsed.view;
    Value run;
    for (const engine::NodeView& node : view.nodes())
        if (node.id == node_id) run = engine::ExecutionView::node_value(node, view.plan());
    const auto part = [&](const char* name) {
        const Value* const found = run.find(name);
        return found == nullptr ? Value{} : *found;
    };
    const core::Time begin = view.created_at();
    core::ObjectBuilder tried;
    tried.set("status", part("status")).set("outputs", part("outputs"));
    if (!part("error").is_null()) tried.set("error", part("error"));
    if (!rehearsed.calls.empty()) {
        tried.set("request", rehearsed.calls.front().request);
        if (trial.answers.empty())
            issues.emplace_back("the request was not made; the outputs are the type's stand-in");
    } else if (!trial.answers.empty()) {
        issues.emplace_back("the node calls nothing, so that no answer was needed");
    }
    tried.set("duration_ms", (view.completed_at().value_or(begin) - begin).ms);
    if (tells_calls) {
        const Value attempts = part("attempts");
        tried.set("attempts", attempts.is_null() ? Value::array({}) : attempts);
        tried.set("calls", calls_value(rehearsed));
    }
    tried.set("issues", Value::array(std::move(issues)));
    return std::move(tried).build();
}

}  // namespace

std::string_view code_text(TrialErrc code) {
    switch (code) {
        case TrialErrc::unknown_type: return "unknown_type";
        case TrialErrc::not_alone: return "not_alone";
        case TrialErrc::bad_answer: return "bad_answer";
    }
    return "unknown_type";
}

core::Result<nodes::Registry::Definition> find_node_type(const nodes::Registry& registry,
                                                         const std::string& text) {
    const std::string name = text.substr(0, text.find('@'));
    nodes::Registry::Definition found;
    if (name.size() == text.size()) {
        found = registry.latest(name);
    } else {
        const std::string_view digits = std::string_view{text}.substr(name.size() + 1);
        std::uint32_t version = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), version);
        if (error == std::errc{} && end == digits.data() + digits.size())
            found = registry.get(name, version);
    }
    if (found) return found;
    const std::vector<std::string> names = registry.names();
    const std::string near = core::nearest(name, {names.begin(), names.end()});
    return core::fail(TrialErrc::unknown_type,
                      "there is no node type " + text +
                          (near.empty()   ? std::string{}
                           : near == name ? "; " + name + " is the version there is"
                                          : "; did you mean " + near + "?"));
}

core::Result<Value> try_node(const nodes::Registry& registry, const NodeTrial& trial,
                             bool tells_calls) {
    const auto definition = find_node_type(registry, trial.type);
    if (!definition) return std::unexpected(definition.error());
    const core::NodeType& type = (*definition)->type;
    if (!is_alone(type)) {
        return core::fail(TrialErrc::not_alone,
                          type.type + " does nothing by itself; try it in a workflow");
    }
    auto stand_ins = read_stand_ins(trial.answers, type);
    if (!stand_ins) return std::unexpected(stand_ins.error());
    const CheckedDocument checked = check_document(document_of(type, trial), registry);
    std::vector<Value> issues = issues_of(checked);
    if (!checked.plan)
        return Value::object({{"status", Value{}}, {"issues", Value::array(std::move(issues))}});
    runtime::RehearsalOptions how;
    how.start_at = trial.start_at;
    std::size_t next = 0;
    how.director = [&](const auto&, const engine::Effect& effect, const auto&) {
        if (!stand_ins->empty())
            return runtime::Direction{(*stand_ins)[std::min(next++, stand_ins->size() - 1)]};
        return runtime::Direction{runtime::StandIn{std::vector<engine::PortValue>{
            {core::PortIndex{0}, effect.definition->type.mock_output}}}};
    };
    const auto rehearsed = runtime::rehearse({checked.plan, {}, trial.input, {}, {}}, how);
    if (!rehearsed) return std::unexpected(rehearsed.error());
    return tried_value(*rehearsed, std::move(issues), trial, tells_calls);
}

core::Result<CheckedDocument> check_node(const nodes::Registry& registry, const NodeTrial& trial) {
    const auto definition = find_node_type(registry, trial.type);
    if (!definition) return std::unexpected(definition.error());
    const core::NodeType& type = (*definition)->type;
    CheckedDocument checked = check_document(document_of(type, trial), registry);
    const std::string below = std::string{node_pointer} + "/";
    for (core::Problems* const problems : {&checked.problems, &checked.warnings}) {
        // What a container or a trigger lacks around it is not the node's own.
        if (!is_alone(type)) {
            std::erase_if(*problems, [&](const core::Problem& problem) {
                return !problem.path.starts_with(below);
            });
        }
        for (core::Problem& problem : *problems)
            if (problem.path.starts_with(node_pointer)) problem.path.erase(0, node_pointer.size());
    }
    return checked;
}

}  // namespace millrace::server
