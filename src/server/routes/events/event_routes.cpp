// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "events/event_hub.hpp"
#include "millrace/core/percent.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/store.hpp"
#include "routes/events/event_intake.hpp"
#include "routes/events/event_wish.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view event_schema = R"({
    "description": "Something that happened to an execution.",
    "type": "object",
    "required": ["v", "seq", "cursor", "time", "execution_id", "workflow_id", "workflow_version",
                 "type"],
    "properties": {
        "v": {"description": "Of this form.", "const": 1},
        "seq": {"description": "Counts the events of the execution.", "type": "integer",
                "minimum": 1},
        "cursor": {"description": "The place behind this event in the list or stream that told it.",
                   "type": "string"},
        "time": {"$ref": "#/components/schemas/Time"},
        "execution_id": {"type": "string", "format": "uuid"},
        "workflow_id": {"type": "string"},
        "workflow_version": {"type": "integer", "minimum": 0},
        "type": {"type": "string", "examples": ["execution.completed", "node.started"]},
        "node_id": {"type": "string"},
        "path": {"description": "`charge`, or `loop[3].charge` within a container.",
                 "type": "string"},
        "attempt": {"type": "integer", "minimum": 1},
        "data": {"description": "Depends on the type."}
    }
})";

constexpr std::string_view cloud_event_schema = R"({
    "description": "An event in the envelope of CloudEvents 1.0.",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "source": {"description": "The workflow.", "type": "string", "format": "uri-reference"},
        "type": {"type": "string", "examples": ["millrace.execution.completed"]},
        "subject": {"description": "The execution, or a run in it.", "type": "string"},
        "time": {"$ref": "#/components/schemas/Time"},
        "datacontenttype": {"const": "application/json"},
        "data": {"$ref": "#/components/schemas/Event"}
    }
})";

constexpr std::string_view stream_text =
    "With `Accept: text/event-stream` events follow live: `id` is the cursor, `data` the event, "
    "and "
    "a comment comes when nothing else does. A browser that connects again with `Last-Event-ID` "
    "misses nothing. Who reads too slowly is told `{\"type\": \"lagged\", \"cursor\": …}` and then "
    "gets all the same; a stream that cannot go on says `{\"type\": \"error\", \"code\": …, "
    "\"detail\": …, \"cursor\": …}` and ends.";

constexpr std::string_view frames_text =
    "One event a message, as in the stream of the same events. Connecting again with `after` set "
    "to the last `cursor` misses nothing. Messages of the client mean nothing.";

/// A stream that has nothing more to say.
class EndedSource final : public MessageSource {
public:
    Batch take(std::size_t, std::function<void()>) override { return {{}, true}; }
};

Problem event_problem(const core::Error& error) {
    if (error.is(HubErrc::cursor_expired)) return problem("cursor_expired", error.message());
    return problem_of(error);
}

Response stream_response(std::shared_ptr<MessageSource> stream, bool is_websocket) {
    Response response;
    response.status = is_websocket ? 101 : 200;
    // Also for HEAD, whose answer loses its stream.
    if (!is_websocket) response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Vary", "Accept");
    response.stream = std::move(stream);
    return response;
}

/// `<?after=CURSOR>; rel="next"`: where a list without room for a cursor goes on, with the same
/// filter.
std::string next_link(const Request& request, const std::string& cursor) {
    std::string link = "<?after=" + core::percent_encoded(cursor);
    for (const auto& [name, value] : request.query)
        if (name != "after")
            link += "&" + core::percent_encoded(name) + "=" + core::percent_encoded(value);
    return link + ">; rel=\"next\"";
}

