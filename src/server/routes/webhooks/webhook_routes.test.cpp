// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "millrace/core/json.hpp"
#include "millrace/runtime/webhook_signature.hpp"
#include "millrace/store/library.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"
#include "webhooks/webhook_answer.hpp"
#include "webhooks/webhooks.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class WebhookRoutes : public testing::RouteFixture {
protected:
    WebhookRoutes()
        : RouteFixture{
              {add_workflow_routes, add_execution_routes, add_webhook_routes, add_secret_routes}} {}

    /// Makes a workflow of `hook` with this data and the rest of its nodes the active one.
    Response activate(const std::string& id, const std::string& data, const std::string& more = "",
                      const std::string& connections = "") {
        const std::string document = R"({"millrace": 1, "id": ")" + id +
                                     R"(", "nodes": [{"id": "hook", "type": "trigger.webhook",
                                     "data": )" +
                                     data + "}" + more + R"(], "connections": [)" + connections +
                                     "]}";
        EXPECT_GT(save(document), 0U);
        return post("/api/v1/workflows/" + id + "/activate", "{}");
    }
    void must_activate(const std::string& id, const std::string& data, const std::string& more = "",
                       const std::string& connections = "") {
        const Response response = activate(id, data, more, connections);
        ASSERT_EQ(response.status, 200) << response.body;
    }
    Response call(const std::string& path, std::string body = R"({"n": 7})", Headers headers = {}) {
        headers.emplace_back("Content-Type", "application/json");
        return send(Method::post, "/webhooks/" + path, std::move(body), headers);
    }
    static std::string execution_of(const Response& response) {
        const std::string* const id = response.headers.find("Millrace-Execution-Id");
        return id == nullptr ? "" : *id;
    }
    Value trigger_of(const Response& response) {
        return *ended(execution_of(response)).find("trigger")->find("data");
    }
    void put_secret(const std::string& name, const std::string& value) {
        EXPECT_EQ(send(Method::put, "/api/v1/secrets/" + name, R"({"value": ")" + value + R"("})")
                          .status /
                      100,
                  2);
    }
    std::string signature(const std::string& secret, const std::string& body) {
        runtime::SignatureRule rule;
        rule.scheme = runtime::SignatureScheme::github;
        return runtime::sign_message(rule, secret, body, "", {}).front().second;
    }

    static constexpr std::string_view echo =
        R"(, {"id": "echo", "type": "data.set", "data": {"keep": "none", "fields": {"n": "{{ inputs.n }}"}}})";
};

