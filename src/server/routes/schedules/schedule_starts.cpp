// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/schedules/schedule_values.hpp"
#include "service/services.hpp"

// Executions of a schedule that people ask for: one now, or those of a time that has passed.

namespace millrace::server {
namespace {

constexpr std::int64_t backfill_usual = 100;

void label(TriggerStart& start, std::string_view run) {
    start.labels = core::Value::object(
        {{std::string{schedule_label}, start.trigger->node_id}, {std::string{run_label}, run}});
}

Answer run(Services& services, const Request& request) {
    const auto view = find_schedule(services.scheduler, request);
    if (!view) return std::unexpected(view.error());
    TriggerStart start = firing_start(view->trigger, view->planned.schedule, request.received_at,
                                      request.received_at);
    // No due time: it is another execution than the one that the schedule would start.
    start.id.reset();
    if (request.repeat_id) start.id = core::ExecutionId{*request.repeat_id};
    label(start, "manual");
    const auto id = start_by_trigger(services, start);
    if (!id) return std::unexpected(start_problem(id.error()));
    return accepted_response(*id, core::ExecutionStatus::pending, 202);
}

struct Backfill {
    core::Time from;
    core::Time to;
    std::size_t max = static_cast<std::size_t>(backfill_usual);
    bool is_dry = false;
    bool again = false;
};

std::expected<Backfill, Problem> read_backfill(const Request& request) {
    const core::Value& body = request.json;
    const auto flag = [&body](std::string_view key) {
        const core::Value* const value = body.find(key);
        return value != nullptr && value->as_bool();
    };
    Backfill wish{.is_dry = flag("dry_run"), .again = flag("again")};
    for (const auto& [key, time] : {std::pair{"from", &wish.from}, std::pair{"to", &wish.to}}) {
        const auto read = core::Time::parse(body.find(key)->as_string());
        if (!read)
            return std::unexpected(invalid_member("/" + std::string{key},
                                                  "is not a time such as 2026-01-31T23:59:59Z"));
        *time = *read;
    }
    if (wish.to < wish.from) return std::unexpected(invalid_member("/to", "is before from"));
    if (wish.to > request.received_at)
        return std::unexpected(
            invalid_member("/to", "is in the future; the schedule starts what becomes due then"));
    if (const core::Value* const max = body.find("max"))
        wish.max = static_cast<std::size_t>(max->as_integer());
    return wish;
}

/// Starts what was due in a range, the oldest first.
class Backfiller {
public:
    Backfiller(Services& services, const Request& request, const Scheduler::View& view,
               const Backfill& wish)
        : services_{services}, request_{request}, view_{view}, wish_{wish} {}

    core::Value run() {
        const nodes::Schedule& schedule = view_.planned.schedule;
        std::vector<core::Value> items;
        std::optional<core::Time> rest;
        for (auto due = schedule.next_after(wish_.from - core::Duration{1});
             due && *due <= wish_.to; due = schedule.next_after(*due)) {
            if (items.size() == wish_.max) {
                rest = due;
                break;
            }
            bool goes_on = true;
            items.push_back(one(*due, goes_on));
            if (goes_on) continue;
            rest = due;
            break;
        }
        return core::Value::object(
            {{"items", core::Value::array(std::move(items))},
             {"started", started_},
             {"next_from", rest ? core::Value{rest->text()} : core::Value{}}});
    }

private:
    core::Value one(core::Time due, bool& goes_on) {
        TriggerStart start =
            firing_start(view_.trigger, view_.planned.schedule, due, request_.received_at);
        label(start, "backfill");
        if (wish_.again) start.id = another_id(due);
        core::ObjectBuilder item;
        item.set("due_at", due.text());
        if (services_.runtime.store().execution(*start.id)) {
            item.set("result", "exists").set("execution_id", start.id->text());
        } else if (wish_.is_dry) {
            item.set("result", "would_start");
        } else if (const auto id = start_by_trigger(services_, start); id) {
            ++started_;
            item.set("result", "started").set("execution_id", id->text());
        } else {
            goes_on = false;
            item.set("result", "failed").set("error", item_problem(start_problem(id.error())));
        }
        return std::move(item).build();
    }

