// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <thread>

#include "millrace/store/library.hpp"
#include "routes/routes.hpp"
#include "service/health.hpp"
#include "service/workflow_catalog.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExecuteTest : public testing::RouteFixture {
protected:
    ExecuteTest() : RouteFixture{{add_execution_routes}} {}

    static const Value& at(const Value& value, std::string_view key) {
        static const Value none;
        const Value* const found = value.find(key);
        return found != nullptr ? *found : none;
    }
    Value run(const std::string& workflow, const std::string& body) {
        return body_of(post("/api/v1/workflows/" + workflow + "/execute?wait=20s", body));
    }
};

TEST_F(ExecuteTest, AnswersOnceTheExecutionIsDurable) {
    save_chain("orders", "gated");
    const Response response = post("/api/v1/workflows/orders/execute", R"({"input": 7})");
    const Value body = body_of(response, 202);
    const std::string id{at(body, "execution_id").as_string()};
    EXPECT_EQ(*response.headers.find("Location"), "/api/v1/executions/" + id);
    EXPECT_EQ(body_of(get("/api/v1/executions/" + id)).find("status")->as_string(), "running");
    gate->open();
    EXPECT_EQ(at(ended(id), "status"), Value{"completed"});
}

TEST_F(ExecuteTest, WithAWaitAnswersTheFinishedExecutionAsReadingItDoes) {
    save_chain("orders");
    const Response response = post("/api/v1/workflows/orders/execute?wait=20s", R"({"input": 7})");
    const Value body = body_of(response);
    EXPECT_EQ(at(body, "status"), Value{"completed"});
    EXPECT_EQ(at(body, "inputs"), Value{7});
    const Response read = get(*response.headers.find("Location"));
    EXPECT_EQ(read.body, response.body);
}

TEST_F(ExecuteTest, AnswersAsStartedWhenTheWaitIsOver) {
    save_chain("orders", "gated");
    const Response response = send(Method::post, "/api/v1/workflows/orders/execute?wait=0s", "{}");
    EXPECT_EQ(response.status, 202);
    entered.wait_for(1);
    // The engine does not end it, so only the time that is over can.
    std::thread passing{[this] {
        while (entered.size() < 2)
            std::this_thread::yield();
        while (!gate->is_open()) {
            let_time_pass();
            std::this_thread::yield();
        }
    }};
    const Response waited = send(Method::post, "/api/v1/workflows/orders/execute?wait=1ms", "{}");
    gate->open();
    passing.join();
    EXPECT_EQ(at(body_of(waited, 202), "status"), Value{"running"});
}

TEST_F(ExecuteTest, KeepsNobodyWaitingWhenTheServerStops) {
    save_chain("orders", "gated");
    std::jthread stopping{[this] {
        entered.wait_for(1);
        services().health.start_draining();
    }};
    const Response waited = post("/api/v1/workflows/orders/execute?wait=1h", "{}");
    EXPECT_EQ(at(body_of(waited, 202), "status"), Value{"running"});
}

TEST_F(ExecuteTest, FollowsAPreferenceAndSaysSo) {
    save_chain("orders");
    const Response response =
        send(Method::post, "/api/v1/workflows/orders/execute", "{}", {{"Prefer", "wait=20"}});
    EXPECT_EQ(response.status, 200);
    ASSERT_NE(response.headers.find("Preference-Applied"), nullptr);
    EXPECT_EQ(*response.headers.find("Preference-Applied"), "wait=20");
}

TEST_F(ExecuteTest, NeedsNoBody) {
    save_chain("orders");
    EXPECT_EQ(at(body_of(post("/api/v1/workflows/orders/execute?wait=20s")), "inputs"), Value{});
}

TEST_F(ExecuteTest, TakesItsBodyAsYaml) {
    save_chain("orders");
    const Response response = send(Method::post, "/api/v1/workflows/orders/execute?wait=20s",
                                   "input: {name: Ada}\n", {{"Content-Type", "application/yaml"}});
    EXPECT_EQ(at(at(body_of(response), "inputs"), "name"), Value{"Ada"});
}

TEST_F(ExecuteTest, RunsTheActiveVersionElseTheHead) {
    save_chain("orders");
    EXPECT_EQ(at(run("orders", "{}"), "workflow_version"), Value{1});
    EXPECT_EQ(save_chain("orders", "moody"), 2U);
    EXPECT_EQ(at(run("orders", "{}"), "workflow_version"), Value{2});
    ASSERT_TRUE(runtime().write([](store::Store& store) -> core::Result<> {
        const auto set = store.library().set_active("orders", 1, core::Time{1});
        if (!set) return std::unexpected(set.error());
        return {};
    }));
    services().catalog.forget("orders");
    EXPECT_EQ(at(run("orders", "{}"), "workflow_version"), Value{1});
    EXPECT_EQ(at(run("orders", R"({"version": "head"})"), "workflow_version"), Value{2});
    EXPECT_EQ(at(run("orders", R"({"version": 2})"), "workflow_version"), Value{2});
}

