// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/server/schedule_preview.hpp"
#include "routes/routes.hpp"
#include "routes/schedules/schedule_values.hpp"

// Which schedules there are, when they are due, and how they are stopped for a while.

namespace millrace::server {
namespace {

std::size_t count_of(const Request& request) {
    std::size_t count = due_times_usual;
    if (const std::string* const text = request.query_value("count"))
        std::from_chars(text->data(), text->data() + text->size(), count);
    return count;
}

std::string cursor_of(const Scheduler::View& view) {
    return view.trigger->workflow_id + "/" + view.trigger->node_id;
}

Answer list(Services& services, const Request& request) {
    const std::string* const workflow = request.query_value("workflow_id");
    const std::string cursor = page_cursor(request);
    const std::size_t limit = page_limit(request);
    std::vector<core::Value> items;
    std::string next;
    for (const Scheduler::View& view :
         services.scheduler.list(workflow == nullptr ? std::string{} : *workflow)) {
        const bool is_before = !cursor.empty() && cursor_of(view) <= cursor;
        if (is_before) continue;
        if (items.size() == limit) return list_response(std::move(items), next);
        items.push_back(schedule_value(view));
        next = cursor_of(view);
    }
    return list_response(std::move(items), "");
}

Answer get(Services& services, const Request& request) {
    const auto view = find_schedule(services.scheduler, request);
    if (!view) return std::unexpected(view.error());
    return json_response(schedule_value(*view));
}

Answer next(Services& services, const Request& request) {
    const auto view = find_schedule(services.scheduler, request);
    if (!view) return std::unexpected(view.error());
    core::Time from = request.received_at;
    if (const std::string* const text = request.query_value("from"))
        from = core::Time::parse(*text).value_or(from);
    return json_response(core::Value::object(
        {{"items", due_values(view->planned.schedule, from - core::Duration{1}, count_of(request))},
         {"next_cursor", nullptr}}));
}

Answer set_paused(Services& services, const Request& request, bool is_paused) {
    const auto known = find_schedule(services.scheduler, request);
    if (!known) return std::unexpected(known.error());
    const auto view = services.scheduler.set_paused(
        {request.parameter("id"), request.parameter("node")}, is_paused);
    if (!view) return std::unexpected(problem_of(view.error()));
    return json_response(schedule_value(*view ? **view : *known));
}

Parameter count_parameter() {
    Parameter count = text_parameter("count", "How many, 10 unless said.");
    count.schema = schema_of(R"({"type": "integer", "minimum": 1, "maximum": 100})");
    return count;
}

void add_schemas(RouteTable& table) {
    table.schemas.emplace_back("Schedule", schema_of(R"({
        "type": "object",
        "required": ["workflow_id", "workflow_version", "node_id", "spec", "data", "timezone",
                     "missed", "overlap", "is_paused", "next_due", "last_due", "last_execution_id",
                     "counts", "last_error"],
        "properties": {
            "workflow_id": {"type": "string"},
            "workflow_version": {"type": "integer", "description": "The active one."},
            "node_id": {"type": "string"},
            "spec": {"type": "string", "description": "For people: `cron 0 9 * * * in Europe/Berlin`."},
            "data": {"type": "object", "description": "Of the node, as the document has it."},
            "timezone": {"type": "string"},
            "missed": {"enum": ["skip", "run_once", "run_all"]},
            "overlap": {"enum": ["allow", "skip", "queue"]},
            "is_paused": {"type": "boolean"},
            "next_due": {"type": ["string", "null"], "format": "date-time", "description": "null: it is over, or paused."},
            "last_due": {"type": ["string", "null"], "format": "date-time", "description": "For which an execution was started last."},
            "last_execution_id": {"type": ["string", "null"]},
            "counts": {
                "type": "object",
                "required": ["started", "skipped", "missed", "waiting"],
                "description": "Due times since the schedule has these times.",
                "properties": {
                    "started": {"type": "integer"},
                    "skipped": {"type": "integer", "description": "Left out: the last execution had not ended, too many waited, or the workflow could not be started."},
                    "missed": {"type": "integer", "description": "Passed while nothing could be started, and not made up for."},
                    "waiting": {"type": "integer", "description": "To be started when the last execution has ended."}
                }
            },
            "last_error": {"type": ["string", "null"], "description": "Why the last due time could not be started."}
        }
    })"));
    table.schemas.emplace_back("DueTime", schema_of(R"({
        "type": "object",
        "required": ["due_at", "local"],
        "properties": {
            "due_at": {"type": "string", "format": "date-time"},
            "local": {"type": "string", "format": "date-time", "description": "The same by the clocks of the schedule's time zone."}
        }
    })"));
}

void add_reading(RouteTable& table, Services& services) {
    Route all;
    all.pattern = "/api/v1/schedules";
    all.id = "listSchedules";
    all.tag = schedules_tag;
    all.summary = "List schedules";
    all.description = "Of all active workflows, in order of workflow and node.";
    all.parameters = {text_parameter("workflow_id", "Of this workflow only.")};
    for (Parameter& parameter : page_parameters())
        all.parameters.push_back(std::move(parameter));
    all.answers = {{200, "A page.", list_schema("Schedule")}};
    all.handler = [&services](const Request& request) { return list(services, request); };
    table.routes.push_back(std::move(all));

    Route one = schedule_route(Method::get, "", "getSchedule", "Get a schedule");
    one.answers = {{200, "The schedule.", schema_ref("Schedule")}};
    one.handler = [&services](const Request& request) { return get(services, request); };
    table.routes.push_back(std::move(one));

    Route due = schedule_route(Method::get, "/next", "listDueTimes", "List coming due times");
    due.parameters.push_back(count_parameter());
    due.parameters.push_back(time_parameter("from", "At this time or later; else now."));
    due.answers = {{200, "The due times.", list_schema("DueTime")}};
    due.handler = [&services](const Request& request) { return next(services, request); };
    table.routes.push_back(std::move(due));
}

void add_preview(RouteTable& table) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/schedules/preview";
    route.id = "previewSchedule";
    route.tag = schedules_tag;
    route.summary = "Try a schedule";
    route.description = "What a trigger.schedule with these data would be due at. Nothing is kept.";
    route.body = {{"Data of the node, with `count` and `from`.", schema_of(R"({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "cron": {"type": "string"},
            "interval": {"type": "string"},
            "at": {"type": ["string", "array"], "items": {"type": "string"}},
            "timezone": {"type": "string"},
            "start": {"type": "string"},
            "end": {"type": "string"},
            "missed": {"enum": ["skip", "run_once", "run_all"]},
            "overlap": {"enum": ["allow", "skip", "queue"]},
            "jitter": {"type": "string"},
            "input": {},
            "count": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many, 10 unless said."},
            "from": {"type": "string", "description": "At this time or later; else now."}
        }
    })")}};
    route.answers = {{200, "The due times, or what is wrong.", schema_of(R"({
        "type": "object",
        "required": ["valid", "errors", "items"],
        "properties": {
            "valid": {"type": "boolean"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/DocumentProblem"}},
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/DueTime"}}
        }
    })")}};
    route.handler = [](const Request& request) -> Answer {
        return json_response(schedule_preview(request.json, request.received_at));
    };
    table.routes.push_back(std::move(route));
}

void add_pausing(RouteTable& table, Services& services) {
    Route pause = schedule_route(Method::post, "/pause", "pauseSchedule", "Pause a schedule");
    pause.description =
        "It starts nothing until it is resumed, also after a restart. What becomes due meanwhile "
        "is "
        "not made up for. Executions go on.";
    pause.action = Action::operate;
    pause.answers = {{200, "It is paused.", schema_ref("Schedule")}};
    pause.problems = {"not_found", "unavailable"};
    pause.handler = [&services](const Request& request) {
        return set_paused(services, request, true);
    };
    table.routes.push_back(std::move(pause));

    Route resume = schedule_route(Method::post, "/resume", "resumeSchedule", "Resume a schedule");
    resume.description = "It goes on from now. One that is not paused stays as it is.";
    resume.action = Action::operate;
    resume.answers = {{200, "It goes on.", schema_ref("Schedule")}};
    resume.problems = {"not_found", "unavailable"};
    resume.handler = [&services](const Request& request) {
        return set_paused(services, request, false);
    };
    table.routes.push_back(std::move(resume));
}

}  // namespace

void add_schedule_routes(RouteTable& table, Services& services) {
    add_schemas(table);
    add_reading(table, services);
    add_preview(table);
    add_schedule_starts(table, services);
    add_pausing(table, services);
}

}  // namespace millrace::server
