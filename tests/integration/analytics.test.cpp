// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>

#include "server_process.hpp"

// What the server counts of executions, asked over real sockets.

namespace millrace::testing {
namespace {

class AnalyticsTest : public ServerTest {
protected:
    /// Two that complete and one that fails.
    void run_some() {
        server().create_workflow(R"({"millrace": 1, "id": "shop", "nodes": [
            {"id": "start", "type": "trigger.manual"},
            {"id": "check", "type": "flow.if", "data": {"condition": "inputs.total > 0"}},
            {"id": "refuse", "type": "flow.fail",
             "data": {"code": "no_total", "message": "there is no total"}}],
            "connections": ["start -> check", "check.false -> refuse"]})");
        for (const int total : {1, 2, 0}) {
            server().execute("shop", Value::object({{"input", Value::object({{"total", total}})}}));
        }
    }
    /// The answer once `started` has that value: counting follows the executions.
    Value counted(const std::string& target, std::int64_t started) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        for (;;) {
            const HttpAnswer answer = server().get(target);
            const auto body = core::parse_json(answer.body);
            const Value* const found = body ? body->find("started") : nullptr;
            if (found != nullptr && found->is_integer() && found->as_integer() >= started)
                return *body;
            if (std::chrono::steady_clock::now() > until) {
                ADD_FAILURE() << answer.body;
                return {};
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
    }
    static std::int64_t number(const Value& body, std::string_view name) {
        const Value* const found = body.find(name);
        return found != nullptr && found->is_integer() ? found->as_integer() : -1;
    }
};

TEST_F(AnalyticsTest, CountsExecutionsAndNodesAndGoesOnAfterAKill) {
    serve();
    run_some();
    const std::string of_workflow = "/api/v1/workflows/shop/analytics";
    Value body = counted(of_workflow, 3);
    EXPECT_EQ(number(body, "completed"), 2);
    EXPECT_EQ(number(body, "failed"), 1);
    EXPECT_EQ(body.find("errors")->as_array()[0].find("code")->as_string(), "no_total");
    EXPECT_TRUE(body.find("gaps")->as_array().empty());
    server().restart();
    server().execute("shop", Value::object({{"input", Value::object({{"total", 5}})}}));
    body = counted(of_workflow, 4);
    EXPECT_EQ(number(body, "completed"), 3) << "nothing twice, nothing missing";
    EXPECT_EQ(number(body, "failed"), 1);
    body = counted(of_workflow + "/nodes/refuse", 1);
    EXPECT_EQ(number(body, "failed"), 1);
    EXPECT_EQ(server().get_json(of_workflow + "/nodes").find("items")->as_array().size(), 3u);
}

TEST_F(AnalyticsTest, AnswersWhatOperatorsAsk) {
    serve();
    run_some();
    const std::string all = "/api/v1/analytics/";
    EXPECT_EQ(number(counted(all + "overview", 3), "failed"), 1);
    EXPECT_EQ(number(counted(all + "usage", 3), "completed"), 2);
    EXPECT_EQ(number(server().get_json(all + "top-errors"), "failed"), 1);
    const auto items = [&](const std::string& target) {
        return server().get_json(target).find("items")->as_array().size();
    };
    EXPECT_EQ(items(all + "recent-failures?hours=1"), 1u);
    EXPECT_EQ(items(all + "recent-failures?workflow_id=other"), 0u);
    EXPECT_EQ(items(all + "stuck?over_minutes=5"), 0u);
    EXPECT_EQ(items(all + "long-running"), 0u);
    const std::string workflow = "/api/v1/workflows/shop/analytics";
    EXPECT_EQ(items(workflow + "/timeline?limit=2"), 2u);
    EXPECT_EQ(server()
                  .get_json(workflow + "/heatmap?timezone=Europe/Berlin")
                  .find("slots")
                  ->as_array()
                  .size(),
              168u);
    EXPECT_EQ(server().get(workflow + "/heatmap?timezone=Europe/Berlim").status, 400);
    EXPECT_EQ(server().get("/api/v1/workflows/none/analytics").status, 404);
    EXPECT_EQ(server().get(workflow + "/nodes/none").status, 404);
    EXPECT_EQ(server().get(workflow + "?bucket=minute&from=2020-01-01T00:00:00Z").status, 400);
}

}  // namespace
}  // namespace millrace::testing
