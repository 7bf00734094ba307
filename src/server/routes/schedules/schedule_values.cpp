// SPDX-License-Identifier: Apache-2.0
#include "routes/schedules/schedule_values.hpp"

#include <cstdlib>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/server/schedule_preview.hpp"

namespace millrace::server {
namespace {

core::Value time_or_null(const std::optional<core::Time>& time) {
    return time ? core::Value{time->text()} : core::Value{};
}

core::Value id_or_null(const std::optional<core::ExecutionId>& id) {
    return id ? core::Value{id->text()} : core::Value{};
}

core::Value count_value(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

std::string two_digits(std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// RFC 3339 with the offset that the zone has then.
std::string local_text(core::Time time, const std::string& zone) {
    constexpr std::int64_t ms_per_minute = 60'000;
    const std::int64_t offset = format::expression_host().offset_at(zone, time.ms);
    std::string text = core::Time{time.ms + offset}.text();
    text.pop_back();  // the Z
    const std::int64_t minutes = std::abs(offset) / ms_per_minute;
    return text + (offset < 0 ? "-" : "+") + two_digits(minutes / 60) + ":" +
           two_digits(minutes % 60);
}

}  // namespace

core::Value schedule_value(const Scheduler::View& view) {
    const nodes::Schedule& schedule = view.planned.schedule;
    const store::ScheduleState& state = view.planned.state;
    core::ObjectBuilder value;
    value.set("workflow_id", view.trigger->workflow_id)
        .set("workflow_version", view.trigger->version)
        .set("node_id", view.trigger->node_id)
        .set("spec", schedule.text())
        .set("data", view.trigger->data)
        .set("timezone", schedule.timezone())
        .set("missed", nodes::to_text(schedule.missed()))
        .set("overlap", nodes::to_text(schedule.overlap()))
        .set("is_paused", state.is_paused)
        .set("next_due", state.is_paused ? core::Value{} : time_or_null(state.next_due))
        .set("last_due", time_or_null(state.last_due))
        .set("last_execution_id", id_or_null(state.last_execution));
    value.set("counts", core::Value::object({{"started", count_value(state.started)},
                                             {"skipped", count_value(state.skipped)},
                                             {"missed", count_value(state.missed)},
                                             {"waiting", count_value(view.planned.waiting)}}));
    const std::string& error = view.planned.last_error;
    value.set("last_error", error.empty() ? core::Value{} : core::Value{error});
    return std::move(value).build();
}

core::Value due_value(const nodes::Schedule& schedule, core::Time due) {
    return core::Value::object(
        {{"due_at", due.text()}, {"local", local_text(due, schedule.timezone())}});
}

core::Value due_values(const nodes::Schedule& schedule, core::Time after, std::size_t count) {
    std::vector<core::Value> items;
    for (auto due = schedule.next_after(after); due && items.size() < count;
         due = schedule.next_after(*due))
        items.push_back(due_value(schedule, *due));
    return core::Value::array(std::move(items));
}

core::Value schedule_preview(const core::Value& wish, core::Time now) {
    core::ObjectBuilder data;
    std::size_t count = due_times_usual;
    core::Time from = now;
    core::Problems problems;
    for (const core::Member& member : wish.as_object()) {
        if (member.key == "count") {
            count = static_cast<std::size_t>(member.value.as_integer());
        } else if (member.key == "from") {
            const auto time = core::Time::parse(member.value.as_string());
            if (time)
                from = *time;
            else
                problems.push_back({.path = "/from", .message = "from is no RFC 3339 time"});
        } else {
            data.set(member.key, member.value);
        }
    }
    const core::Value given = std::move(data).build();
    const auto schedule = nodes::Schedule::read(given, format::expression_host(), "", problems);
    std::vector<core::Value> errors;
    for (const core::Problem& problem : problems)
        errors.push_back(problem_value(problem));
    const bool is_valid = schedule && errors.empty();
    return core::Value::object(
        {{"valid", is_valid},
         {"errors", core::Value::array(std::move(errors))},
         {"items", is_valid ? due_values(*schedule, from - core::Duration{1}, count)
                            : core::Value::array({})}});
}

std::expected<Scheduler::View, Problem> find_schedule(const Scheduler& scheduler,
                                                      const Request& request) {
    const ScheduleKey key{request.parameter("id"), request.parameter("node")};
    if (auto view = scheduler.find(key)) return *std::move(view);
    return std::unexpected(
        problem("not_found", "the active version of workflow " + key.workflow_id +
                                 " has no trigger.schedule " + key.node_id +
                                 "; GET /api/v1/schedules lists those that there are"));
}

Route schedule_route(Method method, std::string_view rest, std::string id, std::string summary) {
    Route route;
    route.method = method;
    route.pattern = "/api/v1/workflows/{id}/schedules/{node}" + std::string{rest};
    route.id = std::move(id);
    route.tag = schedules_tag;
    route.summary = std::move(summary);
    route.parameters = {path_parameter("id", "The workflow."),
                        path_parameter("node", "Its trigger.schedule.")};
    route.problems = {"not_found"};
    return route;
}

}  // namespace millrace::server
