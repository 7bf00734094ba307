// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "routes/executions/executions.hpp"
#include "routes/executions/wait_wish.hpp"
#include "routes/webhooks/webhook_routes.hpp"
#include "service/workflow_catalog.hpp"
#include "webhooks/webhooks.hpp"

// Test URLs: one call runs the version that is edited, and the editor hears which execution it was.

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view test_url_schema = R"({
  "type": "object",
  "required": ["token", "url", "workflow_id", "node_id", "state", "expires_at", "execution_id", "refused"],
  "properties": {
    "token": {"type": "string"},
    "url": {"type": "string", "description": "Where to call; a path for the webhook's parameters may follow."},
    "workflow_id": {"type": "string"},
    "node_id": {"type": "string"},
    "methods": {"type": "array", "items": {"type": "string"}},
    "state": {"enum": ["waiting", "calling", "called", "expired"], "description": "`called`: it has started an execution and takes no further call."},
    "expires_at": {"type": "string", "format": "date-time"},
    "execution_id": {"type": ["string", "null"]},
    "refused": {
      "type": ["object", "null"],
      "description": "The last call that has started nothing: a wrong signature, say.",
      "properties": {"status": {"type": "integer"}, "code": {"type": "string"}, "detail": {"type": "string"}}
    }
  }
})";

Value state_value(const std::string& url, const std::string& token, const TestUrlState& state) {
    Value refused;
    if (state.refused) {
        refused = Value::object({{"status", state.refused->status},
                                 {"code", state.refused->code},
                                 {"detail", state.refused->detail}});
    }
    return Value::object(
        {{"token", token},
         {"url", url},
         {"workflow_id", state.workflow_id},
         {"node_id", state.node_id},
         {"state", to_text(state.kind)},
         {"expires_at", state.expires_at.text()},
         {"execution_id", state.execution ? Value{state.execution->text()} : Value{}},
         {"refused", refused}});
}

std::string test_url(const Services& services, const std::string& token) {
    return webhook_url(services, "~test/" + token);
}

std::string listen_location(const std::string& workflow_id, const std::string& token) {
    return "/api/v1/workflows/" + workflow_id + "/listen/" + token;
}

Answer listen(Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    const Value* const node = request.json.find("node");
    auto found = find_webhook(services, id, node == nullptr ? "" : std::string{node->as_string()});
    if (!found) return std::unexpected(found.error());
    const std::uint32_t version = found->webhook->trigger()->version;
    auto plan = services.catalog.load(id, {VersionChoice::Kind::number, version});
    if (!plan) return std::unexpected(problem_of(plan.error()));
    const auto token =
        services.webhooks.tests()->add(found->webhook, *std::move(plan), request.received_at);
    if (!token) {
        Problem busy = problem("busy",
                               "there are as many test URLs as there may be; they end "
                               "after ten minutes");
        busy.headers.set("Retry-After", "60");
        return std::unexpected(std::move(busy));
    }
    const auto state = services.webhooks.tests()->state(*token, request.received_at);
    Response response = json_response(state_value(test_url(services, *token), *token, *state), 201);
    response.headers.set("Location", listen_location(id, *token));
    return response;
}

Answer look(TestUrls& tests, const std::string& url, const Request& request, core::Time now) {
    const std::string& token = request.parameter("token");
    const auto state = tests.state(token, now);
    if (!state || state->workflow_id != request.parameter("id"))
        return std::unexpected(problem("not_found", "there is no such test URL"));
    return json_response(state_value(url, token, *state));
}

void look_later(Services& services, const std::shared_ptr<const Request>& request, Reply reply) {
    const auto wish = read_wait_wish(*request, services.options.limits.wait_max);
    if (!wish) return reply_with(reply, *request, std::unexpected(wish.error()));
    const std::string& token = request->parameter("token");
    const std::shared_ptr<TestUrls>& tests = services.webhooks.tests();
    std::string url = test_url(services, token);
    if (const auto now = look(*tests, url, *request, request->received_at); !now)
        return reply_with(reply, *request, now);
    // A call may end when the server has gone; only the tests are still there then.
    tests->wait(token, wish->at_most,
                [tests, url = std::move(url), request, reply = std::move(reply), wish = *wish] {
                    // What has waited in vain is to see that its time is over, too.
                    auto answer = look(*tests, url, *request, request->received_at + wish.at_most);
                    if (answer && !wish.applied_prefer.empty())
                        answer->headers.add("Preference-Applied", wish.applied_prefer);
                    reply_with(reply, *request, std::move(answer));
                });
}

Answer stop(Services& services, const Request& request) {
    TestUrls& tests = *services.webhooks.tests();
    if (const auto there = look(tests, {}, request, request.received_at); !there)
        return std::unexpected(there.error());
    tests.remove(request.parameter("token"));
    return empty_response();
}

Route make_listen(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/listen";
    route.id = "listenForWebhook";
    route.tag = webhooks_tag;
    route.summary = "Open a test URL";
    route.description =
        "One call of it, within ten minutes, runs the head of the workflow, active or not. It is "
        "judged and answered like any other call, but not counted. The test URL is in memory: it "
        "ends with the server.";
    route.action = Action::run;
    route.parameters = {path_parameter("id", "The workflow.")};
    Body body;
    body.is_required = false;
    body.description = "Which webhook is meant, where there are several.";
    body.schema = schema_of(R"({
      "type": "object",
      "additionalProperties": false,
      "properties": {"node": {"type": "string", "description": "Id of the trigger."}}
    })");
    route.body = {std::move(body)};
    route.answers = {
        {201, "The test URL waits for its call; see Location.", schema_ref("TestUrl")}};
    route.problems = {"invalid", "not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return listen(services, request); }};
    return route;
}

Route make_look(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/listen/{token}";
    route.id = "getTestUrl";
    route.tag = webhooks_tag;
    route.summary = "See what became of a test URL";
    route.description =
        "With `wait` the answer comes when something has become of it: a call that "
        "has started an execution, or one that was refused.";
    route.action = Action::read;
    route.runs = Runs::here;
    route.parameters = {path_parameter("id", "The workflow."),
                        path_parameter("token", "Of the URL."),
                        duration_parameter("wait", "How long to wait for a call, such as `30s`."),
                        header_parameter("Prefer", "`wait=30`: the same in seconds.")};
    route.answers = {{200, "Its state.", schema_ref("TestUrl")}};
    route.problems = {"not_found"};
    route.handler =
        AsyncHandler{[&services](const std::shared_ptr<const Request>& request, Reply reply) {
            look_later(services, request, std::move(reply));
        }};
    return route;
}

Route make_stop(Services& services) {
    Route route;
    route.method = Method::del;
    route.pattern = "/api/v1/workflows/{id}/listen/{token}";
    route.id = "closeTestUrl";
    route.tag = webhooks_tag;
    route.summary = "Close a test URL";
    route.action = Action::run;
    route.parameters = {path_parameter("id", "The workflow."),
                        path_parameter("token", "Of the URL.")};
    route.answers = {{204, "It takes no call any more.", {}}};
    route.problems = {"not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return stop(services, request); }};
    return route;
}

}  // namespace

void add_webhook_listening(RouteTable& table, Services& services) {
    table.schemas.emplace_back("TestUrl", schema_of(test_url_schema));
    table.routes.push_back(make_listen(services));
    table.routes.push_back(make_look(services));
    table.routes.push_back(make_stop(services));
}

}  // namespace millrace::server
