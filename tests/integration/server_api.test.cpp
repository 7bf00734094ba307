// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server_process.hpp"

// What all routes share, over real connections: how requests are routed and refused, answers that
// are given again, and what the server says of itself. Its OpenAPI document judges every answer.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view hello = R"({"millrace": 1, "id": "hello", "nodes": [
    {"id": "start", "type": "trigger.manual"}]})";

constexpr std::string_view slow = R"({"millrace": 1, "id": "slow",
    "settings": {"max_concurrent_executions": {"limit": 1, "when_exceeded": "reject"}},
    "nodes": [{"id": "start", "type": "trigger.manual"},
              {"id": "wait", "type": "flow.delay", "data": {"for": "10h"}}],
    "connections": ["start -> wait"]})";

class ServerApi : public ServerTest {
protected:
    HttpAnswer send(std::string method, std::string target, std::string body = {},
                    HeaderList headers = {{"Content-Type", "application/json"}}) {
        return server().request(
            {std::move(method), std::move(target), std::move(headers), std::move(body)});
    }

    static std::string text_at(const HttpAnswer& answer, std::string_view key) {
        const auto body = core::parse_json(answer.body);
        const Value* const found = body ? body->find(key) : nullptr;
        return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
    }
};

TEST_F(ServerApi, SaysWhatItIsAndHowItIs) {
    serve();
    EXPECT_EQ(server().get_json("/api/v1/version").find("name")->as_string(), "millrace");
    EXPECT_EQ(server().get_json("/api/v1/openapi.json").find("openapi")->as_string(), "3.1.0");
    EXPECT_EQ(server().get_json("/health/live").find("status")->as_string(), "ok");
    EXPECT_EQ(server().get_json("/health/ready").find("status")->as_string(), "ready");
    const Value health = server().get_json("/health");
    EXPECT_EQ(health.find("status")->as_string(), "ok");
    for (const std::string_view component : {"store", "engine", "executor", "cache", "files"}) {
        const Value* const found = health.find("components")->find(component);
        ASSERT_NE(found, nullptr) << component;
        EXPECT_EQ(found->find("status")->as_string(), "ok") << component;
        EXPECT_TRUE(found->find("latency_ms")->is_number()) << component;
    }
}

TEST_F(ServerApi, SendsWhatDoesNotChangeOnce) {
    serve();
    for (const std::string target :
         {"/api/v1/openapi.json", "/api/v1/schemas/workflow", "/api/v1/schemas/test"}) {
        const HttpAnswer first = server().get(target);
        EXPECT_EQ(first.status, 200) << target;
        const HttpAnswer again = server().get(target, {{"If-None-Match", first.header("ETag")}});
        EXPECT_EQ(again.status, 304) << target;
        EXPECT_EQ(again.body, "") << target;
        EXPECT_EQ(server().get(target, {{"If-None-Match", "\"else\""}}).status, 200) << target;
    }
}

TEST_F(ServerApi, HasPagesForPeople) {
    serve();
    const HttpAnswer start = server().get("/");
    EXPECT_EQ(start.status, 200);
    EXPECT_THAT(start.header("Content-Type"), StartsWith("text/html"));
    EXPECT_THAT(start.body, HasSubstr("/api/v1/openapi.json"));
    EXPECT_THAT(start.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    const HttpAnswer page = server().get("/problems/stale", {{"Accept", "text/html"}});
    EXPECT_THAT(page.body, HasSubstr("<code>stale</code>"));
    EXPECT_EQ(server().get_json("/problems/stale").find("status")->as_integer(), 412);
    EXPECT_THAT(server().get("/problems").body, HasSubstr("\"next_cursor\":null"));
    EXPECT_THAT(text_at(server().get("/problems/stall"), "detail"), HasSubstr("mean stale?"));
}

TEST_F(ServerApi, RefusesWhatIsNotThereWithWhatIs) {
    serve();
    const HttpAnswer unknown = server().get("/api/v1/workflow");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.header("Content-Type"), "application/problem+json");
    EXPECT_THAT(text_at(unknown, "detail"), HasSubstr("did you mean /api/v1/workflows?"));
    EXPECT_EQ(text_at(unknown, "type"), "/problems/not_found");
    const HttpAnswer wrong = send("PATCH", "/api/v1/workflows");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, OPTIONS, POST");
    const HttpAnswer options = send("OPTIONS", "/api/v1/workflows", {}, {});
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS, POST");
    EXPECT_EQ(server().get("/api/v1/workflows?limit=0").status, 400);
    EXPECT_THAT(text_at(server().get("/api/v1/workflows?tagg=a"), "detail"),
                HasSubstr("did you mean tag?"));
}

TEST_F(ServerApi, TellsHeadWhatGetWouldSend) {
    serve();
    HttpConnection connection{server().port()};
    ASSERT_TRUE(connection.send(HttpRequest{"HEAD", "/api/v1/version", {}, {}}));
    const HttpAnswer head = connection.read_answer(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"),
              std::to_string(server().get("/api/v1/version").body.size()));
}

