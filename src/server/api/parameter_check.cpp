// SPDX-License-Identifier: Apache-2.0
#include "api/parameter_check.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "millrace/core/check.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::server {

using core::Value;

namespace {

constexpr std::size_t wrong_max = 10;

bool has_type(const Value& schema, std::string_view type) {
    const Value* const types = schema.find("type");
    return types != nullptr && types->is_string() && types->as_string() == type;
}

bool is_any_text(const Value& schema) {
    return schema.is_null() || (has_type(schema, "string") && schema.size() == 1);
}

/// The text as its schema means it; a text where it cannot be that, which the schema then refuses.
Value value_of(std::string_view text, const Value& schema) {
    if (has_type(schema, "boolean") && (text == "true" || text == "false")) return text == "true";
    if (has_type(schema, "integer")) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    if (has_type(schema, "number")) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    return text;
}

std::string_view place(Parameter::In in) {
    switch (in) {
        case Parameter::In::path: return "in the path";
        case Parameter::In::query: return "in the query";
        case Parameter::In::header: return "in the header";
    }
    return "";
}

std::vector<std::string_view> values_of(
    std::string_view name, const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : pairs) {
        if (key == name) values.push_back(value);
    }
    return values;
}

}  // namespace

ParameterCheck::ParameterCheck(const Route& route) {
    rules_.reserve(route.parameters.size());
    for (const Parameter& parameter : route.parameters) {
        Rule& rule = rules_.emplace_back();
        rule.in = parameter.in;
        rule.name = parameter.name;
        rule.is_required = parameter.is_required;
        rule.is_array = has_type(parameter.schema, "array");
        const Value* const items = parameter.schema.find("items");
        if (!rule.is_array)
            rule.item = parameter.schema;
        else if (items != nullptr)
            rule.item = *items;
        if (is_any_text(rule.item)) continue;
        auto compiled = format::compile_schema(rule.item);
        MR_CHECK(compiled.has_value());
        rule.schema = *std::move(compiled);
    }
}

std::expected<void, Problem> ParameterCheck::check(const Request& request) const {
    std::vector<std::string> wrong;
    for (const Rule& rule : rules_) {
        switch (rule.in) {
            case Parameter::In::path:
                check_values(rule, values_of(rule.name, request.parameters), wrong);
                break;
            case Parameter::In::query:
                check_values(rule, values_of(rule.name, request.query), wrong);
                break;
            case Parameter::In::header: {
                const std::string* const value = request.headers.find(rule.name);
                std::vector<std::string_view> values;
                if (value != nullptr) values.push_back(*value);
                check_values(rule, values, wrong);
                break;
            }
        }
    }
    check_names(request, wrong);
    if (wrong.empty()) return {};
    std::string detail;
    for (std::size_t i = 0; i < wrong.size() && i < wrong_max; ++i)
        detail.append(i == 0 ? "" : "; ").append(wrong[i]);
    return std::unexpected(problem("bad_request", std::move(detail)));
}

void ParameterCheck::check_values(const Rule& rule, const std::vector<std::string_view>& values,
                                  std::vector<std::string>& wrong) const {
    const std::string name = rule.name + ' ' + std::string{place(rule.in)};
    if (values.empty() && rule.is_required) wrong.push_back(name + ": it is missing");
    if (values.size() > 1 && !rule.is_array) wrong.push_back(name + ": it is given twice");
    for (const std::string_view value : values) {
        if (!core::is_valid_utf8(value)) {
            wrong.push_back(name + ": it is no UTF-8");
        } else if (rule.schema != nullptr) {
            const auto violations = rule.schema->violations(value_of(value, rule.item));
            if (!violations.empty()) wrong.push_back(name + ": " + violations.front().message);
        }
    }
}

void ParameterCheck::check_names(const Request& request, std::vector<std::string>& wrong) const {
    std::vector<std::string_view> known;
    for (const Rule& rule : rules_) {
        if (rule.in == Parameter::In::query) known.push_back(rule.name);
    }
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(known, name) != known.end()) continue;
        if (wrong.size() >= wrong_max) return;
        const std::string shown = core::replace_invalid_utf8(name.substr(0, 100));
        const std::string meant = core::nearest(shown, known);
        wrong.push_back(shown + " in the query: there is no such parameter" +
                        (meant.empty() ? "" : "; did you mean " + meant + "?"));
    }
}

}  // namespace millrace::server
