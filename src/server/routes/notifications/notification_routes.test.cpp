// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatch/event_dispatcher.hpp"
#include "millrace/core/json.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NotificationRoutes : public testing::RouteFixture {
protected:
    NotificationRoutes()
        : RouteFixture{{add_workflow_routes, add_execution_routes, add_notification_routes}} {}

    static std::vector<std::string> ids(const Value& list) {
        std::vector<std::string> found;
        for (const Value& item : list.find("items")->as_array())
            found.emplace_back(item.find("id")->as_string());
        return found;
    }
    /// All executions of a workflow.
    Value executions(const std::string& workflow) {
        return body_of(get("/api/v1/workflows/" + workflow + "/executions"));
    }
    static constexpr auto path = "/api/v1/notifications";
    // Nobody listens there; what is told is seen in the executions that tell it.
    static constexpr auto hook =
        R"({"id": "ops", "on": ["failed"], "workflows": "shop-*",
            "labels": {"team": "sales"}, "webhook": {"url": "http://127.0.0.1:1/hook"}})";
};

TEST_F(NotificationRoutes, KeepsRules) {
    const Value made = body_of(post(path, hook), 201);
    EXPECT_EQ(*made.find("name"), "Notification ops");
    EXPECT_EQ(*made.find("workflow_id"), "notify-ops");
    EXPECT_EQ(*made.find("enabled"), Value{true});
    EXPECT_EQ(body_of(get("/api/v1/notifications/ops")), made);
    EXPECT_THAT(ids(body_of(get(path))), ElementsAre("ops"));
    EXPECT_EQ(problem_of(post(path, hook), 409), "conflict");
    EXPECT_EQ(problem_of(get("/api/v1/notifications/none"), 404), "not_found");
    EXPECT_EQ(del("/api/v1/notifications/ops").status, 204);
    EXPECT_EQ(problem_of(del("/api/v1/notifications/ops"), 404), "not_found");
    EXPECT_THAT(ids(body_of(get(path))), IsEmpty());
}

TEST_F(NotificationRoutes, SwitchesRules) {
    const std::string one = "/api/v1/notifications/mail";
    const std::string mail = R"("on": ["completed", "canceled"], "email":
        {"to": "ops@example.org", "server": "smtp://127.0.0.1:1"})";
    EXPECT_EQ(body_of(send(Method::put, one, "{" + mail + "}"), 201).find("enabled")->as_bool(),
              true);
    EXPECT_THAT(*services().triggers.of_type("trigger.event"), SizeIs(1));
    const Value off =
        body_of(send(Method::put, one, "{" + mail + R"(, "enabled": false})", {{"If-Match", "*"}}));
    EXPECT_EQ(*off.find("enabled"), Value{false});
    EXPECT_THAT(*services().triggers.of_type("trigger.event"), IsEmpty());
    EXPECT_EQ(problem_of(send(Method::put, one, "{" + mail + "}", {{"If-None-Match", "*"}}), 412),
              "stale");
    EXPECT_EQ(problem_of(send(Method::put, one, R"({"id": "other", )" + mail + "}"), 422),
              "invalid");
}

