// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "millrace/core/json.hpp"
#include "millrace/runtime/webhook_signature.hpp"
#include "server_process.hpp"
#include "testing/http_server.hpp"
#include "testing/smtp_sink.hpp"

// What events start, and who is told how executions end, on the real program.

namespace millrace::testing {
namespace {

using runtime::testing::HttpServer;
using runtime::testing::Reply;
using runtime::testing::ServedRequest;
using runtime::testing::SmtpSink;
using ::testing::HasSubstr;

constexpr std::string_view failing = R"({"millrace": 1, "id": "failing", "nodes": [
    {"id": "start", "type": "trigger.manual"},
    {"id": "give_up", "type": "flow.fail", "data": {"code": "sold_out", "message": "nothing left"}}],
    "connections": ["start -> give_up"]})";

constexpr std::string_view intake = R"({"millrace": 1, "id": "intake", "nodes": [
    {"id": "on", "type": "trigger.event", "data": {"event": "order.created", "source": "shop"}},
    {"id": "note", "type": "debug.log", "data": {"message": "order"}}],
    "connections": ["on -> note"]})";

constexpr std::string_view waiting = R"({"millrace": 1, "id": "waiting", "nodes": [
    {"id": "start", "type": "trigger.manual"},
    {"id": "paid", "type": "flow.wait", "data": {"timeout": "1h",
        "event": {"type": "order.paid", "match": {"data.order": "{{ inputs.order }}"}}}}],
    "connections": ["start -> paid"], "outputs": {"paid": "{{ nodes.paid.out.data }}"}})";

class EventTriggers : public ServerTest {
protected:
    void add_active(std::string_view document, const std::string& id) {
        server().create_workflow(document);
        server().post_json("/api/v1/workflows/" + id + "/activate", Value::object({}));
    }
    Value send_event(std::string_view event) {
        return server().post_json("/api/v1/events", *core::parse_json(event), 202);
    }
    std::size_t executions(const std::string& workflow) {
        return server()
            .get_json("/api/v1/workflows/" + workflow + "/executions?limit=200")
            .find("items")
            ->size();
    }
    /// Waits until the execution has this status.
    Value in_status(const std::string& id, std::string_view status) {
        Value execution;
        for (int i = 0; i < 3'000; ++i) {
            execution = server().get_json("/api/v1/executions/" + id);
            if (*execution.find("status") == Value{status}) return execution;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        ADD_FAILURE() << core::to_json(execution);
        return execution;
    }
    static std::string text_at(const Value& value, std::string_view key) {
        const Value* const found = value.find(key);
        return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
    }
};

TEST_F(EventTriggers, StartWorkflowsOnceAcrossRestarts) {
    serve();
    add_active(intake, "intake");
    constexpr std::string_view event =
        R"({"id": "e-1", "type": "order.created", "source": "shop", "data": {"id": 7}})";
    const Value first = send_event(event);
    ASSERT_EQ(first.find("started")->size(), 1u);
    server().restart();
    EXPECT_EQ(send_event(event), first);
    EXPECT_EQ(executions("intake"), 1u);
    const Value health = server().get_json("/health");
    EXPECT_EQ(*health.find("components")->find("dispatch")->find("triggers"), Value{1});
}

TEST_F(EventTriggers, EndWaitsOfRunsThatAskForThem) {
    serve();
    server().create_workflow(waiting);
    std::array<std::string, 2> ids;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Value input = Value::object({{"order", static_cast<std::int64_t>(i)}});
        ids[i] = text_at(server().post_json("/api/v1/workflows/waiting/execute",
                                            Value::object({{"input", input}}), 202),
                         "execution_id");
        in_status(ids[i], "waiting");
    }
    // Whoever waits is known again after a crash.
    server().restart();
    const Value done = send_event(R"({"type": "order.paid", "data": {"order": 1, "sum": 9}})");
    ASSERT_EQ(done.find("answered")->size(), 1u);
    EXPECT_EQ(text_at(done.find("answered")->as_array()[0], "execution_id"), ids[1]);
    const Value ended = in_status(ids[1], "completed");
    EXPECT_EQ(*ended.find("outputs")->find("paid")->find("sum"), Value{9});
    EXPECT_EQ(text_at(server().get_json("/api/v1/executions/" + ids[0]), "status"), "waiting");
}