TEST_F(WebhookRoutes, AnswerOnceTheCallIsDurable) {
    must_activate("orders", R"({"path": "orders/{id}"})");
    const Response response =
        send(Method::post, "/webhooks/orders/a%20b?x=1&x=2&y=3", "a=1&a=2&b=3",
             {{"Content-Type", "application/x-www-form-urlencoded"},
              {"X-Shop", "s"},
              {"Authorization", "Bearer secret"},
              {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
    ASSERT_EQ(response.status, 202) << response.body;
    EXPECT_EQ(*response.headers.find("Content-Security-Policy"), "sandbox");
    EXPECT_EQ(*response.headers.find("X-Content-Type-Options"), "nosniff");
    const Value trigger = trigger_of(response);
    EXPECT_EQ(core::to_json(*trigger.find("body")), R"({"a":["1","2"],"b":"3"})");
    EXPECT_EQ(core::to_json(*trigger.find("params")), R"({"id":"a b"})");
    EXPECT_EQ(core::to_json(*trigger.find("query")), R"({"x":["1","2"],"y":"3"})");
    EXPECT_EQ(*trigger.find("headers")->find("x-shop"), Value{"s"});
    EXPECT_EQ(trigger.find("headers")->find("authorization"), nullptr) << "a secret is not stored";
    EXPECT_EQ(*trigger.find("method"), Value{"POST"});
    EXPECT_EQ(*ended(execution_of(response)).find("trace_id"),
              Value{"0af7651916cd43dd8448eb211c80319c"});
}

TEST_F(WebhookRoutes, ReadBodiesByTheirType) {
    must_activate("orders", R"({"path": "orders"})");
    const auto body = [&](const std::string& type, const std::string& text) {
        const Response response =
            send(Method::post, "/webhooks/orders", text, {{"Content-Type", type}});
        return response.status == 202 ? core::to_json(*trigger_of(response).find("body"))
                                      : response.body;
    };
    EXPECT_EQ(body("application/vnd.shop+json", R"({"a":1})"), R"({"a":1})");
    EXPECT_EQ(body("text/plain", "hello"), R"("hello")");
    EXPECT_EQ(body("image/png", "\x89P"), R"({"$bytes":"iVA="})");
    EXPECT_EQ(body("application/json", ""), "null");
    EXPECT_THAT(body("application/json", "{"), HasSubstr("malformed_json"));
}

TEST_F(WebhookRoutes, FindNothingWhereNothingIsActive) {
    must_activate("orders", R"({"path": "orders", "method": ["POST", "PUT"]})");
    EXPECT_EQ(problem_of(get("/webhooks/other"), 404), "not_found");
    const Response wrong = get("/webhooks/orders");
    EXPECT_EQ(problem_of(wrong, 405), "method_not_allowed");
    EXPECT_EQ(*wrong.headers.find("Allow"), "OPTIONS, POST, PUT");
    EXPECT_EQ(send(Method::options, "/webhooks/orders").status, 204);
    EXPECT_EQ(send(Method::head, "/webhooks/orders").status, 204);
    EXPECT_EQ(problem_of(call("~acme/orders"), 404), "not_found");
    EXPECT_EQ(call("~default/orders").status, 202);
    EXPECT_EQ(post("/api/v1/workflows/orders/deactivate").status, 200);
    EXPECT_EQ(problem_of(call("orders"), 404), "not_found");
}

TEST_F(WebhookRoutes, AnswerWithTheOutputs) {
    must_activate("echo", R"({"path": "echo", "respond": "outputs"})", std::string{echo},
                  R"("hook -> echo")");
    const Response response = call("echo");
    EXPECT_EQ(core::to_json(body_of(response)), R"({"echo":{"n":7}})");
    EXPECT_NE(execution_of(response), "");
}

TEST_F(WebhookRoutes, AnswerWhatARespondNodeSays) {
    must_activate("answer", R"({"path": "answer", "respond": "respond_node"})",
                  R"j(, {"id": "big", "type": "flow.if", "data": {"condition": "inputs.n > 5"}},
                  {"id": "answer", "type": "flow.respond", "data": {"status": 201,
                   "headers": {"X-Order": "{{ inputs.n }}", "content-type": "text/html",
                               "content-security-policy": "none"},
                   "body": "<p>{{ inputs.n }}</p>"}})j",
                  R"("hook -> big", "big.true -> answer")");
    const Response response = call("answer");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "<p>7</p>");
    EXPECT_EQ(*response.headers.find("X-Order"), "7");
    EXPECT_EQ(*response.headers.find("Content-Type"), "text/html");
    EXPECT_EQ(*response.headers.find("Content-Security-Policy"), "sandbox");
    EXPECT_EQ(call("answer", R"({"n": 1})").status, 204) << "none was reached";
}

TEST(WebhookAnswers, SayNothingOfTheWholeServer) {
    const Response response = webhook_response({}, core::parse_json(R"({"status": 200, "headers": {
        "clear-site-data": "*", "strict-transport-security": "max-age=1", "set-cookie": "a=b",
        "service-worker-allowed": "/", "alt-svc": "clear", "content-encoding": "gzip",
        "x-order": "7"}})")
                                                       .value());
    std::vector<std::string> names;
    for (const auto& [name, value] : response.headers.all())
        names.push_back(name);
    EXPECT_THAT(names, UnorderedElementsAre("x-order", "Content-Security-Policy", "Cache-Control",
                                            "X-Content-Type-Options", "Millrace-Execution-Id"));
}

TEST_F(WebhookRoutes, TellNothingOfWhatFailedInside) {
    must_activate("bad", R"({"path": "bad", "respond": "outputs"})",
                  R"(, {"id": "fail", "type": "flow.fail", "data": {"code": "out_of_stock",
                   "message": "the database of Bob"}})",
                  R"("hook -> fail")");
    const Response response = call("bad");
    EXPECT_EQ(problem_of(response, 500), "execution_failed");
    EXPECT_THAT(response.body, HasSubstr(execution_of(response)));
    EXPECT_THAT(response.body, HasSubstr("out_of_stock"));
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("Bob")));
}

TEST_F(WebhookRoutes, RefuseWhatDoesNotFitTheSchema) {
    must_activate("strict", R"({"path": "strict", "schema": {"type": "object",
        "properties": {"n": {"type": "integer"}}}})");
    const Response response = call("strict", R"({"n": "x"})");
    EXPECT_EQ(problem_of(response, 422), "invalid");
    EXPECT_THAT(response.body, HasSubstr(R"("path":"/n")"));
    EXPECT_EQ(call("strict").status, 202);
}