TEST_F(ExecuteTest, ReadsNothingForAKnownWorkflow) {
    save_chain("orders");
    EXPECT_EQ(services().catalog.known("orders"), nullptr);
    run("orders", "{}");
    EXPECT_NE(services().catalog.known("orders"), nullptr);
}

TEST_F(ExecuteTest, TakesLabelsPinsAndMockedEffects) {
    save_chain("orders", "moody");
    const Value body = run("orders", R"({
        "labels": {"customer": "ada"}, "pins": {"a": {"out": true}}, "priority": -5})");
    EXPECT_EQ(at(body, "status"), Value{"completed"});
    EXPECT_EQ(at(at(body, "labels"), "customer"), Value{"ada"});
    EXPECT_EQ(at(run("orders", R"({"mock_external": true})"), "status"), Value{"completed"});
}

TEST_F(ExecuteTest, WaitsForItsTime) {
    save_chain("orders");
    const Value body = body_of(
        post("/api/v1/workflows/orders/execute", R"({"start_at": "2999-01-01T00:00:00Z"})"), 202);
    const std::string id{at(body, "execution_id").as_string()};
    EXPECT_EQ(at(body_of(get("/api/v1/executions/" + id)), "status"), Value{"pending"});
}

TEST_F(ExecuteTest, RefusesWhatDoesNotFitAndSaysWhere) {
    save_chain("orders");
    const auto mistake = [&](const std::string& body) {
        const Response response = post("/api/v1/workflows/orders/execute", body);
        EXPECT_EQ(problem_of(response, 422), "invalid");
        const Value problem = body_of(response, 422);
        const Value& errors = at(problem, "errors");
        return errors.size() > 0 ? std::string{at(errors.as_array()[0], "path").as_string()}
                                 : "nothing";
    };
    EXPECT_EQ(mistake(R"({"trigger": "nobody"})"), "/trigger");
    EXPECT_EQ(mistake(R"({"variables": {"nothing": 1}})"), "/variables");
    EXPECT_EQ(mistake(R"({"version": 0})"), "/version");
    EXPECT_EQ(mistake(R"({"labels": {"a": 1}})"), "/labels/a");
    EXPECT_EQ(mistake(R"({"input": {"$bytes": "?"}})"), "/input");
    EXPECT_EQ(mistake(R"({"inputs": 1})"), "/inputs");
    EXPECT_EQ(mistake(R"({"pins": {"nobody": {"out": 1}}})"), "");
}

TEST_F(ExecuteTest, KnowsNoWorkflowOrVersionOfThatName) {
    EXPECT_EQ(problem_of(post("/api/v1/workflows/nobody/execute", "{}"), 404), "not_found");
    save_chain("orders");
    EXPECT_EQ(problem_of(post("/api/v1/workflows/orders/execute", R"({"version": 9})"), 404),
              "not_found");
}

TEST_F(ExecuteTest, RefusesAWaitThatIsNone) {
    save_chain("orders");
    EXPECT_EQ(problem_of(post("/api/v1/workflows/orders/execute?wait=soon", "{}"), 400),
              "bad_request");
}

TEST_F(ExecuteTest, IsDoneOnceUnderAnIdempotencyKey) {
    save_chain("orders");
    const auto once = [&] {
        return send(Method::post, "/api/v1/workflows/orders/execute", "{}",
                    {{"Idempotency-Key", "order-7"}});
    };
    const Response first = once();
    const Response second = once();
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(body_of(get("/api/v1/executions")).find("items")->size(), 1U);
}

TEST_F(ExecuteTest, StartsManyEachForItself) {
    save_chain("orders");
    const Value body = body_of(post("/api/v1/workflows/orders/execute-batch",
                                    R"({"items": [{"input": 1}, {"trigger": "nobody"}, {}]})"),
                               202);
    const auto items = at(body, "items").as_array();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_TRUE(at(items[0], "error").is_null());
    EXPECT_EQ(at(at(items[1], "error"), "code"), Value{"invalid"});
    EXPECT_THAT(std::string{at(at(items[1], "error"), "detail").as_string()},
                StartsWith("/items/1/trigger"));
    EXPECT_EQ(at(ended(std::string{at(items[2], "execution_id").as_string()}), "status"),
              Value{"completed"});
}

TEST_F(ExecuteTest, StartsNoneOfManyOfAnUnknownWorkflow) {
    EXPECT_EQ(problem_of(post("/api/v1/workflows/nobody/execute-batch", R"({"items": [{}]})"), 404),
              "not_found");
    EXPECT_EQ(problem_of(post("/api/v1/workflows/nobody/execute-batch", R"({"items": []})"), 422),
              "invalid");
}

}  // namespace
}  // namespace millrace::server
