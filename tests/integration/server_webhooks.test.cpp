// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/runtime/webhook_signature.hpp"
#include "server_process.hpp"

// Webhooks over real connections: what starts once, whatever is repeated or restarted, and what is
// refused when there is too much of it.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view answering = R"(
millrace: 1
id: answering
nodes:
  - { id: hook, type: trigger.webhook, data: { path: "orders/{id}", respond: respond_node } }
  - { id: set, type: data.set, data: { keep: none, fields: { id: "{{ input.params.id }}", n: "{{ inputs.n * 2 }}" } } }
  - { id: answer, type: flow.respond, data: { status: 201, headers: { X-Shop: berlin }, body: "{{ input }}" } }
connections:
  - hook -> set -> answer
)";

constexpr std::string_view signed_once = R"(
millrace: 1
id: signed
nodes:
  - id: hook
    type: trigger.webhook
    data: { path: signed, signature: { scheme: standard, secret: hook }, dedupe_key: inputs.id }
)";

constexpr std::string_view stopped = R"(
millrace: 1
id: stopped
settings: { max_concurrent_executions: 1 }
nodes:
  - { id: hook, type: trigger.webhook, data: { path: stopped } }
  - { id: wait, type: flow.delay, data: { for: 10h } }
connections:
  - hook -> wait
)";

constexpr std::string_view slow = R"(
millrace: 1
id: slow
nodes:
  - { id: hook, type: trigger.webhook, data: { path: slow, respond: outputs, respond_timeout: 100ms } }
  - { id: wait, type: flow.delay, data: { for: 10h } }
connections:
  - hook -> wait
)";

constexpr std::string_view keyed = R"(
millrace: 1
id: keyed
nodes:
  - { id: hook, type: trigger.webhook, data: { path: keyed, dedupe_key: inputs.id } }
)";

class ServerWebhooks : public ServerTest {
protected:
    void activate(std::string_view document, const std::string& id) {
        server().create_workflow(document);
        const HttpAnswer answer =
            server().post("/api/v1/workflows/" + id + "/activate", Value::object({}));
        ASSERT_EQ(answer.status, 200) << answer.body;
    }
    static HttpRequest call(const std::string& path, std::string body, HeaderList headers = {}) {
        headers.emplace_back("Content-Type", "application/json");
        return {"POST", "/webhooks/" + path, std::move(headers), std::move(body)};
    }
    std::size_t executions_of(const std::string& workflow) {
        HttpConnection connection{server().port()};
        std::size_t count = 0;
        std::string cursor;
        do {
            const HttpAnswer answer = connection.exchange(
                {"GET", "/api/v1/executions?limit=200&workflow_id=" + workflow + cursor, {}, {}});
            const Value page = json(answer.body);
            count += page.find("items")->size();
            const Value* const next = page.find("next_cursor");
            cursor = next->is_null() ? "" : "&cursor=" + std::string{next->as_string()};
        } while (!cursor.empty());
        return count;
    }
};

TEST_F(ServerWebhooks, AnswerWhatTheWorkflowSays) {
    serve();
    activate(answering, "answering");
    const HttpAnswer answer = server().request(call("orders/a%20b", R"({"n": 7})"));
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, R"({"id":"a b","n":14})");
    EXPECT_EQ(answer.header("x-shop"), "berlin");
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.header("content-security-policy"), "sandbox");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_FALSE(answer.has_header("set-cookie"));
    const Value execution =
        server().get_json("/api/v1/executions/" + answer.header("millrace-execution-id"));
    EXPECT_EQ(*execution.find("inputs"), json(R"({"n": 7})"));
    EXPECT_EQ(server().request(call("orders/7", "{")).status, 400);
    EXPECT_EQ(server().get("/webhooks/orders/7").status, 405);
    EXPECT_EQ(server().request(call("none", "{}")).status, 404);
    const HttpAnswer foreign =
        server().request(call("orders/7", R"({"n": 1})", {{"Origin", "https://shop.example"}}));
    EXPECT_EQ(foreign.status, 201) << "other people's pages may call";
}

TEST_F(ServerWebhooks, LetNoCallerWaitForEver) {
    serve();
    activate(slow, "slow");
    const HttpAnswer late = server().request(call("slow?token=the-workflows-own", "{}"));
    EXPECT_EQ(late.status, 504) << late.body;
    const Value execution =
        server().get_json("/api/v1/executions/" + late.header("millrace-execution-id"));
    EXPECT_EQ(*execution.find("status"), Value{"waiting"}) << "it goes on";
}