TEST_F(ServerApi, PlacesWhatIsWrongInABody) {
    serve();
    const HttpAnswer json = send("POST", "/api/v1/workflows/hello/execute", "{\"input\":\n 01}");
    EXPECT_EQ(json.status, 400);
    EXPECT_EQ(text_at(json, "code"), "malformed_json");
    EXPECT_THAT(json.body, HasSubstr("\"line\":2"));
    EXPECT_EQ(send("POST", "/api/v1/workflows/hello/execute", "{\"a\": \"\xff\"}").status, 400);
    const HttpAnswer typed = send("POST", "/api/v1/workflows/hello/execute", "x=1",
                                  {{"Content-Type", "application/x-www-form-urlencoded"}});
    EXPECT_EQ(typed.status, 415);
    EXPECT_EQ(send("POST", "/api/v1/workflows/hello/execute", "{}", {}).status, 415);
    const HttpAnswer invalid = send("POST", "/api/v1/workflows/hello/execute", R"({"inputs": {}})");
    EXPECT_EQ(invalid.status, 422);
    EXPECT_THAT(invalid.body, HasSubstr("\"path\":\"/inputs\""));
}

TEST_F(ServerApi, GivesTheFirstAnswerAgainAlsoAfterAKill) {
    serve();
    server().create_workflow(hello);
    const HeaderList headers{{"Content-Type", "application/json"}, {"Idempotency-Key", "order-7"}};
    const std::string target = "/api/v1/workflows/hello/execute";
    const HttpAnswer first = send("POST", target, R"({"input": {"n": 1}})", headers);
    ASSERT_EQ(first.status, 202) << first.body;
    EXPECT_FALSE(first.has_header("Idempotency-Replayed"));
    const HttpAnswer again = send("POST", target, R"({"input": {"n": 1}})", headers);
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
    EXPECT_EQ(again.header("Location"), first.header("Location"));
    const HttpAnswer other = send("POST", target, R"({"input": {"n": 2}})", headers);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(text_at(other, "code"), "idempotency_mismatch");
    server().kill_now();
    server().restart();
    EXPECT_EQ(send("POST", target, R"({"input": {"n": 1}})", headers).body, first.body);
    const Value all = server().get_json("/api/v1/workflows/hello/executions");
    EXPECT_EQ(all.find("items")->size(), 1u);
}

TEST_F(ServerApi, LetsARepetitionWaitForTheFirst) {
    serve();
    server().create_workflow(slow);
    const HttpRequest request{"POST",
                              "/api/v1/workflows/slow/execute?wait=60s",
                              {{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}},
                              "{}"};
    HttpConnection first{server().port()};
    ASSERT_TRUE(first.send(request));
    std::string id;
    while (id.empty()) {
        const Value all = server().get_json("/api/v1/workflows/slow/executions");
        if (all.find("items")->size() == 0) continue;
        id = all.find("items")->as_array()[0].find("id")->as_string();
    }
    const HttpAnswer meanwhile = server().request(request);
    EXPECT_EQ(meanwhile.status, 409);
    EXPECT_EQ(text_at(meanwhile, "code"), "idempotency_in_progress");
    EXPECT_EQ(meanwhile.header("Retry-After"), "1");
    server().post_json("/api/v1/executions/" + id + "/cancel", Value::object({}));
    const HttpAnswer answer = first.read_answer();
    EXPECT_EQ(text_at(answer, "status"), "canceled") << answer.body;
    EXPECT_EQ(server().request(request).body, answer.body);
}

TEST_F(ServerApi, KeepsNoKeyOfWhatMayBeTriedAgain) {
    serve();
    server().create_workflow(slow);
    const std::string target = "/api/v1/workflows/slow/execute";
    const HeaderList headers{{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}};
    const HttpAnswer running = send("POST", target, "{}");
    ASSERT_EQ(running.status, 202) << running.body;
    const HttpAnswer refused = send("POST", target, "{}", headers);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(text_at(refused, "code"), "too_many_executions");
    server().post_json("/api/v1/executions/" + text_at(running, "execution_id") + "/cancel",
                       Value::object({}));
    EXPECT_EQ(send("POST", target, "{}", headers).status, 202);
}

TEST_F(ServerApi, ForgetsACredential) {
    serve();
    const Value fields = Value::object({{"username", "ada"}, {"password", "lovelace"}});
    const Value credential = Value::object({{"type", "http.basic"}, {"fields", fields}});
    EXPECT_EQ(server().put("/api/v1/credentials/shop", credential).status, 201);
    EXPECT_EQ(server().del("/api/v1/credentials/shop").status, 204);
    EXPECT_EQ(server().del("/api/v1/credentials/shop").status, 404);
}

}  // namespace
}  // namespace millrace::testing
