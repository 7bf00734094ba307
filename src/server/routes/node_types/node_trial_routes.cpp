// SPDX-License-Identifier: Apache-2.0
#include "routes/node_types/node_trial_routes.hpp"

#include <array>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/node_trial.hpp"

namespace millrace::server {
namespace {

using core::Value;

enum class TrialKind : std::uint8_t { validate, dry_run, simulate };

/// Keys of the body that are keys of a node in a document.
constexpr std::array<std::string_view, 9> node_keys{"data",     "retry",           "timeout",
                                                    "deadline", "on_error",        "on_interrupt",
                                                    "cache",    "circuit_breaker", "credential"};

constexpr std::string_view node_properties = R"(
    "data": {"type": "object", "description": "The node's data; its texts may hold expressions."},
    "retry": {}, "timeout": {}, "deadline": {}, "on_error": {}, "on_interrupt": {}, "cache": {},
    "circuit_breaker": {}, "credential": {},
    "variables": {"type": "object", "description": "What expressions read as `vars.NAME`."})";
constexpr std::string_view input_properties = R"(,
    "input": {"description": "What it gets at its inputs."})";
constexpr std::string_view answer_properties = R"(,
    "answers": {
      "type": "array", "maxItems": 1000,
      "description": "What its calls get, each the next one, the last one all further ones; else the type's stand-in.",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "outputs": {"type": "object", "description": "{PORT: value}"},
          "failure": {"type": "object", "description": "`code`, `class`, `message`, as failures are told"},
          "status": {"type": "integer", "minimum": 100, "maximum": 599, "description": "Of an HTTP answer."},
          "headers": {"type": "object"},
          "body": {},
          "takes": {"type": "string", "description": "How long the call takes, such as `2s`."}
        }
      }
    })";

constexpr std::string_view result_schema = R"({
  "type": "object",
  "required": ["status", "issues"],
  "properties": {
    "status": {"description": "How the node ended; null: it cannot run.", "anyOf": [{"$ref": "#/components/schemas/NodeStatus"}, {"type": "null"}]},
    "outputs": {"type": ["object", "null"]},
    "error": {"$ref": "#/components/schemas/Failure"},
    "request": {"description": "What it asked of the outside first: method, URL and so on. It was not made."},
    "duration_ms": {"type": "integer", "description": "On a clock that jumps to whatever comes next."},
    "attempts": {"type": "array", "items": {"type": "object"}},
    "calls": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["attempt", "at_ms", "request"],
        "properties": {"attempt": {"type": "integer"}, "at_ms": {"type": "integer"}, "request": {}}
      }
    },
    "issues": {"type": "array", "items": {"type": "string"}}
  }
})";

constexpr std::string_view item_schema = R"({
  "type": "object",
  "description": "What came of one, or why nothing could.",
  "required": ["type"],
  "properties": {
    "type": {"type": "string"},
    "problem": {"type": "object", "required": ["code", "detail"], "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}
  }
})";

std::string_view word_of(TrialKind kind) {
    switch (kind) {
        case TrialKind::validate: return "validate";
        case TrialKind::dry_run: return "dry-run";
        case TrialKind::simulate: return "simulate";
    }
    return "validate";
}

std::string properties_of(TrialKind kind) {
    std::string text{node_properties};
    if (kind != TrialKind::validate) text += input_properties;
    if (kind == TrialKind::simulate) text += answer_properties;
    return text;
}

Value body_schema(TrialKind kind) {
    return schema_of(R"({"type": "object", "additionalProperties": false, "properties": {)" +
                     properties_of(kind) + "}}");
}

