// SPDX-License-Identifier: Apache-2.0
#include "api/answer.hpp"

#include <charconv>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t page_limit_default = 50;
constexpr std::size_t page_limit_max = 200;

Parameter query_parameter(std::string name, std::string description, core::Value schema) {
    Parameter parameter;
    parameter.name = std::move(name);
    parameter.description = std::move(description);
    parameter.schema = std::move(schema);
    return parameter;
}

core::Value text_schema() {
    return core::Value::object({{"type", "string"}});
}

}  // namespace

Response json_response(const core::Value& body, int status) {
    Response response;
    response.status = status;
    core::append_json(response.body, body);
    return response;
}

Response empty_response() {
    Response response;
    response.status = 204;
    return response;
}

PossibleAnswer unchanged_answer() {
    return {304, "It is what If-None-Match names.", {}, "application/json"};
}

core::Value list_value(std::vector<core::Value> items, std::string_view next_cursor) {
    return core::Value::object(
        {{"items", core::Value::array(std::move(items))},
         {"next_cursor", next_cursor.empty() ? core::Value{} : core::Value{next_cursor}}});
}

Response list_response(std::vector<core::Value> items, std::string_view next_cursor) {
    return json_response(list_value(std::move(items), next_cursor));
}

Parameter path_parameter(std::string name, std::string description) {
    Parameter parameter = query_parameter(std::move(name), std::move(description), text_schema());
    parameter.in = Parameter::In::path;
    parameter.is_required = true;
    return parameter;
}

Parameter text_parameter(std::string name, std::string description) {
    return query_parameter(std::move(name), std::move(description), text_schema());
}

Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string_view> choices) {
    std::vector<core::Value> values{choices.begin(), choices.end()};
    return query_parameter(
        std::move(name), std::move(description),
        core::Value::object({{"type", "string"}, {"enum", core::Value::array(std::move(values))}}));
}

Parameter time_parameter(std::string name, std::string description) {
    return query_parameter(std::move(name), std::move(description),
                           core::Value::object({{"type", "string"}, {"format", "date-time"}}));
}

Parameter duration_parameter(std::string name, std::string description) {
    return query_parameter(
        std::move(name), std::move(description),
        core::Value::object(
            {{"type", "string"}, {"pattern", R"(^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$)"}}));
}

Parameter header_parameter(std::string name, std::string description) {
    Parameter parameter = text_parameter(std::move(name), std::move(description));
    parameter.in = Parameter::In::header;
    return parameter;
}

std::vector<Parameter> page_parameters() {
    const auto most = static_cast<std::int64_t>(page_limit_max);
    const auto usual = static_cast<std::int64_t>(page_limit_default);
    return {
        query_parameter(
            "limit", "How many items at most.",
            core::Value::object(
                {{"type", "integer"}, {"minimum", 1}, {"maximum", most}, {"default", usual}})),
        text_parameter(
            "cursor", "Where to go on: `next_cursor` of an earlier answer, with the same filter.")};
}

std::size_t page_limit(const Request& request) {
    const std::string* const text = request.query_value("limit");
    std::size_t limit = page_limit_default;
    if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), limit);
    return limit;
}

std::string page_cursor(const Request& request) {
    const std::string* const text = request.query_value("cursor");
    return text == nullptr ? std::string{} : *text;
}

core::Value schema_ref(std::string_view name) {
    return core::Value::object({{"$ref", "#/components/schemas/" + std::string{name}}});
}

core::Value list_schema(std::string_view name) {
    return core::Value::object(
        {{"type", "object"},
         {"required", core::Value::array({"items", "next_cursor"})},
         {"properties",
          core::Value::object(
              {{"items", core::Value::object({{"type", "array"}, {"items", schema_ref(name)}})},
               {"next_cursor",
                core::Value::object({{"type", core::Value::array({"string", "null"})}})}})}});
}

core::Value schema_of(std::string_view json) {
    core::Result<core::Value> schema = core::parse_json(json);
    MR_CHECK(schema.has_value());
    return *std::move(schema);
}

}  // namespace millrace::server