TEST_F(EventTriggers, TellOfFailuresBySignedCloudEvents) {
    std::atomic<int> calls = 0;
    HttpServer sink{[&](const ServedRequest&) {
        Reply reply = Reply::text("");
        if (calls++ == 0) reply.status = 500;
        return reply;
    }};
    serve({"--public-url", "https://flows.example/base"});
    const Value fields =
        Value::object({{"scheme", "standard"}, {"secret", "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="}});
    ASSERT_EQ(server()
                  .put("/api/v1/credentials/hook",
                       Value::object({{"type", "webhook.signature"}, {"fields", fields}}))
                  .status,
              201);
    const Value webhook = Value::object({{"url", sink.url("/hook")}, {"credential", "hook"}});
    const Value rule = Value::object({{"id", "ops"},
                                      {"on", Value::array({"failed"})},
                                      {"workflows", "fail*"},
                                      {"webhook", webhook}});
    EXPECT_EQ(server().post("/api/v1/notifications", rule).status, 201);
    EXPECT_EQ(server().get_json("/api/v1/notifications").find("items")->size(), 1u);
    EXPECT_EQ(text_at(server().get_json("/api/v1/notifications/ops"), "workflow_id"), "notify-ops");
    server().create_workflow(failing);
    const Value failed = server().execute("failing");
    sink.wait_for_requests(2);
    const auto requests = sink.requests();
    EXPECT_EQ(requests[0].body, requests[1].body);
    EXPECT_EQ(requests[1].header("content-type"), "application/cloudevents+json");
    const auto read_rule = runtime::read_signature_rule(Value::object({{"scheme", "standard"}}));
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    EXPECT_TRUE(runtime::check_signature(*read_rule,
                                         "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=", requests[1].headers,
                                         requests[1].body, core::Time{now.count()})
                    .is_valid());
    const Value event = *core::parse_json(requests[1].body);
    EXPECT_EQ(text_at(event, "specversion"), "1.0");
    EXPECT_EQ(text_at(event, "type"), "millrace.execution.failed");
    EXPECT_EQ(text_at(event, "source"), "https://flows.example/base/api/v1/workflows/failing");
    const Value& data = *event.find("data");
    EXPECT_EQ(text_at(data, "execution_id"), text_at(failed, "id"));
    EXPECT_EQ(text_at(data, "status"), "failed");
    EXPECT_EQ(text_at(*data.find("error"), "code"), "sold_out");
    EXPECT_EQ(text_at(data, "url"),
              "https://flows.example/base/api/v1/executions/" + text_at(failed, "id"));
}

TEST_F(EventTriggers, TellOfEndsByMail) {
    const SmtpSink sink;
    serve();
    const Value email = Value::object({{"to", "ops@example.org"}, {"server", sink.url()}});
    const Value rule = Value::object({{"on", Value::array({"failed"})}, {"email", email}});
    EXPECT_EQ(server().put("/api/v1/notifications/mail", rule).status, 201);
    server().create_workflow(failing);
    const Value failed = server().execute("failing");
    sink.wait_for_line("(content)");
    server().post_json("/api/v1/notifications/mail/test", Value::object({}), 202);
    EXPECT_EQ(server().del("/api/v1/notifications/mail").status, 204);
    while (sink.mails().empty())
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto mail = sink.mails().front();
    EXPECT_EQ(mail.header("Subject"), "failing: failed");
    EXPECT_THAT(mail.content, HasSubstr("sold_out: nothing left"));
    // Long lines go on behind a mark.
    EXPECT_THAT(mail.content,
                HasSubstr("/api/v1/executions/" + text_at(failed, "id").substr(0, 20)));
}

}  // namespace
}  // namespace millrace::testing
