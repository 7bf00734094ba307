// SPDX-License-Identifier: Apache-2.0
#include "node_types.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::reference {
namespace {

using core::Value;
using Result = std::variant<Outputs, core::Failure>;

std::vector<Value> cases_of(const core::NodeSpec& node) {
    const Value* const cases = node.data.find("cases");
    MR_CHECK(cases != nullptr && cases->is_array());
    return {cases->as_array().begin(), cases->as_array().end()};
}

std::string text_of(const Value& object, const std::string& key) {
    const Value* const found = object.find(key);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

/// The cases, lower priority first, otherwise as they are written.
std::vector<Value> ordered_cases(const core::NodeSpec& node) {
    std::vector<Value> cases = cases_of(node);
    std::ranges::stable_sort(cases, {}, [](const Value& entry) {
        const Value* const priority = entry.find("priority");
        return priority == nullptr ? std::int64_t{0} : priority->as_integer();
    });
    return cases;
}

/// The first case that is true, or all that are; `default` when none is.
Result choose_cases(const Call& call) {
    const bool takes_all = call.field("mode") == Value{"all"};
    Outputs outputs;
    for (const Value& entry : ordered_cases(call.node)) {
        if (!takes_all && !outputs.empty()) break;
        const auto answer = call.ask(text_of(entry, "when"));
        if (!answer) return answer.error();
        if (*answer) outputs[text_of(entry, "name")] = call.input();
    }
    if (outputs.empty()) outputs["default"] = call.input();
    return outputs;
}

Result pick_port(const Call& call) {
    const Value pick = call.field("pick");
    if (pick == Value{"a"} || pick == Value{"b"} || pick == Value{"c"})
        return Outputs{{std::string{pick.as_string()}, call.input()}};
    core::Failure failure;
    failure.error_class = core::ErrorClass::validation;
    failure.code = "bad_pick";
    failure.message = "`pick` must be a, b or c";
    return failure;
}

core::Failure fail_on_purpose(const Call& call) {
    core::Failure failure;
    const std::string named = text_of(call.data, "class");
    failure.error_class = core::parse_error_class(named.empty() ? "validation" : named).value();
    failure.code = text_of(call.data, "code");
    failure.message = text_of(call.data, "message");
    if (failure.code.empty()) failure.code = "on_purpose";
    if (failure.message.empty()) failure.message = "failed as it was told to";
    return failure;
}

Value array_of(const std::vector<std::string>& texts) {
    return Value::array({texts.begin(), texts.end()});
}

Outputs out(Value value) {
    return {{"out", std::move(value)}};
}

}  // namespace

TypeFacts facts_of(const core::NodeSpec& node) {
    const std::string& type = node.type;
    const InputPort in{"in"};
    if (type.starts_with("trigger.")) return {Kind::trigger, {}, {"out"}, {}};
    if (type == "flow.loop") return {Kind::loop, {in}, {"done"}, {}};
    if (type == "flow.try") return {Kind::attempt, {in}, {"done"}, {}};
    if (type == "test.if") return {Kind::computed, {in}, {"true", "false"}, {"condition"}};
    if (type == "test.switch") return {Kind::computed, {in}, {"a", "b", "c"}, {}};
    if (type == "test.effect") return {Kind::effect, {in}, {"out"}, {}};
    if (type == "test.merge" || type == "test.labels")
        return {Kind::computed, {{"in", true, true}}, {"out"}, {}};
    if (type == "test.pair") return {Kind::computed, {{"left"}, {"right"}}, {"out"}, {}};
    if (type == "test.optional") return {Kind::computed, {{"in", false}}, {"out"}, {}};
    if (type == "test.extra") return {Kind::computed, {in, {"more", false}}, {"out"}, {}};
    if (type == "flow.switch") {
        TypeFacts facts{Kind::computed, {in}, {}, {}};
        for (const Value& entry : cases_of(node))
            facts.outputs.push_back(text_of(entry, "name"));
        facts.outputs.push_back("default");
        return facts;
    }
    return {Kind::computed, {in}, {"out"}, {}};
}

bool is_inner_output(const core::NodeSpec& node, const std::string& port) {
    return facts_of(node).is_container() && (port == "item" || port == "finally");
}

bool is_inner_input(const core::NodeSpec& node, const std::string& port) {
    return facts_of(node).is_container() && port == "result";
}

Value Call::input() const {
    const TypeFacts facts = facts_of(node);
    return facts.inputs.empty() ? Value{} : inputs.at(facts.inputs.front().name);
}

Value Call::field(const std::string& name) const {
    const Value* const found = data.find(name);
    return found == nullptr ? Value{} : *found;
}

Result compute(const Call& call) {
    const std::string& type = call.node.type;
    const auto& inputs = call.inputs;
    if (type == "test.if") {
        const bool is_true = expr::is_truthy({call.field("condition"), false});
        return Outputs{{is_true ? "true" : "false", call.input()}};
    }
    if (type == "test.switch") return pick_port(call);
    if (type == "flow.switch") return choose_cases(call);
    if (type == "test.fail") return fail_on_purpose(call);
    if (type == "test.set") return out(call.field("value"));
    if (type == "test.labels") return out(array_of(call.labels));
    if (type == "test.pair")
        return out(Value::object({{"left", inputs.at("left")}, {"right", inputs.at("right")}}));
    if (type == "test.optional") return out(Value::object({{"in", inputs.at("in")}}));
    if (type == "test.extra")
        return out(Value::object({{"in", inputs.at("in")}, {"more", inputs.at("more")}}));
    // The others pass on what arrives; a delay does so later, and a merge all of it.
    return out(call.input());
}

}  // namespace millrace::reference