Response list_response_of(const EventPage& page, const EventWish& wish, const Request& request) {
    Response response;
    response.headers.set("Vary", "Accept");
    const bool is_cloud = wish.form.is_cloud;
    response.body = is_cloud ? "[" : R"({"items":[)";
    bool is_first = true;
    for (const EventPage::Item& item : page.items) {
        if (!std::exchange(is_first, false)) response.body += ",";
        response.body += is_cloud ? item.event->cloud_text(item.cursor, wish.form.origin)
                                  : item.event->text(item.cursor);
    }
    response.body += "]";
    if (is_cloud) {
        response.headers.set("Content-Type", "application/cloudevents-batch+json");
        if (!page.next_cursor.empty())
            response.headers.set("Link", next_link(request, page.next_cursor));
        return response;
    }
    // A cursor is digits, letters and marks that JSON takes as they are.
    response.body += R"(,"next_cursor":)";
    response.body += page.next_cursor.empty() ? "null" : "\"" + page.next_cursor + "\"";
    response.body += "}";
    return response;
}

/// The answer to a list that was read, or why it could not be.
Answer answer_of(const core::Result<EventPage>& page, const EventWish& wish,
                 const Request& request) {
    if (!page) return std::unexpected(event_problem(page.error()));
    return list_response_of(*page, wish, request);
}

Answer execution_events(Services& services, const Request& request, bool is_websocket) {
    const auto id = core::ExecutionId::parse(request.parameter("id"));
    if (!id) {
        return std::unexpected(problem(
            "not_found",
            "there is no execution " + request.parameter("id") + "; ids are UUIDs as text"));
    }
    auto wish = is_websocket ? frames_wish(request, services.options.public_url)
                             : event_wish(request, services.options.public_url);
    if (!wish) return std::unexpected(std::move(wish.error()));
    const auto after = place_in(*wish, *id);
    if (!after) return std::unexpected(after.error());
    if (!wish->is_stream) {
        return answer_of(services.events.list_execution(*id, *after, wish->filter, wish->limit),
                         *wish, request);
    }
    auto source = services.events.follow_execution(*id, *after, std::move(wish->filter),
                                                   std::move(wish->form));
    if (!source) return std::unexpected(event_problem(source.error()));
    if (*source != nullptr) return stream_response(std::move(*source), is_websocket);
    if (is_websocket) return stream_response(std::make_shared<EndedSource>(), true);
    // The only answer that keeps an EventSource from connecting again.
    return empty_response();
}

/// Whether there is or was such a workflow: the events of one that was deleted stay.
std::optional<Problem> check_workflow(Services& services, const std::string& id) {
    store::Library& library = services.runtime.store().library();
    const auto found = library.find(id);
    if (found) return std::nullopt;
    if (!found.error().is(store::StoreErrc::not_found)) return problem_of(found.error());
    const auto versions = library.versions(id, 1, 0);
    if (!versions) return problem_of(versions.error());
    if (versions->empty()) return problem("not_found", "there is no workflow '" + id + "'");
    return std::nullopt;
}

/// Without an id: of all workflows.
Answer feed_events(Services& services, const Request& request,
                   const std::optional<std::string>& workflow_id, bool is_websocket) {
    auto wish = is_websocket ? frames_wish(request, services.options.public_url)
                             : event_wish(request, services.options.public_url);
    if (!wish) return std::unexpected(std::move(wish.error()));
    const auto after = place_in_feed(*wish);
    if (!after) return std::unexpected(after.error());
    if (workflow_id) {
        if (auto missing = check_workflow(services, *workflow_id))
            return std::unexpected(std::move(*missing));
    }
    if (!wish->is_stream) {
        return answer_of(
            services.events.list_workflow(workflow_id, *after, wish->filter, wish->limit), *wish,
            request);
    }
    auto source = services.events.follow_workflow(workflow_id, *after, std::move(wish->filter),
                                                  std::move(wish->form));
    if (!source) return std::unexpected(event_problem(source.error()));
    return stream_response(std::move(*source), is_websocket);
}

