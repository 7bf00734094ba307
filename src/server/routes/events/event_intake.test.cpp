// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "dispatch/event_dispatcher.hpp"
#include "millrace/store/library.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {
namespace {

using ::testing::HasSubstr;

class EventIntake : public testing::RouteFixture {
protected:
    EventIntake() : RouteFixture{{add_workflow_routes, add_execution_routes, add_event_routes}} {}

    void SetUp() override {
        services().triggers.subscribe("trigger.event", services().dispatcher.on_change());
        ASSERT_TRUE(services().dispatcher.start());
    }
    /// A workflow whose trigger has this data and whose one other node passes its input on.
    void activate(const std::string& id, const std::string& trigger,
                  const std::string& inputs = "{}") {
        save(R"({"millrace": 1, "id": ")" + id + R"(", "inputs": )" + inputs + R"(, "nodes": [
            {"id": "on", "type": "trigger.event", "data": )" +
             trigger + R"(}, {"id": "work", "type": "debug.log", "data": {"message": "here"}}],
            "connections": ["on -> work"]})");
        body_of(post("/api/v1/workflows/" + id + "/activate"));
    }
    static std::size_t count(const Value& delivery, std::string_view what) {
        return delivery.find(what)->size();
    }
    std::size_t executions(const std::string& workflow) {
        return body_of(get("/api/v1/workflows/" + workflow + "/executions")).find("items")->size();
    }
    static constexpr auto path = "/api/v1/events";
};

TEST_F(EventIntake, StartsWhatTheEventIsFor) {
    activate("orders", R"({"event": "order.*", "source": "shop"})");
    const Value done = body_of(
        post(path, R"({"type": "order.created", "source": "shop", "data": {"id": 7}})"), 202);
    ASSERT_EQ(count(done, "started"), 1u);
    const Value& started = done.find("started")->as_array()[0];
    EXPECT_EQ(*started.find("workflow_id"), "orders");
    const Value execution = ended(std::string{started.find("execution_id")->as_string()});
    EXPECT_EQ(*execution.find("inputs")->find("id"), Value{7});
    EXPECT_EQ(*execution.find("trigger")->find("data")->find("id"), *done.find("event_id"));
    EXPECT_EQ(count(body_of(post(path, R"({"type": "order.created"})"), 202), "started"), 0u);
}

TEST_F(EventIntake, KnowsAnEventThatComesAgain) {
    activate("orders", R"({"event": "order.created"})");
    const std::string event = R"({"id": "e-1", "type": "order.created", "data": 1})";
    const Value first = body_of(post(path, event), 202);
    EXPECT_EQ(body_of(post(path, event), 202), first);
    EXPECT_EQ(executions("orders"), 1u);
    const std::string other = R"({"id": "e-1", "type": "order.created", "source": "b"})";
    EXPECT_EQ(count(body_of(post(path, other), 202), "started"), 1u);
    EXPECT_EQ(executions("orders"), 2u);
    const Headers key{{"Idempotency-Key", "k"}};
    const std::string nameless = R"({"type": "order.created"})";
    const Value by_key = body_of(send(Method::post, path, nameless, key), 202);
    EXPECT_EQ(body_of(send(Method::post, path, nameless, key), 202), by_key);
    EXPECT_EQ(executions("orders"), 3u);
}

TEST_F(EventIntake, TakesCloudEvents) {
    activate("orders", R"({"event": "order.created", "source": "https://shop.example/*"})");
    const std::string event = R"({"specversion": "1.0", "id": "c-ID", "type": "order.created",
        "source": "https://shop.example/a", "time": "2026-01-31T09:00:00Z", "data": {"n": 1}})";
    const Value one = body_of(
        send(Method::post, path, event, {{"Content-Type", "application/cloudevents+json"}}), 202);
    EXPECT_EQ(*one.find("event_id"), "c-ID");
    EXPECT_EQ(count(one, "started"), 1u);
    std::string second = event;
    second.replace(second.find("c-ID"), 4, "c-2");
    const Value batch =
        body_of(send(Method::post, path, "[" + event + "," + second + "]",
                     {{"Content-Type", "application/cloudevents-batch+json; charset=utf-8"}}),
                202);
    EXPECT_EQ(batch.find("events")->as_array()[0], one);
    EXPECT_EQ(executions("orders"), 2u);
    const Value binary = body_of(send(Method::post, path, R"({"n": 3})",
                                      {{"Content-Type", "application/json"},
                                       {"ce-specversion", "1.0"},
                                       {"ce-id", "c-3"},
                                       {"ce-type", "order.created"},
                                       {"ce-source", "https://shop.example/%62"}}),
                                 202);
    EXPECT_EQ(count(binary, "started"), 1u);
}