Value batch_schema(TrialKind kind) {
    return schema_of(
        R"({"type": "object", "additionalProperties": false, "required": ["items"], "properties": {
        "items": {"type": "array", "maxItems": 100, "items": {
        "type": "object", "additionalProperties": false, "required": ["type"],
        "properties": {"type": {"type": "string"},)" +
        properties_of(kind) + "}}}}}");
}

std::expected<NodeTrial, Problem> trial_of(std::string type, const Value& json, core::Time now) {
    const auto decoded = core::decode_bytes(json);
    if (!decoded) return std::unexpected(problem("invalid", decoded.error().message()));
    NodeTrial trial;
    trial.type = std::move(type);
    trial.start_at = now;
    core::ObjectBuilder node;
    for (const std::string_view key : node_keys)
        if (const Value* const found = decoded->find(key)) node.set(key, *found);
    trial.node = std::move(node).build();
    if (const Value* const input = decoded->find("input")) trial.input = *input;
    if (const Value* const variables = decoded->find("variables")) trial.variables = *variables;
    const Value* const answers = decoded->find("answers");
    if (answers != nullptr)
        trial.answers.assign(answers->as_array().begin(), answers->as_array().end());
    return trial;
}

Problem trial_problem(const core::Error& error) {
    if (error.is(TrialErrc::unknown_type)) return problem("not_found", error.message());
    if (error.is(TrialErrc::not_alone) || error.is(TrialErrc::bad_answer))
        return problem("invalid", error.message());
    return problem_of(error);
}

std::expected<Value, Problem> tried(const Services& services, TrialKind kind, std::string type,
                                    const Value& json, core::Time now) {
    const auto trial = trial_of(std::move(type), json, now);
    if (!trial) return std::unexpected(trial.error());
    if (kind == TrialKind::validate) {
        const auto checked = check_node(services.registry, *trial);
        if (!checked) return std::unexpected(trial_problem(checked.error()));
        return validation_value(*checked);
    }
    auto result = try_node(services.registry, *trial, kind == TrialKind::simulate);
    if (!result) return std::unexpected(trial_problem(result.error()));
    return *std::move(result);
}

Answer answer_one(const Services& services, TrialKind kind, const Request& request) {
    const auto result =
        tried(services, kind, request.parameter("type"), request.json, request.received_at);
    if (!result) return std::unexpected(result.error());
    return json_response(*result);
}

Answer answer_many(const Services& services, TrialKind kind, const Request& request) {
    std::vector<Value> items;
    for (const Value& wanted : request.json.find("items")->as_array()) {
        const std::string type{wanted.find("type")->as_string()};
        core::ObjectBuilder item;
        item.set("type", type);
        const auto result = tried(services, kind, type, wanted, request.received_at);
        if (result) {
            for (const core::Member& member : result->as_object())
                item.set(member.key, member.value);
        } else {
            item.set("problem", Value::object({{"code", result.error().code},
                                               {"detail", result.error().detail}}));
        }
        items.push_back(std::move(item).build());
    }
    return list_response(std::move(items), {});
}

std::string_view summary_of(TrialKind kind) {
    switch (kind) {
        case TrialKind::validate: return "Check a node's configuration";
        case TrialKind::dry_run: return "Try a node without calling anything";
        case TrialKind::simulate: return "Play a node with given answers";
    }
    return "";
}

std::string_view description_of(TrialKind kind) {
    switch (kind) {
        case TrialKind::validate:
            return "`data` and the other keys of a node, as in a document; paths of problems lead "
                   "into the body.";
        case TrialKind::dry_run:
            return "Says what the node makes of an input, and what it would ask of the outside. "
                   "Its calls get the type's stand-in.";
        case TrialKind::simulate:
            return "As a dry run, but its calls get the answers that are given, with their "
                   "failures and delays: retries and timeouts happen on a clock that takes no "
                   "time.";
    }
    return "";
}

std::string operation_of(TrialKind kind, bool is_batch) {
    const std::string what = is_batch ? "NodeTypes" : "NodeType";
    switch (kind) {
        case TrialKind::validate: return "validate" + what;
        case TrialKind::dry_run: return "dryRun" + what;
        case TrialKind::simulate: return "simulate" + what;
    }
    return {};
}

Value answer_schema(TrialKind kind) {
    return schema_ref(kind == TrialKind::validate ? "ValidationResult" : "NodeTrial");
}

Route make_one(Services& services, TrialKind kind) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/node-types/{type}/" + std::string{word_of(kind)};
    route.id = operation_of(kind, false);
    route.tag = node_types_tag;
    route.summary = summary_of(kind);
    route.description = description_of(kind);
    route.parameters = {path_parameter("type", "The type, with or without `@version`.")};
    Body body;
    body.schema = body_schema(kind);
    route.body = {std::move(body)};
    route.answers = {{200, "What was found.", answer_schema(kind)}};
    route.problems = {"not_found"};
    route.handler = Handler{
        [&services, kind](const Request& request) { return answer_one(services, kind, request); }};
    return route;
}

Route make_many(Services& services, TrialKind kind) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/node-types/" + std::string{word_of(kind)};
    route.id = operation_of(kind, true);
    route.tag = node_types_tag;
    route.summary = std::string{summary_of(kind)} + ", many side by side";
    route.description =
        "The answer has one item for each of the body, in their order; one that cannot be done has "
        "a `problem`, and the others are done.";
    Body body;
    body.schema = batch_schema(kind);
    route.body = {std::move(body)};
    route.answers = {{200, "What came of each.", list_schema("NodeTrialItem")}};
    route.handler = Handler{
        [&services, kind](const Request& request) { return answer_many(services, kind, request); }};
    return route;
}

}  // namespace

void add_node_trial_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("NodeTrial", schema_of(result_schema));
    table.schemas.emplace_back("NodeTrialItem", schema_of(item_schema));
    for (const TrialKind kind : {TrialKind::validate, TrialKind::dry_run, TrialKind::simulate}) {
        table.routes.push_back(make_one(services, kind));
        table.routes.push_back(make_many(services, kind));
    }
}

}  // namespace millrace::server
