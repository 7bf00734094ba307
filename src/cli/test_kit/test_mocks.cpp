// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_mocks.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"
#include "terminal/styled.hpp"
#include "test_kit/test_expressions.hpp"
#include "test_kit/value_diff.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using format::MockAnswer;
using runtime::Direction;
using runtime::OutsideCall;
using runtime::Refuse;
using runtime::StandIn;

constexpr std::size_t words_max = 120;

Value input_of(const engine::ExecutionView& view, const std::string& path) {
    for (const engine::NodeView& node : view.nodes())
        if (node.path == path) return node.input;
    for (const engine::NodeView& node : view.scope_nodes())
        if (node.path == path) return node.input;
    return {};
}

std::vector<engine::PortValue> port_values(const Value& outputs, const core::NodeType& type) {
    std::vector<engine::PortValue> values;
    for (std::uint32_t i = 0; i < type.outputs.size(); ++i)
        if (const Value* const value = outputs.find(type.outputs[i].name))
            values.push_back({core::PortIndex{i}, *value});
    return values;
}

engine::HttpAnswer http_answer(const Value& said) {
    engine::HttpAnswer answer;
    const Value* const status = said.find("status");
    answer.status = status == nullptr ? 200 : static_cast<std::int32_t>(status->as_integer());
    bool has_type = false;
    if (const Value* const headers = said.find("headers")) {
        for (const core::Member& member : headers->as_object()) {
            std::string name = member.key;
            std::ranges::transform(name, name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            has_type = has_type || name == "content-type";
            answer.headers.emplace_back(std::move(name), std::string{member.value.as_string()});
        }
    }
    const Value* const body = said.find("body");
    if (body == nullptr) return answer;
    if (body->is_bytes()) {
        const auto bytes = body->as_bytes();
        answer.body.assign(bytes.begin(), bytes.end());
        return answer;
    }
    const bool is_text = body->is_string();
    answer.body = is_text ? std::string{body->as_string()} : core::to_json(*body);
    if (!has_type)
        answer.headers.emplace_back("content-type", is_text ? "text/plain" : "application/json");
    return answer;
}

core::Failure mock_failure(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.message = std::move(message);
    return failure;
}

std::string request_words(const OutsideCall& call) {
    const Value* const method = call.request.find("method");
    const Value* const url = call.request.find("url");
    const Value* const workflow = call.request.find("workflow");
    if (method != nullptr && url != nullptr)
        return std::string{method->as_string()} + " " + std::string{url->as_string()};
    if (workflow != nullptr && workflow->is_string())
        return "workflow " + std::string{workflow->as_string()};
    return clipped(value_brief(call.request), words_max);
}

/// The part of `allow` that would let it happen.
std::string_view permission_of(const engine::EffectRequest& request) {
    if (std::holds_alternative<engine::HttpCall>(request)) return "allow: { http: [HOST] }";
    if (std::holds_alternative<engine::MailCall>(request)) return "allow: { http: [HOST] }";
    if (std::holds_alternative<engine::ProcessCall>(request))
        return "allow: { commands: [PROGRAM] }";
    if (std::holds_alternative<engine::SubworkflowCall>(request)) return "workflows: [FILE]";
    return "allow: { files: true }";
}

}  // namespace

