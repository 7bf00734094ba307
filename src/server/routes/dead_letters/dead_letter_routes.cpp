// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/core/json.hpp"
#include "millrace/server/values.hpp"
#include "millrace/store/dead_letters.hpp"
#include "routes/dead_letters/dead_letter_choice.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/routes.hpp"

// Work that has failed for good and waits for a decision.

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view tag = "Dead letters";

std::expected<std::uint64_t, Problem> number_of(const Request& request) {
    const std::string& text = request.parameter("number");
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stop == end) return number;
    return std::unexpected(problem("not_found", "there is no dead letter " + text));
}

std::expected<store::DeadLetterFilter, Problem> filter_of(const Request& request) {
    store::DeadLetterFilter filter;
    const auto read_text = [&](std::string_view name, std::optional<std::string>& text) {
        if (const std::string* const given = request.query_value(name)) text = *given;
    };
    read_text("workflow_id", filter.workflow_id);
    read_text("node_id", filter.node_id);
    read_text("code", filter.code);
    std::string mistake;
    const auto read = [&](std::string_view name, auto& target, auto parse) {
        const std::string* const given = request.query_value(name);
        if (given == nullptr) return;
        target = parse(*given);
        if (!target) mistake = "query parameter " + std::string{name} + ": bad value " + *given;
    };
    read("status", filter.status, store::parse_dead_letter_status);
    read("execution_id", filter.execution, core::ExecutionId::parse);
    read("created_after", filter.created_after, core::Time::parse);
    read("created_before", filter.created_before, core::Time::parse);
    if (!mistake.empty()) return std::unexpected(problem("bad_request", mistake));
    return filter;
}

