// SPDX-License-Identifier: Apache-2.0
#include "testing/evaluate.hpp"

#include <cmath>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"

namespace millrace::expr {

namespace {

const core::Value* step(const core::Value* value, std::string_view key) {
    return value == nullptr || key.empty() ? value : value->find(key);
}

std::string show(const core::Value& value) {
    if (value.is_array()) {
        std::string text;
        for (const core::Value& element : value.as_array()) {
            text.append(text.empty() ? "" : ",").append(show(element));
        }
        return "[" + text + "]";
    }
    if (value.is_object()) {
        std::string text;
        for (const core::Member& member : value.as_object()) {
            text.append(text.empty() ? "" : ",");
            core::append_json_string(text, member.key);
            text.append(":").append(show(member.value));
        }
        return "{" + text + "}";
    }
    if (!value.is_number() || value.is_integer()) return core::to_json(value);
    const double number = value.as_double();
    return number == 0 && std::signbit(number) ? "-0" : core::number_text(number);
}

}  // namespace

std::vector<Operand> resolve(std::span<const Reference> references, const core::Value& roots) {
    std::vector<Operand> operands;
    for (const Reference& reference : references) {
        const core::Value* value =
            step(step(step(&roots, to_text(reference.root)), reference.first), reference.second);
        operands.push_back(value == nullptr ? Operand{{}, true} : Operand{*value, false});
    }
    return operands;
}

std::string shown(const Operand& operand) {
    return operand.undefined ? "undefined" : show(operand.value);
}

std::string result_of(std::string_view source, const core::Value& roots, const Host* host) {
    const auto expression = Expression::compile(source, RootSet::all(), host);
    if (!expression) return std::string{expression.error().code()};
    Fuel fuel;
    const auto result = evaluate(*expression, resolve(expression->references(), roots), fuel);
    return result ? shown(*result) : result.error().code;
}

std::string message_of(std::string_view source, const core::Value& roots, const Host* host) {
    const auto expression = Expression::compile(source, RootSet::all(), host);
    if (!expression) return expression.error().message();
    Fuel fuel;
    const auto result = evaluate(*expression, resolve(expression->references(), roots), fuel);
    return result ? "" : result.error().message;
}

std::string rendered(const core::Value& tree, const core::Value& roots) {
    const auto compiled = Template::compile(tree, RootSet::all());
    if (!compiled) return std::string{code_text(compiled.error().front().code)};
    Fuel fuel;
    const auto result = compiled->evaluate(resolve(compiled->references(), roots), fuel);
    return result ? core::to_json(*result) : result.error().code;
}

core::Value json(std::string_view text) {
    auto value = core::parse_json(text);
    MR_CHECK(value.has_value());
    return *std::move(value);
}

}  // namespace millrace::expr
