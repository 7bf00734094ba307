// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/server/values.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/executions/gather.hpp"

// The same command about many executions.

namespace millrace::server {
namespace {

using runtime::Command;

constexpr std::size_t bulk_max = 1'000;

enum class BulkAction : std::uint8_t { cancel, pause, resume };

/// One execution that is meant; no id when the text is none.
struct Chosen {
    std::string text;
    std::optional<core::ExecutionId> id;
};

struct Choice {
    std::vector<Chosen> items;
    std::optional<std::string> next_cursor;
};

std::expected<store::ExecutionFilter, Problem> filter_of(const core::Value& given) {
    store::ExecutionFilter filter;
    filter.live_only = true;
    if (const core::Value* const id = given.find("workflow_id"))
        filter.workflow_id = std::string{id->as_string()};
    if (const core::Value* const status = given.find("status"))
        filter.status = core::parse_execution_status(status->as_string());
    const auto read_time = [&](std::string_view name, std::optional<core::Time>& time) {
        const core::Value* const text = given.find(name);
        if (text != nullptr) time = core::Time::parse(text->as_string());
        return text == nullptr || time;
    };
    if (!read_time("created_after", filter.created_after)) {
        return std::unexpected(
            invalid_member("/filter/created_after", "is not a time such as 2026-01-31T23:59:59Z"));
    }
    if (!read_time("created_before", filter.created_before)) {
        return std::unexpected(
            invalid_member("/filter/created_before", "is not a time such as 2026-01-31T23:59:59Z"));
    }
    return filter;
}

std::expected<Choice, Problem> choice_of(Services& services, const core::Value& body) {
    Choice choice;
    if (const core::Value* const ids = body.find("ids")) {
        for (const core::Value& id : ids->as_array()) {
            const std::string text{id.as_string()};
            choice.items.push_back({text, core::ExecutionId::parse(text)});
        }
        return choice;
    }
    const auto filter = filter_of(*body.find("filter"));
    if (!filter) return std::unexpected(filter.error());
    const core::Value* const cursor = body.find("cursor");
    const auto page = services.runtime.store().executions(
        *filter, bulk_max, cursor != nullptr ? std::string{cursor->as_string()} : "");
    if (!page) return std::unexpected(problem_of(page.error()));
    for (const engine::ExecutionRow& row : page->items)
        choice.items.push_back({row.id.text(), row.id});
    choice.next_cursor = page->next_cursor;
    return choice;
}

Command command_of(BulkAction action, core::ExecutionId id, const std::string& reason) {
    switch (action) {
        case BulkAction::cancel: return engine::CancelExecution{0, id, reason};
        case BulkAction::pause: return engine::PauseExecution{0, id, reason};
        case BulkAction::resume: break;
    }
    return engine::ResumeExecution{0, id};
}

core::Value result_value(const std::string& id, core::Value error) {
    return core::Value::object({{"execution_id", id}, {"error", std::move(error)}});
}

void command_many(Services& services, BulkAction action,
                  const std::shared_ptr<const Request>& request, const Reply& reply) {
    const auto choice = choice_of(services, request->json);
    if (!choice) return reply_with(reply, *request, std::unexpected(choice.error()));
    if (choice->items.empty()) return reply(json_response(list_body({})));
    const core::Value* const given = request->json.find("reason");
    const std::string reason = given != nullptr ? std::string{given->as_string()} : "";
    const auto gather = std::make_shared<Gather>(
        choice->items.size(), [work = services.work, reply,
                               next = choice->next_cursor](std::vector<core::Value> results) {
            work([reply, next, results = std::move(results)] {
                reply(json_response(list_body(results, next)));
            });
        });
    for (std::size_t place = 0; place < choice->items.size(); ++place) {
        const Chosen& chosen = choice->items[place];
        if (!chosen.id) {
            gather->give(place,
                         result_value(chosen.text, item_problem(problem("not_found",
                                                                        "this is no id of an "
                                                                        "execution"))));
            continue;
        }
        services.runtime.send(
            command_of(action, *chosen.id, reason),
            [gather, place, text = chosen.text](core::Result<core::ExecutionId> done) {
                gather->give(
                    place, result_value(text, done ? core::Value{}
                                                   : item_problem(command_problem(done.error()))));
            });
    }
}

core::Value bulk_schema() {
    return schema_of(R"({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["ids"]}, {"required": ["filter"]}],
        "properties": {
            "ids": {
                "type": "array",
                "maxItems": 1000,
                "items": {"type": "string"},
                "description": "These executions."
            },
            "filter": {
                "type": "object",
                "additionalProperties": false,
                "description": "Unfinished executions that fit all of this, 1,000 at once.",
                "properties": {
                    "workflow_id": {"type": "string"},
                    "status": {"enum": ["pending", "running", "waiting", "paused"]},
                    "created_after": {"type": "string", "format": "date-time"},
                    "created_before": {"type": "string", "format": "date-time"}
                }
            },
            "cursor": {"type": "string", "description": "Go on with more that the filter chooses."},
            "reason": {"type": "string", "maxLength": 4096, "description": "Why; it is recorded."}
        }
    })");
}

core::Value bulk_answer_schema() {
    return schema_of(R"({
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["execution_id", "error"],
                    "properties": {
                        "execution_id": {"type": "string"},
                        "error": {
                            "description": "null: it is done.",
                            "anyOf": [
                                {"type": "null"},
                                {"$ref": "#/components/schemas/ItemProblem"}
                            ]
                        }
                    }
                }
            },
            "next_cursor": {"type": ["string", "null"]}
        }
    })");
}

}  // namespace

void add_execution_bulk_routes(RouteTable& table, Services& services) {
    const auto add = [&](BulkAction action, const std::string& name, const std::string& id) {
        Route route;
        route.method = Method::post;
        route.pattern = "/api/v1/executions/" + name;
        route.id = id;
        route.tag = executions_tag;
        route.summary = "Do the same about many executions: " + name;
        route.description =
            "Each for itself: one that cannot be commanded does not keep the others from it. With "
            "a filter, send the `next_cursor` of the answer as `cursor` until it is null.";
        route.action = Action::run;
        route.body = {{.description = "Which ones.", .schema = bulk_schema()}};
        route.answers = {{200, "What became of each.", bulk_answer_schema()}};
        route.problems = {"bad_request"};
        route.handler = AsyncHandler{
            [&services, action](const std::shared_ptr<const Request>& request, const Reply& reply) {
                command_many(services, action, request, reply);
            }};
        table.routes.push_back(std::move(route));
    };
    add(BulkAction::cancel, "cancel", "cancelExecutions");
    add(BulkAction::pause, "pause", "pauseExecutions");
    add(BulkAction::resume, "resume", "resumeExecutions");
}

}  // namespace millrace::server
