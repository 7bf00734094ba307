// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/openapi.hpp"
#include "api/schema_bundle.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/reference.hpp"
#include "routes/routes.hpp"

namespace millrace::server {

using core::Value;

namespace {

constexpr std::string_view opening = R"(# The API

Everything that a running server can be asked, by topic. A server describes itself as OpenAPI 3.1 at
`/api/v1/openapi.json`; `millrace docs openapi` prints that document, and `millrace docs api` writes
this page from the same table.

- Bodies are `application/json` or `application/yaml`. A body of any other type is refused with
  415.
- Errors are problem documents (RFC 9457): `type`, `title`, `status`, `detail`, `code`, `instance`
  and, where several things are wrong, `errors` with a JSON Pointer and, where it is known, line and
  column of each. `code` is stable; the [problems](#problems) tell what each one means.
- Lists are `{"items": […], "next_cursor": …}`. `limit` is 1 to 200, 50 unless told; `next_cursor`
  is null on the last page, else it goes into `cursor` for the next one.
- Times are RFC 3339 in UTC with milliseconds. Durations are a number with its unit: `250ms`, `30s`,
  `10m`, `2h`, `1d`.
- Where a POST makes something, `Idempotency-Key` (1 to 255 visible characters) makes repeating it
  safe: within a day the same key and body get the first answer again, with the header
  `Idempotency-Replayed`. Another body is refused with 422, a repetition while the first request is
  under way with 409. What failed with 429 or a status from 500 is not kept. A request that a crash
  of the server has cut off gets 409 for a minute and is then done again; a start of an execution is
  found again at once, and not repeated.
- Documents and notifications have an `ETag`. Changing what exists needs `If-Match` with it (428
  without, 412 when somebody was faster); `If-None-Match: *` only creates. Reading with
  `If-None-Match` gives 304 when nothing has changed.
- HEAD answers as GET without a body; OPTIONS lists the methods of a path in `Allow`. There is no
  CORS: pages of other sites cannot use the API.
- A server with a token wants `Authorization: Bearer TOKEN` on all but `/health/live` and
  `/health/ready`. A token in a URL is refused.
)";

std::string in_cell(std::string_view text) {
    std::string cell;
    for (const char c : text) {
        if (c == '|') cell += '\\';
        cell += c == '\n' ? ' ' : c;
    }
    return cell;
}

/// As GitHub and others make anchors of headings.
std::string anchor_of(std::string_view heading) {
    std::string anchor;
    for (const char c : heading) {
        if (c >= 'A' && c <= 'Z')
            anchor += static_cast<char>(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')
            anchor += c;
        else if (c == ' ')
            anchor += '-';
    }
    return anchor;
}

/// Schemas of documents have pages of their own.
bool is_published(std::string_view name) {
    return name.starts_with("Workflow.") || name.starts_with("TestDocument") || name == "Workflow";
}

std::string text_of(const Value* value) {
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::string kind_of(const Value& schema);

std::string any_of(const Value& schemas, std::string_view between) {
    std::string text;
    for (const Value& one : schemas.as_array()) {
        const std::string kind = kind_of(one);
        if (!kind.empty()) text.append(text.empty() ? "" : between).append(kind);
    }
    return text;
}

std::string choices_of(const Value& values) {
    std::string text;
    for (const Value& value : values.as_array()) {
        text.append(text.empty() ? "`" : " `");
        text.append(value.is_string() ? std::string{value.as_string()} : core::to_json(value));
        text.append("`");
    }
    return text;
}

std::string type_of(const Value& schema) {
    const Value* const type = schema.find("type");
    if (type == nullptr) return {};
    if (type->is_string()) return std::string{type->as_string()};
    std::string text;
    for (const Value& one : type->as_array())
        text.append(text.empty() ? "" : " or ").append(text_of(&one));
    return text;
}

/// What a schema lets through, in a word or two.
std::string kind_of(const Value& schema) {
    if (const std::string reference = text_of(schema.find("$ref")); !reference.empty()) {
        const std::string name = reference.substr(reference.find_last_of('/') + 1);
        if (is_published(name)) return "[" + name + "](workflows.md)";
        return "[" + name + "](#" + anchor_of(name) + ")";
    }
    if (const Value* const values = schema.find("enum")) return choices_of(*values);
    if (const Value* const value = schema.find("const")) return choices_of(Value::array({*value}));
    if (const Value* const schemas = schema.find("anyOf")) return any_of(*schemas, " or ");
    if (const Value* const schemas = schema.find("oneOf")) return any_of(*schemas, " or ");
    if (const Value* const schemas = schema.find("allOf")) return any_of(*schemas, " and ");
    std::string type = type_of(schema);
    const Value* const items = schema.find("items");
    if (items != nullptr && type == "array") {
        const std::string item = kind_of(*items);
        return item.empty() ? "array" : "array of " + item;
    }
    const Value* const more = schema.find("additionalProperties");
    if (more != nullptr && more->is_object() && type == "object") {
        const std::string kind = kind_of(*more);
        if (!kind.empty()) return "object of " + kind;
    }
    if (const std::string format = text_of(schema.find("format")); !format.empty())
        type += ", " + format;
    return type;
}

/// A list of things is better told by the things.
std::string body_kind(const Value& schema) {
    const Value* const properties = schema.find("properties");
    if (properties == nullptr) return kind_of(schema);
    const Value* const items = properties->find("items");
    if (items != nullptr && properties->find("next_cursor") != nullptr)
        return "list of " +
               kind_of(items->find("items") == nullptr ? *items : *items->find("items"));
    std::string keys;
    for (const core::Member& member : properties->as_object())
        keys.append(keys.empty() ? "`" : ", `").append(member.key).append("`");
    return "object with " + keys;
}

std::string bounds_of(const Value& schema) {
    constexpr std::pair<std::string_view, std::string_view> words[]{
        {"minimum", " from `"}, {"maximum", " to `"}, {"default", ", unless told `"}};
    std::string text;
    for (const auto& [key, word] : words) {
        if (const Value* const value = schema.find(key))
            text.append(word).append(core::to_json(*value)).append("`");
    }
    return text;
}

void append_parameters(std::string& page, const Route& route) {
    if (route.parameters.empty()) return;
    constexpr std::string_view places[]{"path", "query", "header"};
    page += "\n| parameter | in | is | |\n| --- | --- | --- | --- |\n";
    for (const Parameter& parameter : route.parameters) {
        const bool is_noted = parameter.is_required && parameter.in != Parameter::In::path;
        page += "| `" + parameter.name + "` | " +
                std::string{places[static_cast<std::size_t>(parameter.in)]} + " | " +
                in_cell(kind_of(parameter.schema) + bounds_of(parameter.schema)) + " | " +
                (is_noted ? "Required. " : "") + in_cell(parameter.description) + " |\n";
    }
}

void append_properties(std::string& page, const Value& schema) {
    const Value* const properties = schema.find("properties");
    if (properties == nullptr || properties->size() == 0) return;
    const Value* const required = schema.find("required");
    page += "\n| field | is | |\n| --- | --- | --- |\n";
    for (const auto& [name, field] : properties->as_object()) {
        const bool is_required =
            required != nullptr &&
            std::ranges::find(required->as_array(), Value{name}) != required->as_array().end();
        page += "| `" + name + "` | " + in_cell(kind_of(field) + bounds_of(field)) + " | " +
                (is_required ? "" : "Optional. ") + in_cell(text_of(field.find("description"))) +
                " |\n";
    }
}

void append_body(std::string& page, const Route& route) {
    if (route.body.empty()) return;
    const Body& body = route.body.front();
    page += "\nTakes " + std::string{"JSON or YAML"} + (body.is_required ? "" : ", if anything");
    if (const std::string kind = kind_of(body.schema); !kind.empty()) page += " (" + kind + ")";
    page += ": " + body.description + "\n";
    append_properties(page, body.schema);
}

void append_answers(std::string& page, const Route& route) {
    page += "\n| answers | body | |\n| --- | --- | --- |\n";
    for (const PossibleAnswer& answer : route.answers) {
        std::string kind = body_kind(answer.schema);
        if (answer.media_type != "application/json") kind = "`" + answer.media_type + "`";
        page += "| " + std::to_string(answer.status) + " | " + in_cell(kind) + " | " +
                in_cell(answer.description) + " |\n";
    }
}

/// Those of every route are told once for all.
void append_problems(std::string& page, const Route& route) {
    const std::vector<std::string_view> general = problems_of(Route{});
    std::string codes;
    for (const std::string_view code : problems_of(route)) {
        if (std::ranges::find(general, code) != general.end() || code == "cross_site") continue;
        codes.append(codes.empty() ? "`" : ", `").append(code).append("`");
    }
    if (!codes.empty()) page += "\nProblems: " + codes + ".\n";
}

std::string_view verb_of(const Route& route) {
    if (route.is_websocket) return "WebSocket";
    return route.is_for_any_method ? "Any method" : to_text(route.method);
}

void append_route(std::string& page, const Route& route) {
    page += "\n### " + std::string{verb_of(route)} + " " + route.pattern + "\n\n" + route.summary +
            ".\n";
    if (!route.description.empty()) page += "\n" + route.description + "\n";
    append_parameters(page, route);
    // What it takes and answers is not this API's.
    if (route.is_open_ended) return;
    append_body(page, route);
    append_answers(page, route);
    if (route.is_idempotent_by_key) page += "\n`Idempotency-Key` is honoured.\n";
    append_problems(page, route);
}

void append_schemas(std::string& page, const RouteTable& table) {
    page += "\n## Schemas\n";
    for (const auto& [name, schema] : table.schemas) {
        if (is_published(name)) continue;
        page += "\n### " + name + "\n";
        if (const std::string about = text_of(schema.find("description")); !about.empty())
            page += "\n" + about + "\n";
        if (schema.find("properties") == nullptr) {
            if (const std::string kind = kind_of(schema); !kind.empty()) page += "\n" + kind + "\n";
        }
        append_properties(page, schema);
    }
}

void append_problem_codes(std::string& page) {
    page += "\n## Problems\n\nThese may meet any request:";
    std::string codes;
    for (const std::string_view code : problems_of(Route{}))
        codes.append(codes.empty() ? " `" : ", `").append(code).append("`");
    page += codes + ".\n\n| code | status | |\n| --- | --- | --- |\n";
    for (const ProblemKind& kind : problem_codes()) {
        page += "| `" + std::string{kind.code} + "` | " + std::to_string(kind.status) + " | " +
                in_cell(kind.meaning) + " |\n";
    }
}

RouteTable complete_table() {
    RouteTable table = described_routes();
    table.routes.push_back(openapi_route({}));
    return table;
}

}  // namespace

std::string openapi_text(std::string_view version) {
    return core::to_pretty_json(openapi_document(complete_table(), version, {})) + "\n";
}

std::string api_page() {
    const RouteTable table = complete_table();
    std::vector<std::pair<std::string, std::vector<const Route*>>> groups;
    for (const Route& route : table.routes) {
        auto group =
            std::ranges::find(groups, route.tag, [](const auto& one) { return one.first; });
        if (group == groups.end()) group = groups.insert(groups.end(), {route.tag, {}});
        group->second.push_back(&route);
    }
    std::string page{opening};
    for (const auto& [tag, routes] : groups) {
        page += "\n## " + tag + "\n\n" + std::string{tag_description(tag)} + "\n";
        for (const Route* route : routes)
            append_route(page, *route);
    }
    append_schemas(page, table);
    append_problem_codes(page);
    return page;
}

}  // namespace millrace::server
