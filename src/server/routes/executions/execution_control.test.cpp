// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <thread>

#include "millrace/store/retention.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view unknown = "/api/v1/executions/00000000-0000-7000-8000-000000000000";

class ExecutionControlTest : public testing::RouteFixture {
protected:
    ExecutionControlTest() : RouteFixture{{add_execution_routes}} {}

    /// The path of one whose first node waits for the gate.
    std::string begun(const std::string& body = "{}") {
        save_chain("orders", "gated");
        const std::string id = start("orders", body);
        entered.wait_for(1);
        return "/api/v1/executions/" + id;
    }
    std::string ended_one(std::string_view function = "echo") {
        save_chain("orders", function);
        const std::string id = start("orders");
        ended(id);
        return "/api/v1/executions/" + id;
    }
    std::string status_after(const std::string& target, const std::string& body = "") {
        return std::string{body_of(post(target, body)).find("status")->as_string()};
    }
    static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
};

TEST_F(ExecutionControlTest, PausesAndResumes) {
    const std::string path = begun();
    EXPECT_EQ(status_after(path + "/pause", R"({"reason": "lunch"})"), "paused");
    EXPECT_EQ(problem_of(post(path + "/pause"), 409), "not_allowed");
    EXPECT_EQ(status_after(path + "/resume"), "running");
    EXPECT_EQ(problem_of(post(path + "/resume"), 409), "not_allowed");
    gate->open();
    EXPECT_EQ(*ended(id_of(path)).find("status"), Value{"completed"});
}

TEST_F(ExecutionControlTest, StaysPausedWhenAVariableIsWrong) {
    const std::string path = begun();
    ASSERT_EQ(status_after(path + "/pause"), "paused");
    EXPECT_EQ(problem_of(post(path + "/resume", R"({"variables": {"nothing": 1}})"), 422),
              "invalid");
    EXPECT_EQ(*body_of(get(path)).find("status"), Value{"paused"});
}

TEST_F(ExecutionControlTest, Cancels) {
    const std::string path = begun();
    post(path + "/cancel", R"({"reason": "changed my mind"})");
    EXPECT_EQ(*ended(id_of(path)).find("status"), Value{"canceled"});
    EXPECT_EQ(problem_of(post(path + "/cancel"), 409), "already_finished");
}

TEST_F(ExecutionControlTest, StepsFromBreakpointToBreakpoint) {
    gate->open();
    save_chain("orders", "gated");
    const std::string path = "/api/v1/executions/" + start("orders", R"({"breakpoints": ["a"]})");
    while (*body_of(get(path)).find("status") != Value{"paused"})
        std::this_thread::yield();
    EXPECT_EQ(*body_of(get(path)).find("paused_before"), Value{"a"});
    EXPECT_EQ(body_of(post(path + "/breakpoints", R"({"nodes": []})")).find("status")->as_string(),
              "paused");
    EXPECT_EQ(problem_of(post(path + "/breakpoints", R"({"nodes": ["nobody"]})"), 404),
              "not_found");
    EXPECT_EQ(problem_of(post(path + "/breakpoints", R"({})"), 422), "invalid");
    post(path + "/step");
    while (*body_of(get(path)).find("status") != Value{"paused"})
        std::this_thread::yield();
    EXPECT_EQ(*body_of(get(path)).find("paused_before"), Value{"b"});
    post(path + "/resume");
    EXPECT_EQ(*ended(id_of(path)).find("status"), Value{"completed"});
}

TEST_F(ExecutionControlTest, DecidesAboutOneRun) {
    const std::string path = begun();
    EXPECT_EQ(problem_of(post(path + "/nodes/nobody/skip"), 404), "not_found");
    EXPECT_EQ(problem_of(post(path + "/nodes/start/skip"), 409), "not_allowed");
    EXPECT_EQ(post(path + "/nodes/b/skip").status, 200);
    gate->open();
    const Value body = ended(id_of(path));
    EXPECT_EQ(*body.find("nodes")->find("b")->find("status"), Value{"skipped"});
}