TEST_F(EventIntake, TellsWhatIsRefusedForGood) {
    activate("orders", R"({"event": "order.created"})",
             R"({"type": "object", "required": ["id"]})");
    const Value done = body_of(post(path, R"({"type": "order.created", "data": {}})"), 202);
    ASSERT_EQ(count(done, "refused"), 1u);
    EXPECT_EQ(*done.find("refused")->as_array()[0].find("workflow_id"), "orders");
    EXPECT_EQ(executions("orders"), 0u);
}

TEST_F(EventIntake, RefusesWhatIsNoEvent) {
    EXPECT_EQ(problem_of(post(path, R"({"data": 1})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path, R"({"type": "a b"})"), 422), "invalid");
    const Response own = post(path, R"({"type": "execution.completed"})");
    EXPECT_EQ(problem_of(own, 422), "invalid");
    EXPECT_THAT(own.body, HasSubstr("\"path\":\"/type\""));
    EXPECT_EQ(problem_of(post(path, R"({"type": "a", "source": "workflow:x"})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path, R"({"type": "a", "time": "soon"})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path, "{"), 400), "malformed_json");
    const Headers cloud{{"Content-Type", "application/cloudevents+json"}};
    const Response bare = send(Method::post, path, R"({"type": "a", "id": "1"})", cloud);
    EXPECT_EQ(problem_of(bare, 422), "invalid");
    EXPECT_EQ(problem_of(send(Method::post, path, "x", {{"Content-Type", "text/plain"}}), 415),
              "unsupported_media_type");
}

TEST_F(EventIntake, GoesOnWithAnEventThatCouldNotStartAll) {
    save(R"({"millrace": 1, "id": "one", "settings": {"max_concurrent_executions":
        {"limit": 1, "when_exceeded": "reject"}}, "nodes": [
        {"id": "on", "type": "trigger.event", "data": {"event": "begin"}},
        {"id": "wait", "type": "flow.delay", "data": {"for": "10h"}}],
        "connections": ["on -> wait"]})");
    body_of(post("/api/v1/workflows/one/activate"));
    const Value first = body_of(post(path, R"({"type": "begin"})"), 202);
    const std::string running{
        first.find("started")->as_array()[0].find("execution_id")->as_string()};
    const Value problem = body_of(post(path, R"({"type": "begin", "data": 2})"), 503);
    EXPECT_EQ(*problem.find("code"), "event_incomplete");
    EXPECT_EQ(*problem.find("errors")->as_array()[0].find("code"), "too_many_executions");
    const std::string detail{problem.find("detail")->as_string()};
    const std::size_t begin = detail.find('\'') + 1;
    const std::string id = detail.substr(begin, detail.find('\'', begin) - begin);
    const std::string again = R"({"type": "begin", "data": 2, "id": ")" + id + R"("})";
    EXPECT_EQ(body_of(post(path, again), 503).find("code")->as_string(), "event_incomplete");
    body_of(post("/api/v1/executions/" + running + "/cancel"));
    ended(running);
    const Value second = body_of(post(path, again), 202);
    ASSERT_EQ(count(second, "started"), 1u);
    EXPECT_EQ(body_of(post(path, again), 202), second);
    EXPECT_EQ(executions("one"), 2u);
}

TEST_F(EventIntake, EndsCirclesOfWorkflows) {
    activate("loop", R"({"event": ["begin", "execution.completed"],
                         "source": ["api", "workflow:loop"], "max_depth": 3})");
    body_of(post(path, R"({"type": "begin"})"), 202);
    for (int i = 0; i < 5'000 && services().dispatcher.counts().too_deep == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    EXPECT_EQ(services().dispatcher.counts().too_deep, 1u);
    EXPECT_EQ(executions("loop"), 3u);
}

}  // namespace
}  // namespace millrace::server