TEST_F(ServerWebhooks, AreListedTriedOutAndCounted) {
    serve();
    activate(answering, "answering");
    server().request(call("orders/7", R"({"n": 7})"));
    const Value list = server().get_json("/api/v1/webhooks");
    const Value& hook = list.find("items")->as_array().front();
    EXPECT_EQ(*hook.find("url"), Value{server().url() + "/webhooks/orders/{id}"});
    EXPECT_EQ(*hook.find("statistics")->find("calls"), Value{1});
    server().get_json("/api/v1/workflows/answering/webhooks");
    const Value simulated =
        server().post_json("/api/v1/workflows/answering/webhooks/hook/simulate",
                           json(R"({"body": {"n": 7}, "params": {"id": "7"}})"));
    EXPECT_EQ(*simulated.find("valid"), Value{true});

    const Value opened =
        server().post_json("/api/v1/workflows/answering/listen", Value::object({}), 201);
    const std::string token{opened.find("token")->as_string()};
    const std::string state = "/api/v1/workflows/answering/listen/" + token;
    server().request(call("~test/" + token, R"({"n": 7})"));
    EXPECT_EQ(*server().get_json(state + "?wait=10s").find("state"), Value{"called"});
    EXPECT_EQ(server().del(state).status, 204);

    // What was counted is written down when the server ends.
    EXPECT_EQ(server().terminate().status, 0);
    server().restart();
    const Value again = server().get_json("/api/v1/webhooks");
    EXPECT_EQ(*again.find("items")->as_array().front().find("statistics")->find("calls"), Value{1});
}

TEST_F(ServerWebhooks, StartOnceWhateverIsRepeatedAndRestarted) {
    serve();
    ASSERT_EQ(
        server().put("/api/v1/secrets/hook", json(R"({"value": "whsec_c2VjcmV0"})")).status / 100,
        2);
    activate(signed_once, "signed");
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    runtime::SignatureRule rule;
    rule.scheme = runtime::SignatureScheme::standard;
    const auto message = [&](const std::string& body, const std::string& id) {
        return call(
            "signed", body,
            runtime::sign_message(rule, "whsec_c2VjcmV0", body, id, core::Time{now.count()}));
    };
    EXPECT_EQ(server().request(call("signed", R"({"id": 7})")).status, 401);
    const HttpAnswer first = server().request(message(R"({"id": 7})", "m1"));
    ASSERT_EQ(first.status, 202) << first.body;
    const HttpAnswer keyless = server().request(message("{}", "m2"));
    ASSERT_EQ(keyless.status, 202) << keyless.body;
    EXPECT_EQ(server().request(message("{}", "m2")).status, 409);
    server().kill_now();
    server().restart();
    const HttpAnswer repeated = server().request(message(R"({"id": 7})", "m3"));
    EXPECT_EQ(repeated.header("millrace-execution-id"), first.header("millrace-execution-id"));
    EXPECT_EQ(repeated.header("idempotency-replayed"), "true");
    const HttpAnswer replayed = server().request(message("{}", "m2"));
    EXPECT_EQ(replayed.status, 409);
    EXPECT_THAT(replayed.body, HasSubstr("webhook_replayed"));
    EXPECT_EQ(executions_of("signed"), 2U);
}

TEST_F(ServerWebhooks, KnowAKeyLongerThanItsExecution) {
    serve({}, {{"MILLRACE_RETENTION_COUNT", "1"},
               {"MILLRACE_RETENTION_INTERVAL", "1s"},
               {"MILLRACE_RETENTION_IDEMPOTENCY", "1s"}});
    activate(keyed, "keyed");
    const HttpAnswer first = server().request(call("keyed", R"({"id": 1})"));
    ASSERT_EQ(first.status, 202) << first.body;
    const HttpAnswer second = server().request(call("keyed", R"({"id": 2})"));
    const std::string removed = first.header("millrace-execution-id");
    ASSERT_TRUE(is_gone(removed));
    server().kill_now();
    server().restart();
    const HttpAnswer repeated = server().request(call("keyed", R"({"id": 1})"));
    EXPECT_EQ(repeated.status, 202);
    EXPECT_EQ(repeated.body, first.body);
    EXPECT_EQ(repeated.header("idempotency-replayed"), "true");
    EXPECT_TRUE(is_gone(removed)) << "it is not done again";
    EXPECT_EQ(server().request(call("keyed", R"({"id": 2})")).body, second.body);
}

TEST_F(ServerWebhooks, HoldBackCallersOfAWorkflowThatStandsStill) {
    constexpr int rounds = 20;
    constexpr int batch = 64;  // as many as a connection may have under way
    serve();
    activate(stopped, "stopped");
    std::vector<std::unique_ptr<HttpConnection>> connections;
    for (int i = 0; i < 8; ++i)
        connections.push_back(std::make_unique<HttpConnection>(server().port()));
    std::string requests;
    for (int i = 0; i < batch; ++i)
        requests += HttpConnection::wire_text(call("stopped", "{}"), connections.front()->host());
    std::size_t accepted = 0;
    std::size_t held_back = 0;
    for (int i = 0; i < rounds; ++i) {
        for (const auto& connection : connections)
            ASSERT_TRUE(connection->send(requests));
        for (const auto& connection : connections) {
            for (int k = 0; k < batch; ++k) {
                const HttpAnswer answer = connection->read_answer();
                accepted += answer.status == 202 ? 1U : 0U;
                if (answer.status != 429) continue;
                ++held_back;
                EXPECT_NE(answer.header("retry-after"), "");
            }
        }
    }
    EXPECT_EQ(accepted + held_back, connections.size() * rounds * batch);
    // One runs, ten thousand wait.
    EXPECT_EQ(accepted, 10'001U);
    EXPECT_EQ(executions_of("stopped"), accepted);
}

}  // namespace
}  // namespace millrace::testing