TEST_F(WebhookRoutes, LetInOnlyWhoShowsTheCredential) {
    ASSERT_EQ(send(Method::put, "/api/v1/credentials/shop",
                   R"({"type": "http.basic", "fields": {"username": "u", "password": "p"}})")
                      .status /
                  100,
              2);
    must_activate("shop", R"({"path": "shop", "auth": {"type": "basic", "credential": "shop"}})");
    const Response response = call("shop");
    EXPECT_EQ(problem_of(response, 401), "webhook_refused");
    EXPECT_THAT(*response.headers.find("WWW-Authenticate"), HasSubstr("Basic"));
    const auto basic = [&](const std::string& text) {
        return call("shop", "{}", {{"Authorization", "Basic " + core::base64(text)}}).status;
    };
    EXPECT_EQ(basic("u:wrong"), 401);
    EXPECT_EQ(basic("u:p"), 202);
    EXPECT_EQ(send(Method::del, "/api/v1/credentials/shop").status, 204);
    EXPECT_EQ(basic("u:p"), 500) << "nobody is let in where nobody can be known";
    EXPECT_TRUE(call("shop").is_explained);
    EXPECT_THAT(logged_errors(), SizeIs(1)) << "strangers do not fill the log";
    ahead = core::Duration{61'000};
    call("shop");
    EXPECT_THAT(logged_errors(), SizeIs(2));
}

TEST_F(WebhookRoutes, TakeEachSignatureOnce) {
    put_secret("hub", "s3cret");
    must_activate("hub",
                  R"({"path": "hub", "provider": "github", "signature": {"secret": "hub"}})");
    const std::string body = R"({"n":7})";
    const Headers signed_by{{"X-Hub-Signature-256", signature("s3cret", body)}};
    EXPECT_EQ(problem_of(call("hub", body), 401), "webhook_refused");
    EXPECT_EQ(problem_of(call("hub", R"({"n":8})", signed_by), 401), "webhook_refused");
    const Response first = call("hub", body, signed_by);
    ASSERT_EQ(first.status, 202) << first.body;
    EXPECT_EQ(trigger_of(first).find("headers")->find("x-hub-signature-256"), nullptr);
    EXPECT_EQ(problem_of(call("hub", body, signed_by), 409), "webhook_replayed");
    ahead = core::Duration{3'600'000};
    EXPECT_EQ(call("hub", body, signed_by).status, 202) << "without a time it is new again later";
}

TEST_F(WebhookRoutes, StartOneExecutionForEachKey) {
    must_activate("once", R"({"path": "once", "respond": "outputs", "dedupe_key": "inputs.n"})",
                  std::string{echo}, R"("hook -> echo")");
    const Response first = call("once");
    const Response second = call("once");
    EXPECT_EQ(execution_of(first), execution_of(second));
    EXPECT_EQ(first.body, second.body);
    EXPECT_NE(execution_of(call("once", R"({"n": 8})")), execution_of(first));
    EXPECT_NE(execution_of(call("once", R"({})")), execution_of(call("once", R"({})")))
        << "no key names no call";
    EXPECT_NE(execution_of(call("once", R"({"n": "7"})")), execution_of(first))
        << "a text is no number";
    ahead = core::Duration{25LL * 3'600'000};
    EXPECT_NE(execution_of(call("once")), execution_of(first));
}

TEST_F(WebhookRoutes, StartNothingAgainThatWasRemoved) {
    must_activate("once", R"({"path": "once", "dedupe_key": "inputs.n"})");
    must_activate("told", R"({"path": "told", "respond": "outputs", "dedupe_key": "inputs.n"})");
    for (const char* const path : {"once", "told"}) {
        const Response first = call(path);
        const std::string id = execution_of(first);
        ended(id);
        EXPECT_EQ(del("/api/v1/executions/" + id).status, 204);
        const Response second = call(path);
        EXPECT_EQ(second.status, 202) << second.body;
        EXPECT_EQ(execution_of(second), id);
        EXPECT_NE(second.headers.find("Idempotency-Replayed"), nullptr);
    }
    EXPECT_THAT(call("told").body, HasSubstr(R"("status":"removed")"));
    EXPECT_EQ(body_of(get("/api/v1/executions")).find("items")->size(), 0U);
}

TEST_F(WebhookRoutes, TakeASignatureThatHasStartedNothing) {
    put_secret("hub", "s3cret");
    save(R"({"millrace": 1, "id": "one", "settings": {"max_concurrent_executions":
        {"limit": 1, "when_exceeded": "reject"}}, "nodes": [{"id": "hook",
        "type": "trigger.webhook", "data": {"path": "one",
        "signature": {"scheme": "github", "secret": "hub"}}},
        {"id": "wait", "type": "test.effect", "data": {"function": "gated"}}],
        "connections": ["hook -> wait"]})");
    ASSERT_EQ(post("/api/v1/workflows/one/activate", "{}").status, 200);
    const auto signed_call = [&](const std::string& body) {
        return call("one", body, {{"X-Hub-Signature-256", signature("s3cret", body)}});
    };
    const Response first = signed_call("1");
    ASSERT_EQ(first.status, 202) << first.body;
    EXPECT_EQ(signed_call("2").status, 429);
    EXPECT_EQ(signed_call("2").status, 429) << "its sender may come again at once";
    gate->open();
    ended(execution_of(first));
    const Response second = signed_call("2");
    EXPECT_EQ(second.status, 202) << second.body;
    EXPECT_EQ(second.headers.find("Idempotency-Replayed"), nullptr);
    EXPECT_EQ(problem_of(signed_call("2"), 409), "webhook_replayed");
    EXPECT_EQ(problem_of(signed_call("1"), 409), "webhook_replayed");
}