Answer list(Services& services, const Request& request) {
    const auto filter = filter_of(request);
    if (!filter) return std::unexpected(filter.error());
    const auto page = services.runtime.store().dead_letters().list(*filter, page_limit(request),
                                                                   page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    for (const store::DeadLetter& letter : page->items)
        items.push_back(dead_letter_value(letter, false));
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

Answer show(Services& services, const Request& request) {
    const auto number = number_of(request);
    if (!number) return std::unexpected(number.error());
    const auto letter = services.runtime.store().dead_letters().find(*number);
    if (!letter) return std::unexpected(problem_of(letter.error()));
    return json_response(dead_letter_value(*letter, true));
}

std::expected<runtime::ReplayRequest, Problem> replay_request_of(const Request& request) {
    runtime::ReplayRequest wish;
    if (const Value* const version = request.json.find("version"))
        wish.version = static_cast<std::uint32_t>(version->as_integer());
    if (const Value* const input = request.json.find("input")) {
        auto decoded = core::decode_bytes(*input);
        if (!decoded) return std::unexpected(invalid_member("/input", decoded.error().message()));
        wish.input = *std::move(decoded);
    }
    return wish;
}

Answer replay(Services& services, const Request& request) {
    const auto number = number_of(request);
    if (!number) return std::unexpected(number.error());
    const auto wish = replay_request_of(request);
    if (!wish) return std::unexpected(wish.error());
    const auto started = services.runtime.replay_dead_letter(*number, *wish);
    if (!started) return std::unexpected(start_problem(started.error()));
    return accepted_response(*started, core::ExecutionStatus::pending, 201);
}

Answer discard(Services& services, const Request& request) {
    const auto number = number_of(request);
    if (!number) return std::unexpected(number.error());
    const auto done = services.runtime.discard_dead_letter(*number);
    if (!done) return std::unexpected(problem_of(done.error()));
    const auto letter = services.runtime.store().dead_letters().find(*number);
    if (!letter) return std::unexpected(problem_of(letter.error()));
    return json_response(dead_letter_value(*letter, false));
}

Value number_value(std::uint64_t number) {
    return Value{static_cast<std::int64_t>(number)};
}

Answer replay_many(Services& services, const Request& request) {
    const auto wish = replay_request_of(request);
    if (!wish) return std::unexpected(wish.error());
    const auto choice = choose_letters(services.runtime.store().dead_letters(), request.json);
    if (!choice) return std::unexpected(choice.error());
    std::vector<Value> items;
    for (const std::uint64_t number : choice->numbers) {
        const auto id = services.runtime.replay_dead_letter(number, *wish);
        items.push_back(
            Value::object({{"number", number_value(number)},
                           {"execution_id", id ? Value{id->text()} : Value{}},
                           {"error", id ? Value{} : item_problem(start_problem(id.error()))}}));
    }
    return json_response(
        Value::object({{"items", Value::array(std::move(items))}, {"has_more", choice->has_more}}));
}

Answer discard_many(Services& services, const Request& request) {
    const auto choice = choose_letters(services.runtime.store().dead_letters(), request.json);
    if (!choice) return std::unexpected(choice.error());
    std::vector<Value> items;
    for (const std::uint64_t number : choice->numbers) {
        const auto done = services.runtime.discard_dead_letter(number);
        items.push_back(
            Value::object({{"number", number_value(number)},
                           {"error", done ? Value{} : item_problem(problem_of(done.error()))}}));
    }
    return json_response(
        Value::object({{"items", Value::array(std::move(items))}, {"has_more", choice->has_more}}));
}

void add_schemas(RouteTable& table) {
    table.schemas.emplace_back("DeadLetter", schema_of(R"({
        "type": "object",
        "required": ["number", "status", "execution_id", "path", "node_id", "workflow_id",
                     "workflow_version", "error", "attempts", "at", "replayed_as", "decided_at"],
        "properties": {
            "number": {"type": "integer"},
            "status": {"enum": ["open", "replayed", "discarded"]},
            "execution_id": {"type": "string", "format": "uuid"},
            "path": {"type": "string", "description": "The run that failed; empty: the execution as a whole."},
            "node_id": {"type": "string"},
            "workflow_id": {"type": "string"},
            "workflow_version": {"type": "integer"},
            "error": {"$ref": "#/components/schemas/Failure"},
            "input": {"description": "What the run got at its first input, or the execution's input. Not in lists, gone with the decision, and null above 64 KiB."},
            "attempts": {"type": "integer"},
            "at": {"type": "string", "format": "date-time"},
            "replayed_as": {"type": ["string", "null"], "description": "The execution that does it again."},
            "decided_at": {"type": ["string", "null"]}
        }
    })"));
    table.schemas.emplace_back("ReplayRequest", schema_of(R"({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "input": {"description": "What the failed run gets instead of what it got; of a whole execution its input."},
            "version": {"type": "integer", "minimum": 1, "maximum": 4294967295, "description": "Of the workflow; else the same."}
        }
    })"));
}

Route letter_route(Method method, std::string path, std::string id, std::string summary) {
    Route route;
    route.method = method;
    route.pattern = "/api/v1/dead-letters" + std::move(path);
    route.id = std::move(id);
    route.tag = tag;
    route.summary = std::move(summary);
    return route;
}

Parameter number_parameter() {
    return path_parameter("number", "The dead letter's number.");
}

void add_reading_routes(RouteTable& table, Services& services) {
    Route all = letter_route(Method::get, "", "listDeadLetters", "List dead letters");
    all.description = "Newest first: work that has failed for good, and what became of it.";
    all.parameters = {
        choice_parameter("status", "In this status only.", {"open", "replayed", "discarded"}),
        text_parameter("workflow_id", "Of this workflow only."),
        text_parameter("node_id", "Of this node only."),
        text_parameter("code", "With this error code only."),
        text_parameter("execution_id", "Of this execution only."),
        time_parameter("created_after", "Failed at this time or later."),
        time_parameter("created_before", "Failed before this time.")};
    for (Parameter& parameter : page_parameters())
        all.parameters.push_back(std::move(parameter));
    all.answers = {{200, "A page.", list_schema("DeadLetter")}};
    all.problems = {"bad_request"};
    all.handler = [&services](const Request& request) { return list(services, request); };
    table.routes.push_back(std::move(all));

    Route one = letter_route(Method::get, "/{number}", "getDeadLetter", "Read a dead letter");
    one.description = "With what the run was given, as long as nobody has decided about it.";
    one.parameters = {number_parameter()};
    one.answers = {{200, "The letter.", schema_ref("DeadLetter")}};
    one.problems = {"not_found"};
    one.handler = [&services](const Request& request) { return show(services, request); };
    table.routes.push_back(std::move(one));
}

void add_deciding_routes(RouteTable& table, Services& services) {
    Route again =
        letter_route(Method::post, "/{number}/replay", "replayDeadLetter", "Do failed work again");
    again.description =
        "Starts a new execution that goes on from the failed run, or from what did not complete of "
        "a failed execution. What fails again is a new letter.";
    again.action = Action::run;
    again.parameters = {number_parameter()};
    again.body = {{.description = "With what; without a body with the same as before.",
                   .schema = schema_ref("ReplayRequest"),
                   .is_required = false}};
    again.answers = {{201, "The new execution is durable; see Location.", schema_ref("Accepted")}};
    again.problems = {"not_found",           "conflict",    "not_allowed",
                      "too_many_executions", "unavailable", "stopped"};
    again.is_idempotent_by_key = true;
    again.handler = [&services](const Request& request) { return replay(services, request); };
    table.routes.push_back(std::move(again));

    Route dropped = letter_route(Method::post, "/{number}/discard", "discardDeadLetter",
                                 "Decide that failed work is not done again");
    dropped.action = Action::run;
    dropped.parameters = {number_parameter()};
    dropped.answers = {{200, "The letter.", schema_ref("DeadLetter")}};
    dropped.problems = {"not_found", "conflict", "unavailable"};
    dropped.handler = [&services](const Request& request) { return discard(services, request); };
    table.routes.push_back(std::move(dropped));
}

void add_bulk_routes(RouteTable& table, Services& services) {
    Route again = letter_route(Method::post, "/replay", "replayDeadLetters",
                               "Do much failed work again, oldest first");
    again.description =
        "Each for itself: one that cannot be replayed does not keep the others from it.";
    again.action = Action::run;
    again.body = {{.description = "Which letters, and with what.", .schema = letters_schema(true)}};
    again.answers = {{200, "What became of each.", schema_of(R"({
        "type": "object",
        "required": ["items", "has_more"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["number", "execution_id", "error"],
                    "properties": {
                        "number": {"type": "integer"},
                        "execution_id": {"type": ["string", "null"]},
                        "error": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/ItemProblem"}]}
                    }
                }
            },
            "has_more": {"type": "boolean", "description": "More open letters fit the filter."}
        }
    })")}};
    again.is_idempotent_by_key = true;
    again.handler = [&services](const Request& request) { return replay_many(services, request); };
    table.routes.push_back(std::move(again));

    Route dropped = letter_route(Method::post, "/discard", "discardDeadLetters",
                                 "Decide that much failed work is not done again");
    dropped.action = Action::run;
    dropped.body = {{.description = "Which letters.", .schema = letters_schema(false)}};
    dropped.answers = {{200, "What became of each.", schema_of(R"({
        "type": "object",
        "required": ["items", "has_more"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["number", "error"],
                    "properties": {
                        "number": {"type": "integer"},
                        "error": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/ItemProblem"}]}
                    }
                }
            },
            "has_more": {"type": "boolean", "description": "More open letters fit the filter."}
        }
    })")}};
    dropped.handler = [&services](const Request& request) {
        return discard_many(services, request);
    };
    table.routes.push_back(std::move(dropped));
}

}  // namespace

void add_dead_letter_routes(RouteTable& table, Services& services) {
    add_schemas(table);
    add_reading_routes(table, services);
    add_deciding_routes(table, services);
    add_bulk_routes(table, services);
}

}  // namespace millrace::server