std::string_view workflow_of_path(std::string_view path) {
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view node_of_path(std::string_view path) {
    const std::size_t dot = path.find_last_of("./");
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

MockBook::MockBook(const format::TestSetup& setup, const engine::Plan& plan,
                   const ChildPlans& children, std::optional<Recording> recording)
    : setup_{setup}, plan_{plan}, children_{children}, recording_{std::move(recording)} {}

const engine::PlanNode* MockBook::node_at(std::string_view target) const {
    const engine::Plan* plan = &plan_;
    if (const std::string_view workflow = workflow_of_path(target); !workflow.empty()) {
        const auto child = children_.find(workflow);
        if (child == children_.end()) return nullptr;
        plan = child->second.get();
    }
    const auto index = plan->find(node_of_path(target));
    return index ? &plan->node(*index) : nullptr;
}

core::Result<MockBook> MockBook::make(const format::TestSetup& setup, const engine::Plan& plan,
                                      const ChildPlans& children,
                                      std::optional<Recording> recording, const expr::Host* host) {
    MockBook book{setup, plan, children, std::move(recording)};
    for (const format::Mock& mock : setup.mocks) {
        const engine::PlanNode* const node = book.node_at(mock.target);
        Target target{mock.target, node != nullptr && node->role() != core::NodeRole::effect, {}};
        for (const MockAnswer& said : mock.answers) {
            Answer answer{&said, {}, {}, 0};
            if (!said.when.empty()) {
                auto when = compile_mock_expression(said.when, host);
                if (!when) return std::unexpected(when.error());
                answer.when = std::move(*when);
            }
            if (said.kind == MockAnswer::Kind::compute) {
                auto compute = compile_mock_expression(said.expression, host);
                if (!compute) return std::unexpected(compute.error());
                answer.compute = std::move(*compute);
            }
            target.answers.push_back(std::move(answer));
        }
        book.targets_.push_back(std::move(target));
    }
    return book;
}

Value MockBook::pins() const {
    std::vector<core::Member> pins;
    for (const Target& target : targets_) {
        if (!target.is_pin || !workflow_of_path(target.name).empty()) continue;
        const engine::PlanNode& node = *node_at(target.name);
        const MockAnswer& said = *target.answers.front().said;
        Value outputs = said.value;
        if (said.kind == MockAnswer::Kind::out) {
            const std::string& port = node.definition->type.outputs[node.primary.value].name;
            outputs = Value::object({{port, said.value}});
        }
        pins.push_back({target.name, std::move(outputs)});
    }
    return pins.empty() ? Value{} : Value::object(std::move(pins));
}

MockBook::Target* MockBook::target_of(const OutsideCall& call) {
    const std::string inner = call.workflow.empty() ? "" : call.workflow + "/";
    // A run is named more exactly than its node.
    for (const std::string& name : {inner + call.path, inner + call.node_id})
        for (Target& target : targets_)
            if (!target.is_pin && target.name == name) return &target;
    return nullptr;
}

Direction MockBook::direct(const OutsideCall& call, const engine::Effect& effect,
                           const engine::ExecutionView& view) {
    if (Target* const target = target_of(call)) return answer(*target, call, effect, view);
    const core::NodeType& type = effect.plan->node(effect.run.node).definition->type;
    if (recording_ && call.workflow.empty()) {
        if (auto found = recording_->find(call.path, call.attempt, type.outputs))
            return std::move(*found);
    }
    if (is_allowed(effect.request)) return runtime::PerformForReal{};
    if (setup_.mock_external) {
        return StandIn{std::vector<engine::PortValue>{{core::PortIndex{0}, type.mock_output}}};
    }
    const std::string recorded =
        recording_ ? "attempt " + std::to_string(call.attempt) + " of it is not in the recording; "
                   : "";
    const std::string inner = call.workflow.empty() ? "" : call.workflow + "/";
    return Refuse{"node " + inner + call.path + " (" + type.type + ") has asked for " +
                  request_words(call) + ", and nothing stands in for it; " + recorded + "add `" +
                  inner + call.node_id + ": { out: … }` to mocks, or let it happen with `" +
                  std::string{permission_of(effect.request)} + "`"};
}

Direction MockBook::answer(Target& target, const OutsideCall& call, const engine::Effect& effect,
                           const engine::ExecutionView& view) {
    const bool needs_roots =
        std::ranges::any_of(target.answers, [](const Answer& a) { return a.when || a.compute; });
    Value roots;
    if (needs_roots) {
        roots = Value::object({{"input", input_of(view, call.path)},
                               {"value", call.request},
                               {"index", static_cast<std::int64_t>(call.number) - 1}});
    }
    for (Answer& answer : target.answers) {
        if (answer.said->times && answer.given >= *answer.said->times) continue;
        if (answer.when) {
            const auto applies = evaluate(*answer.when, roots);
            if (!applies)
                return Refuse{"`when: " + answer.said->when + "` of the mock of " + target.name +
                              " fails: " + applies.error().message};
            if (!expr::is_truthy(*applies)) continue;
        }
        ++answer.given;
        return give(answer, effect, roots);
    }
    return Refuse{"no answer of the mock of " + target.name + " is for call " +
                  std::to_string(call.number) + ": " + request_words(call) +
                  "; add one without `when` and `times`, or one for this call"};
}

Direction MockBook::give(const Answer& answer, const engine::Effect& effect,
                         const Value& roots) const {
    using Kind = MockAnswer::Kind;
    const MockAnswer& said = *answer.said;
    const core::NodeType& type = effect.plan->node(effect.run.node).definition->type;
    const auto first = [](Value value) {
        return std::vector<engine::PortValue>{{core::PortIndex{0}, std::move(value)}};
    };
    switch (said.kind) {
        case Kind::out: return StandIn{first(said.value), said.takes};
        case Kind::outputs: return StandIn{port_values(said.value, type), said.takes};
        case Kind::respond: return StandIn{http_answer(said.value), said.takes};
        case Kind::error: return StandIn{said.failure, said.takes};
        case Kind::compute: break;
    }
    const auto computed = evaluate(*answer.compute, roots);
    if (!computed)
        return StandIn{mock_failure("mock_failed", "`compute: " + said.expression +
                                                       "` fails: " + computed.error().message)};
    return StandIn{first(computed->value), said.takes};
}

bool MockBook::is_allowed(const engine::EffectRequest& request) const {
    if (std::holds_alternative<engine::HttpCall>(request) ||
        std::holds_alternative<engine::MailCall>(request))
        return !setup_.allow.http.empty();
    if (const auto* call = std::get_if<engine::SubworkflowCall>(&request))
        return children_.contains(call->workflow);
    if (std::holds_alternative<engine::FileCall>(request) ||
        std::holds_alternative<engine::SqlCall>(request))
        return setup_.allow.files;
    return std::holds_alternative<engine::ProcessCall>(request) && !setup_.allow.commands.empty();
}

}  // namespace millrace::cli