TEST_F(WebhookRoutes, LetASenderRepeatWhatItHasGotNoGoodAnswerTo) {
    put_secret("hub", "s3cret");
    must_activate("hub", R"({"path": "hub", "respond": "respond_node",
                   "signature": {"scheme": "github", "secret": "hub"}})",
                  R"(, {"id": "answer", "type": "flow.respond",
                   "data": {"status": "{{ inputs.status }}"}})",
                  R"("hook -> answer")");
    const auto signed_call = [&](const std::string& body) {
        return call("hub", body, {{"X-Hub-Signature-256", signature("s3cret", body)}});
    };
    const Response sick = signed_call(R"({"status": 503})");
    EXPECT_EQ(sick.status, 503) << sick.body;
    for (int i = 0; i < 3; ++i) {
        const Response again = signed_call(R"({"status": 503})");
        EXPECT_EQ(again.status, 503);
        EXPECT_EQ(execution_of(again), execution_of(sick));
    }
    reads_answers = false;
    const Response lost = signed_call(R"({"status": 200})");
    reads_answers = true;
    const Response good = signed_call(R"({"status": 200})");
    EXPECT_EQ(good.status, 200);
    EXPECT_EQ(execution_of(good), execution_of(lost));
    EXPECT_NE(good.headers.find("Idempotency-Replayed"), nullptr);
    EXPECT_EQ(problem_of(signed_call(R"({"status": 200})"), 409), "webhook_replayed");
}

TEST_F(WebhookRoutes, RememberNoKeysOfCallsThatCannotStart) {
    save(R"({"millrace": 1, "id": "strict", "inputs": {"type": "object", "required": ["name"]},
        "nodes": [{"id": "hook", "type": "trigger.webhook",
        "data": {"path": "strict", "dedupe_key": "inputs.n"}}]})");
    ASSERT_EQ(post("/api/v1/workflows/strict/activate", "{}").status, 200);
    EXPECT_EQ(call("strict").status, 422);
    const Response first = call("strict", R"({"n": 7, "name": "Ada"})");
    ASSERT_EQ(first.status, 202) << first.body;
    EXPECT_EQ(execution_of(call("strict", R"({"n": 7})")), execution_of(first));
}

TEST_F(WebhookRoutes, SayAgainWhatAnExecutionHasAnswered) {
    must_activate("again",
                  R"({"path": "again", "respond": "respond_node", "dedupe_key": "inputs.n"})",
                  R"(, {"id": "answer", "type": "flow.respond",
                   "data": {"status": 201, "headers": {"X-N": "{{ inputs.n }}"}, "body": "made"}})",
                  R"("hook -> answer")");
    const Response first = call("again");
    const Response second = call("again");
    EXPECT_EQ(first.headers.find("Idempotency-Replayed"), nullptr);
    ASSERT_NE(second.headers.find("Idempotency-Replayed"), nullptr);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, "made");
    EXPECT_EQ(*second.headers.find("X-N"), "7");
    EXPECT_EQ(execution_of(second), execution_of(first));
}

