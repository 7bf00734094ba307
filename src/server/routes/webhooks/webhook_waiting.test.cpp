// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

// What stays of a call while its execution goes on: nothing, once the caller was answered.

namespace millrace::server {
namespace {

class WebhookWaiting : public testing::RouteFixture {
protected:
    WebhookWaiting()
        : RouteFixture{{add_workflow_routes, add_execution_routes, add_webhook_routes}} {}

    /// trigger.webhook -> a -> b.
    void activate(const std::string& kind, const std::string& a, const std::string& b) {
        ASSERT_GT(save(R"({"millrace": 1, "id": "hook", "nodes": [
            {"id": "h", "type": "trigger.webhook",
             "data": {"path": "hook", "respond_timeout": "1s", "respond": ")" +
                       kind + R"("}}, {"id": "a", )" + a + R"(}, {"id": "b", )" + b +
                       R"(}], "connections": ["h -> a -> b"]})"),
                  0U);
        ASSERT_EQ(post("/api/v1/workflows/hook/activate", "{}").status, 200);
    }
    Response call(std::size_t bytes) {
        return send(Method::post, "/webhooks/hook", std::string(bytes, 'a'),
                    {{"Content-Type", "text/plain"}});
    }
    /// The same where only the time ends the wait.
    Response call_in_vain(std::string_view target) {
        std::jthread passing{[this](const std::stop_token& over) { let_time_pass(over); }};
        return send(Method::post, target, "{}");
    }
    bool is_let_go() const {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!sent.expired() && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        return sent.expired();
    }
    std::string status_of(const std::string& id) {
        return std::string{body_of(get("/api/v1/executions/" + id)).find("status")->as_string()};
    }
    std::string status_of(const Response& response) {
        return status_of(*response.headers.find("Millrace-Execution-Id"));
    }

    static constexpr auto respond = R"("type": "flow.respond", "data": {"body": "ok"})";
    static constexpr auto wait = R"("type": "flow.wait", "data": {"signal": "go"})";
};

TEST_F(WebhookWaiting, IsAnsweredHoweverLargeTheBodyIs) {
    activate("respond_node", respond, wait);
    for (const std::size_t bytes : {3, 1'000'000}) {
        const Response response = call(bytes);
        EXPECT_EQ(response.status, 200) << bytes;
        EXPECT_EQ(response.body, "ok") << bytes;
    }
}

TEST_F(WebhookWaiting, LetsGoOfTheCallWithTheResponse) {
    activate("respond_node", respond, wait);
    const Response response = call(1'000);
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(is_let_go());
    EXPECT_EQ(status_of(response), "waiting");
}

TEST_F(WebhookWaiting, LetsGoOfTheCallWhenItsTimeIsOver) {
    for (const std::string kind : {"respond_node", "outputs"}) {
        activate(kind, wait, respond);
        const Response response = call_in_vain("/webhooks/hook");
        EXPECT_EQ(response.status, 504);
        EXPECT_TRUE(is_let_go()) << kind;
        EXPECT_EQ(status_of(response), "waiting");
    }
}

TEST_F(WebhookWaiting, LetsGoOfAStartWhoseTimeIsOver) {
    activate("outputs", wait, respond);
    const Response response = call_in_vain("/api/v1/workflows/hook/execute?wait=1ms");
    ASSERT_EQ(response.status, 202) << response.body;
    EXPECT_TRUE(is_let_go());
    const Value started = body_of(response, 202);
    EXPECT_EQ(status_of(std::string{started.find("execution_id")->as_string()}), "waiting");
}

}  // namespace
}  // namespace millrace::server