TEST_F(NotificationRoutes, LosesNobodysChange) {
    const std::string one = "/api/v1/notifications/ops";
    const auto etag_of = [](const Response& response) {
        const std::string* const etag = response.headers.find("ETag");
        return etag == nullptr ? std::string{} : *etag;
    };
    const std::string first = etag_of(post(path, hook));
    EXPECT_NE(first, "");
    EXPECT_EQ(etag_of(get(one)), first);
    EXPECT_EQ(send(Method::get, one, {}, {{"If-None-Match", first}}).status, 304);
    EXPECT_EQ(problem_of(send(Method::put, one, hook), 428), "precondition_required");
    ahead = core::Duration{1'000};
    const std::string off = std::string{hook}.replace(1, 0, R"("enabled": false, )");
    const Response changed = send(Method::put, one, off, {{"If-Match", first}});
    EXPECT_EQ(*body_of(changed).find("enabled"), Value{false});
    EXPECT_NE(etag_of(changed), first) << "switched off it is another one";
    EXPECT_EQ(etag_of(get(one)), etag_of(changed));
    EXPECT_EQ(problem_of(send(Method::put, one, hook, {{"If-Match", first}}), 412), "stale");
    EXPECT_EQ(problem_of(send(Method::del, one, {}, {{"If-Match", first}}), 412), "stale");
    EXPECT_EQ(send(Method::put, one, hook, {{"If-Match", etag_of(changed)}}).status, 200);
    EXPECT_EQ(send(Method::del, one, {}, {{"If-Match", etag_of(get(one))}}).status, 204);
}

TEST_F(NotificationRoutes, RefusesWhatCannotBeCarriedOut) {
    EXPECT_EQ(problem_of(post(path, R"({"on": ["failed"]})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path, R"({"on": ["started"], "webhook": {"url": "http://a"}})"), 422),
              "invalid");
    const Response wrong =
        post(path, R"({"on": ["failed"], "webhook": {"url": "http://a/{{ nodes. }}"}})");
    EXPECT_EQ(problem_of(wrong, 422), "invalid");
    EXPECT_THAT(wrong.body, HasSubstr("/webhook/url"));
}

TEST_F(NotificationRoutes, ChangesTheWorkflowOfARuleByTheRuleOnly) {
    body_of(post(path, hook), 201);
    const std::string workflow = "/api/v1/workflows/notify-ops";
    const Value detail = body_of(get(workflow));
    EXPECT_EQ(problem_of(send(Method::put, workflow, core::to_json(*detail.find("document")),
                              {{"If-Match", "*"}}),
                         409),
              "managed_by_notification");
    EXPECT_EQ(problem_of(del(workflow), 409), "managed_by_notification");
    EXPECT_EQ(problem_of(post(workflow + "/activate"), 409), "managed_by_notification");
    EXPECT_EQ(problem_of(post(workflow + "/deactivate"), 409), "managed_by_notification");
}

TEST_F(NotificationRoutes, TriesARule) {
    body_of(post(path, hook), 201);
    const Value accepted = body_of(post("/api/v1/notifications/ops/test"), 202);
    const std::string id{accepted.find("execution_id")->as_string()};
    const Value execution = body_of(get("/api/v1/executions/" + id));
    EXPECT_EQ(*execution.find("workflow_id"), "notify-ops");
    EXPECT_EQ(*execution.find("labels")->find("test"), "true");
    const Value& event = *execution.find("trigger")->find("data");
    EXPECT_EQ(*event.find("type"), "execution.failed");
    EXPECT_EQ(problem_of(post("/api/v1/notifications/none/test"), 404), "not_found");
}

TEST_F(NotificationRoutes, TellsOfWhatFits) {
    body_of(post(path, hook), 201);
    services().triggers.subscribe("trigger.event", services().dispatcher.on_change());
    ASSERT_TRUE(services().dispatcher.start());
    save_chain("shop-orders", "moody");
    save_chain("bills", "moody");
    const std::string labels = R"({"labels": {"team": "sales"}})";
    ended(start("bills", labels));
    ended(start("shop-orders"));
    const std::string failed = start("shop-orders", labels);
    ended(failed);
    Value told = executions("notify-ops");
    for (int i = 0; i < 2'000 && told.find("items")->size() == 0; ++i)
        told = executions("notify-ops");
    ASSERT_EQ(told.find("items")->size(), 1u);
    const std::string id{told.find("items")->as_array()[0].find("id")->as_string()};
    const Value execution = body_of(get("/api/v1/executions/" + id));
    EXPECT_EQ(*execution.find("labels")->find("notification"), "ops");
    EXPECT_EQ(*execution.find("trigger")->find("data")->find("execution_id"), failed);
}

}  // namespace
}  // namespace millrace::server