TEST_F(WebhookRoutes, GiveAnAddressToOneWorkflow) {
    must_activate("orders", R"({"path": "orders/{id}", "method": ["GET", "POST"]})");
    const Response taken = activate("other", R"({"path": "orders/{number}", "method": "ANY"})");
    EXPECT_EQ(problem_of(taken, 409), "webhook_conflict");
    EXPECT_THAT(taken.body, HasSubstr("orders"));
    must_activate("free", R"({"path": "orders/{number}", "method": "PUT"})");
    must_activate("orders", R"({"path": "orders/{id}", "method": "GET"})");
}

TEST_F(WebhookRoutes, ListWhatCanBeCalledAndCountIt) {
    must_activate("orders", R"({"path": "orders/{id}"})");
    call("orders/1");
    call("orders/2", "{");
    const Value list = body_of(get("/api/v1/webhooks?workflow_id=orders"));
    const Value& hook = list.find("items")->as_array().front();
    EXPECT_THAT(std::string{hook.find("url")->as_string()}, HasSubstr("/webhooks/orders/{id}"));
    EXPECT_EQ(*hook.find("statistics")->find("calls"), Value{2});
    EXPECT_EQ(*hook.find("statistics")->find("success_rate"), Value{0.5});
    EXPECT_EQ(body_of(get("/api/v1/workflows/orders/webhooks")).find("items")->size(), 1U);
    EXPECT_EQ(body_of(get("/api/v1/webhooks?workflow_id=none")).find("items")->size(), 0U);
}

TEST_F(WebhookRoutes, SimulateACallAndStartNothing) {
    put_secret("hub", "s3cret");
    must_activate("hub", R"({"path": "hub", "signature": {"scheme": "github", "secret": "hub"},
        "dedupe_key": "inputs.n", "schema": {"type": "object"}})");
    const std::string target = "/api/v1/workflows/hub/webhooks/hook/simulate";
    const Value good = body_of(post(target, R"({"body": {"n": 7}, "sign": true})"));
    EXPECT_EQ(*good.find("valid"), Value{true}) << core::to_json(good);
    EXPECT_EQ(*good.find("dedupe_key"), Value{7});
    EXPECT_EQ(*good.find("checks")->find("signature"), Value{"ok"});
    EXPECT_EQ(core::to_json(*good.find("inputs")), R"({"n":7})");
    EXPECT_EQ(*good.find("response")->find("status"), Value{202});
    EXPECT_EQ(*good.find("sample")->find("headers")->find("X-Hub-Signature-256"), Value{"***"})
        << core::to_json(*good.find("sample"));
    const Value bad = body_of(post(target, R"({"body": [1]})"));
    EXPECT_EQ(*bad.find("valid"), Value{false});
    EXPECT_EQ(*bad.find("checks")->find("signature"), Value{"failed"});
    EXPECT_EQ(*bad.find("checks")->find("schema"), Value{"failed"});
    EXPECT_EQ(body_of(get("/api/v1/executions")).find("items")->size(), 0U);
}

TEST_F(WebhookRoutes, TryTheHeadOut) {
    EXPECT_EQ(send(Method::put, "/api/v1/workflows/draft", R"({"millrace": 1, "id": "draft",
        "nodes": [{"id": "hook", "type": "trigger.webhook", "data": {"path": "draft/{id}"}}],
        "connections": []})",
                   {{"If-None-Match", "*"}})
                  .status,
              201);
    const Value opened = body_of(post("/api/v1/workflows/draft/listen", "{}"), 201);
    const std::string token{opened.find("token")->as_string()};
    const std::string state = "/api/v1/workflows/draft/listen/" + token;
    EXPECT_EQ(*body_of(get(state)).find("state"), Value{"waiting"});
    EXPECT_EQ(problem_of(call("~test/" + token, "{"), 400), "malformed_json");
    EXPECT_EQ(*body_of(get(state)).find("refused")->find("code"), Value{"malformed_json"});
    const Response called = call("~test/" + token + "/draft/7");
    ASSERT_EQ(called.status, 202) << called.body;
    EXPECT_EQ(core::to_json(*trigger_of(called).find("params")), R"({"id":"7"})");
    EXPECT_EQ(*body_of(get(state + "?wait=5s")).find("execution_id"), Value{execution_of(called)});
    EXPECT_EQ(problem_of(call("~test/" + token), 404), "not_found");
    EXPECT_EQ(send(Method::del, state).status, 204);
}

}  // namespace
}  // namespace millrace::server