std::vector<Parameter> stream_parameters() {
    return {text_parameter("after", "A cursor: only what follows it."),
            text_parameter("types",
                           "Only these, separated by commas: types such as "
                           "`execution.failed`, or beginnings such as `node.*`."),
            text_parameter("node_id", "Only what happens to these nodes, separated by commas."),
            choice_parameter("format", "`cloudevents`: in the envelope of CloudEvents.",
                             {"millrace", "cloudevents"})};
}

/// A list that is also an event stream.
Route list_route(std::string pattern, std::string id, std::string summary,
                 std::string description) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = "Events";
    route.summary = std::move(summary);
    route.description = std::move(description) + " " + std::string{stream_text};
    route.parameters = stream_parameters();
    route.parameters.push_back(page_parameters().front());
    route.parameters.push_back(
        header_parameter("Last-Event-ID", "Of a stream: goes before `after`."));
    core::Value batch =
        core::Value::object({{"type", "array"}, {"items", schema_ref("CloudEvent")}});
    route.answers = {{200, "Events, the oldest first.", list_schema("Event")},
                     {200, "The same as CloudEvents; Link says where they go on.", std::move(batch),
                      "application/cloudevents-batch+json"},
                     {200, "Events as they happen.", {}, "text/event-stream"}};
    route.problems = {"not_acceptable", "cursor_expired"};
    return route;
}

Route frames_route(std::string pattern, std::string id, std::string summary) {
    Route route;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = "Events";
    route.summary = std::move(summary);
    route.description = frames_text;
    route.parameters = stream_parameters();
    route.answers = {{101, "Events as they happen.", {}, "application/json"}};
    route.problems = {"cursor_expired"};
    route.is_websocket = true;
    return route;
}

void add(RouteTable& table, Route route, const char* subject, Handler handler) {
    if (subject != nullptr) {
        route.parameters.insert(route.parameters.begin(), path_parameter("id", subject));
        route.problems.emplace_back("not_found");
    }
    route.handler = std::move(handler);
    table.routes.push_back(std::move(route));
}

void add_list_routes(RouteTable& table, Services& services) {
    Route execution = list_route(
        "/api/v1/executions/{id}/events", "listExecutionEvents", "Events of an execution",
        "Its journal, from the first event. A stream ends behind the event "
        "that ends the execution.");
    execution.answers.push_back(
        {204,
         "It has ended and nothing follows the cursor; an event stream need not try again.",
         {},
         "application/json"});
    add(table, std::move(execution), "The execution.",
        [&services](const Request& request) { return execution_events(services, request, false); });
    const char* const kept =
        "In the order in which they became durable, of the newest ones that are kept. A stream "
        "without a cursor begins now.";
    add(table,
        list_route("/api/v1/workflows/{id}/events", "listWorkflowEvents",
                   "Events of a workflow's executions", kept),
        "The workflow.", [&services](const Request& request) {
            return feed_events(services, request, request.parameter("id"), false);
        });
    add(table, list_route("/api/v1/events", "listEvents", "Events of all executions", kept),
        nullptr, [&services](const Request& request) {
            return feed_events(services, request, std::nullopt, false);
        });
}

void add_frames_routes(RouteTable& table, Services& services) {
    add(table, frames_route("/api/v1/ws/executions/{id}", "followExecution", "Follow an execution"),
        "The execution.",
        [&services](const Request& request) { return execution_events(services, request, true); });
    add(table,
        frames_route("/api/v1/ws/workflows/{id}", "followWorkflow",
                     "Follow a workflow's executions"),
        "The workflow.", [&services](const Request& request) {
            return feed_events(services, request, request.parameter("id"), true);
        });
    add(table, frames_route("/api/v1/ws/events", "followEvents", "Follow all executions"), nullptr,
        [&services](const Request& request) {
            return feed_events(services, request, std::nullopt, true);
        });
}

}  // namespace

void add_event_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("Event", schema_of(event_schema));
    table.schemas.emplace_back("CloudEvent", schema_of(cloud_event_schema));
    add_list_routes(table, services);
    add_frames_routes(table, services);
    add_event_intake(table, services);
}

}  // namespace millrace::server