    /// Of one more execution for a due time; the same when the request is repeated.
    core::ExecutionId another_id(core::Time due) const {
        const std::string request =
            request_.repeat_id ? request_.repeat_id->text() : request_.received_at.text();
        return derived_id(
            due, {"schedule again", view_.trigger->workflow_id, view_.trigger->node_id, request});
    }

    Services& services_;
    const Request& request_;
    const Scheduler::View& view_;
    const Backfill& wish_;
    std::int64_t started_ = 0;
};

Answer backfill(Services& services, const Request& request) {
    const auto view = find_schedule(services.scheduler, request);
    if (!view) return std::unexpected(view.error());
    const auto wish = read_backfill(request);
    if (!wish) return std::unexpected(wish.error());
    return json_response(Backfiller{services, request, *view, *wish}.run());
}

Body backfill_body() {
    return {"The range, both ends included.", schema_of(R"({
        "type": "object",
        "required": ["from", "to"],
        "additionalProperties": false,
        "properties": {
            "from": {"type": "string", "format": "date-time"},
            "to": {"type": "string", "format": "date-time", "description": "Not in the future."},
            "max": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "At most so many due times, 100 unless said; `next_from` tells where to go on."},
            "dry_run": {"type": "boolean", "description": "Only tell what would be done."},
            "again": {"type": "boolean", "description": "Also start due times that have an execution already."}
        }
    })")};
}

PossibleAnswer backfill_answer() {
    return {200, "What was done for each due time.", schema_of(R"({
        "type": "object",
        "required": ["items", "started", "next_from"],
        "properties": {
            "items": {"type": "array", "items": {
                "type": "object",
                "required": ["due_at", "result"],
                "properties": {
                    "due_at": {"type": "string", "format": "date-time"},
                    "result": {"enum": ["started", "exists", "would_start", "failed"]},
                    "execution_id": {"type": "string"},
                    "error": {"type": "object", "description": "Why it could not be started; what is due after it was not tried."}
                }
            }},
            "started": {"type": "integer"},
            "next_from": {"type": ["string", "null"], "format": "date-time", "description": "The first due time of the range that was not done; null: there is none."}
        }
    })")};
}

}  // namespace

void add_schedule_starts(RouteTable& table, Services& services) {
    Route now =
        schedule_route(Method::post, "/run", "runSchedule", "Start a schedule's workflow now");
    now.description =
        "As if it were due, whatever its policies say and also when it is paused. Labels of the "
        "execution tell that it was asked for.";
    now.action = Action::run;
    now.answers = {{202, "It is durable and goes on; see Location.", schema_ref("Accepted")}};
    now.problems = {"invalid", "not_found", "stopped", "too_many_executions", "unavailable"};
    now.is_idempotent_by_key = true;
    now.is_repeatable = true;
    now.handler = [&services](const Request& request) { return run(services, request); };
    table.routes.push_back(std::move(now));

    Route past = schedule_route(Method::post, "/backfill", "backfillSchedule",
                                "Start what was due in a range");
    past.description =
        "Due times that have an execution are not started again, however often this is asked; so "
        "what was missed can be made up for without thinking about the rest. The executions start "
        "at once, whatever `overlap` says: a workflow's `max_concurrent_executions` bounds how "
        "many "
        "run beside each other.";
    past.action = Action::run;
    past.body = {backfill_body()};
    past.answers = {backfill_answer()};
    past.problems = {"invalid", "not_found"};
    past.is_idempotent_by_key = true;
    past.is_repeatable = true;
    past.handler = [&services](const Request& request) { return backfill(services, request); };
    table.routes.push_back(std::move(past));
}

}  // namespace millrace::server