TEST_F(ExecutionControlTest, GivesSignalsToThoseWhoWait) {
    save(R"({"millrace": 1, "id": "paying", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "paid", "type": "flow.wait", "data": {"signal": "paid"}}],
        "connections": ["start -> paid"]})");
    const std::string path = "/api/v1/executions/" + start("paying");
    EXPECT_EQ(*body_of(post(path + "/signals/paid", R"({"by": "card"})")).find("execution_id"),
              Value{id_of(path)});
    EXPECT_EQ(*ended(id_of(path)).find("outputs"),
              Value::object({{"paid", Value::object({{"by", "card"}})}}));
    EXPECT_EQ(problem_of(post(path + "/signals/paid"), 409), "already_finished");
    EXPECT_EQ(problem_of(post(std::string{unknown} + "/signals/paid"), 404), "not_found");
}

TEST_F(ExecutionControlTest, TakesNoSignalsWhereNothingWaits) {
    const std::string path = begun();
    EXPECT_EQ(problem_of(post(path + "/signals/paid", "{}"), 409), "not_allowed");
    gate->open();
}

TEST_F(ExecutionControlTest, KnowsNoOtherExecution) {
    for (const char* const command : {"/pause", "/resume", "/cancel", "/step", "/nodes/a/retry",
                                      "/nodes/a/skip", "/nodes/a/cancel", "/retry"})
        EXPECT_EQ(problem_of(post(std::string{unknown} + command), 404), "not_found") << command;
    EXPECT_EQ(problem_of(post("/api/v1/executions/odd/cancel"), 404), "not_found");
    EXPECT_EQ(problem_of(del(unknown), 404), "not_found");
}

TEST_F(ExecutionControlTest, RetriesAFinishedOne) {
    const std::string path = ended_one("moody");
    const Response response = post(path + "/retry", R"({"from": "a", "input": true})");
    const Value body = body_of(response, 201);
    const std::string id{body.find("execution_id")->as_string()};
    EXPECT_EQ(*response.headers.find("Location"), "/api/v1/executions/" + id);
    const Value again = ended(id);
    EXPECT_EQ(*again.find("status"), Value{"completed"});
    EXPECT_EQ(*again.find("forked_from"), Value{id_of(path)});
    EXPECT_EQ(*again.find("from_path"), Value{"a"});
    EXPECT_EQ(problem_of(post(path + "/retry", R"({"from": "nobody"})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path + "/retry", R"({"version": 9})"), 404), "not_found");
}

TEST_F(ExecutionControlTest, RetriesAndDeletesNoUnfinishedOne) {
    const std::string path = begun();
    EXPECT_EQ(problem_of(post(path + "/retry"), 409), "not_allowed");
    EXPECT_EQ(problem_of(del(path), 409), "not_allowed");
}

TEST_F(ExecutionControlTest, DeletesAFinishedOne) {
    const std::string path = ended_one();
    EXPECT_EQ(del(path).status, 204);
    EXPECT_EQ(problem_of(get(path), 404), "not_found");
}

TEST_F(ExecutionControlTest, CommandsManyByIdOrFilter) {
    const std::string path = begun();
    const std::string body = R"({"ids": [")" + id_of(path) + R"(", "odd"]})";
    const Value paused = body_of(post("/api/v1/executions/pause", body));
    const auto items = paused.find("items")->as_array();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_TRUE(items[0].find("error")->is_null());
    EXPECT_EQ(*items[1].find("error")->find("code"), Value{"not_found"});
    const Value canceled =
        body_of(post("/api/v1/executions/cancel", R"({"filter": {"workflow_id": "orders"}})"));
    EXPECT_EQ(canceled.find("items")->size(), 1U);
    EXPECT_EQ(*ended(id_of(path)).find("status"), Value{"canceled"});
    const Value none = body_of(post("/api/v1/executions/resume", R"({"filter": {}})"));
    EXPECT_EQ(none.find("items")->size(), 0U);
    EXPECT_EQ(problem_of(post("/api/v1/executions/pause", "{}"), 422), "invalid");
}

}  // namespace
}  // namespace millrace::server
