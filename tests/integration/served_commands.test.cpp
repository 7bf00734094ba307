// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "server_process.hpp"

// Commands about what only a running server does, and those that answer runs without one.

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view signaled = R"(millrace: 1
id: signaled
nodes:
  - { id: start, type: trigger.manual }
  - { id: paid, type: flow.wait, data: { signal: paid } }
  - { id: decide, type: flow.wait, data: { approval: { title: "Ship {{ inputs.id }}?" } } }
connections: [start -> paid -> decide]
outputs: { paid: "{{ nodes.paid.out }}", by: "{{ nodes.decide.out.by }}" }
)";

constexpr std::string_view on_event = R"(millrace: 1
id: on-order
nodes:
  - { id: order, type: trigger.event, data: { event: "order.*" } }
  - { id: text, type: data.template, data: { text: "order {{ inputs.id }}" } }
connections: [order -> text]
)";

class ServedCommands : public ServerTest {
protected:
    void activate(std::string_view document) {
        const Value created = server().create_workflow(document);
        const std::string id{at(created, "id").as_string()};
        server().post_json("/api/v1/workflows/" + id + "/activate", Value::object({}));
    }
    void apply_webhook_example() {
        const Finished applied =
            millrace({"apply", MILLRACE_EXAMPLES_DIR "/webhook", "--activate"});
        ASSERT_EQ(applied.status, 0) << applied.err;
    }
    Finished succeeds(Arguments arguments) {
        Finished finished = millrace(std::move(arguments));
        EXPECT_EQ(finished.status, 0) << finished.err;
        return finished;
    }
};

TEST_F(ServedCommands, AnswerRunsWithoutAServer) {
    const std::string file = folder.file("signaled.workflow.yaml", signaled);
    const Finished ran = millrace({"run", file, "--input", R"({"id": 7})"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    const std::string id = executions().at(0);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("paid waits for signal paid"),
                               HasSubstr("to answer: millrace executions signal " + id + " paid")));
    EXPECT_THAT(succeeds({"waits", "list"}).out, HasSubstr("signal paid"));
    const Finished given = succeeds({"executions", "signal", id, "paid", "--input", "12"});
    EXPECT_THAT(given.err, HasSubstr("decide waits for an approval: Ship 7?"));
    EXPECT_THAT(succeeds({"executions", "show", id}).err,
                HasSubstr("millrace executions answer " + id + " decide --approve"));
    const Finished answered =
        succeeds({"executions", "answer", id, "decide", "--approve", "--by", "Ada"});
    EXPECT_EQ(json(answered.out), json(R"({"paid": 12, "by": "Ada"})"));
    EXPECT_EQ(millrace({"executions", "answer", id, "decide", "--approve"}).status, 1);
}

TEST_F(ServedCommands, AnswerRunsOfAServer) {
    serve();
    activate(signaled);
    server().post_json("/api/v1/workflows/signaled/execute",
                       Value::object({{"input", json(R"({"id": 7})")}}), 202);
    const std::string id = executions().at(0);
    succeeds({"executions", "signal", id, "paid", "--input", "12"});
    const Value waits = result_of({"waits", "list"});
    EXPECT_EQ(at(waits, "items.0.path"), Value{"decide"});
    EXPECT_EQ(waits, server().get_json("/api/v1/waits?open=true&limit=50"));
    const Finished wrong = millrace({"executions", "answer", id, "paid", "--approve"});
    EXPECT_EQ(wrong.status, 1) << wrong.err;
    const Finished answered =
        succeeds({"executions", "answer", id, "decide", "--approve", "--by", "Ada"});
    EXPECT_EQ(json(answered.out), json(R"({"paid": 12, "by": "Ada"})"));
}

TEST_F(ServedCommands, SendEvents) {
    EXPECT_THAT(millrace({"events", "send", "order.paid"}).err,
                HasSubstr("events need a running server"));
    serve();
    activate(on_event);
    const Finished sent =
        succeeds({"events", "send", "order.paid", "--input", R"({"id": 7})", "--id", "e1"});
    EXPECT_THAT(sent.out, HasSubstr("started on-order "));
    EXPECT_THAT(succeeds({"events", "send", "parcel.lost"}).err, HasSubstr("nobody"));
    const Value delivery = result_of({"events", "send", "order.new", "--input", R"({"id": 8})"});
    EXPECT_EQ(at(delivery, "started.0.workflow_id"), Value{"on-order"});
}

TEST_F(ServedCommands, TellAndRunSchedules) {
    const Arguments tried{"schedules",  "preview", "0 9 * * MON",         "--timezone",
                          "Asia/Tokyo", "--from",  "2026-01-01T00:00:00Z"};
    const Value here = result_of(tried);
    EXPECT_EQ(at(here, "items.0.local"), Value{"2026-01-05T09:00:00.000+09:00"});
    serve();
    Arguments asked = tried;
    asked.push_back("--server=" + server().url());
    EXPECT_EQ(result_of(asked), here);
    apply_webhook_example();
    EXPECT_THAT(succeeds({"schedules", "list"}).out,
                AllOf(HasSubstr("nightly-report"), HasSubstr("Europe/Berlin")));
    EXPECT_THAT(succeeds({"schedules", "show", "nightly-report"}).out,
                AllOf(HasSubstr("missed: run_once"), HasSubstr("overlap: skip")));
    const Value next = result_of(
        {"schedules", "next", "nightly-report", "--count", "3", "--from", "2026-03-27T00:00:00Z"});
    // The hour is skipped in the night of the 29th, a Sunday; the Monday has summer time.
    EXPECT_EQ(at(next, "items.0.due_at"), Value{"2026-03-27T01:30:00.000Z"});
    EXPECT_EQ(at(next, "items.1.due_at"), Value{"2026-03-30T00:30:00.000Z"});
    const Finished preview =
        succeeds({"schedules", "preview", "0 9 * * MON", "--timezone", "Europe/Berlin"});
    EXPECT_THAT(preview.out, HasSubstr("T09:00:00.000+0"));
    const Finished wrong = millrace({"schedules", "preview", "0 25 * * *"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.err, HasSubstr("error: "));
    EXPECT_THAT(succeeds({"schedules", "run", "nightly-report"}).out, HasSubstr("Report of "));
    const Value filled = result_of({"schedules", "backfill", "nightly-report", "--from",
                                    "2026-03-27T00:00:00Z", "--to", "2026-03-30T12:00:00Z"});
    EXPECT_EQ(at(filled, "started"), Value{2});
    succeeds({"schedules", "pause", "nightly-report"});
    EXPECT_THAT(succeeds({"schedules", "list"}).out, HasSubstr("paused"));
    succeeds({"schedules", "resume", "nightly-report"});
    EXPECT_EQ(millrace({"schedules", "show", "nothing"}).status, 2);
}

TEST_F(ServedCommands, TellAndTryWebhooks) {
    serve();
    apply_webhook_example();
    const HttpAnswer called =
        server().post("/webhooks/sensors/kitchen", json(R"({"celsius": 20})"));
    EXPECT_EQ(called.status, 201) << called.body;
    EXPECT_EQ(json(called.body), json(R"({"sensor": "kitchen", "celsius": 20, "fahrenheit": 68})"));
    EXPECT_THAT(succeeds({"webhooks", "list"}).out,
                AllOf(HasSubstr("sensor-reading"), HasSubstr("/webhooks/sensors/{sensor}")));
    const Finished fits = succeeds({"webhooks", "simulate", "sensor-reading", "hook", "--param",
                                    "sensor=attic", "--input", R"({"celsius": 1})"});
    EXPECT_THAT(fits.out, HasSubstr("\"attic\""));
    const Finished wrong = millrace({"webhooks", "simulate", "sensor-reading", "hook", "--input",
                                     R"({"celsius": "warm"})", "--param", "sensor=attic"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.err, HasSubstr("it would not start"));
}

TEST_F(ServedCommands, FollowWhatACallOfATestUrlStarts) {
    serve();
    apply_webhook_example();
    const auto listening = start({"webhooks", "listen", "sensor-reading", "hook"});
    for (int i = 0; i < 4'000 && listening->out_so_far().find('\n') == std::string::npos; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const std::string url = listening->out_so_far();
    ASSERT_TRUE(url.starts_with(server().url())) << url;
    const std::string path = url.substr(server().url().size());
    const HttpAnswer called = server().post(path.substr(0, path.find('\n')) + "/sensors/attic",
                                            json(R"({"celsius": 1})"));
    EXPECT_LT(called.status, 300) << called.body;
    const Finished ended = listening->wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("it was called: execution "));
}

TEST_F(ServedCommands, TellHowExecutionsWent) {
    serve();
    activate(on_event);
    for (int i = 0; i < 3; ++i)
        succeeds({"events", "send", "order.paid", "--input", R"({"id": 7})"});
    // Counts follow within moments.
    Finished told;
    for (int i = 0; i < 400; ++i) {
        told = millrace({"analytics", "on-order"});
        if (told.out.find("3 completed") != std::string::npos) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
    EXPECT_EQ(told.status, 0) << told.err;
    EXPECT_THAT(told.out, AllOf(HasSubstr("3 completed"), HasSubstr("100.0 %"), HasSubstr("NODE"),
                                HasSubstr("text")));
    EXPECT_THAT(succeeds({"analytics"}).out, HasSubstr("on-order"));
    EXPECT_EQ(at(result_of({"analytics", "on-order", "text"}), "node_id"), Value{"text"});
    EXPECT_EQ(millrace({"analytics", "nothing"}).status, 2);
}

TEST_F(ServedCommands, KeepNotifications) {
    serve();
    const HttpServer pager{[](const ServedRequest&) { return Reply{.status = 204}; }};
    const std::string rule =
        R"({"on": ["failed"], "webhook": {"url": ")" + pager.url("/in") + "\"}}";
    succeeds({"notifications", "put", "pager", rule});
    succeeds({"notifications", "put", "pager", rule});  // in the place of the first one
    EXPECT_THAT(succeeds({"notifications", "list"}).out,
                AllOf(HasSubstr("pager"), HasSubstr("/in")));
    succeeds({"notifications", "test", "pager"});
    EXPECT_EQ(pager.requests().size(), 1u);
    succeeds({"notifications", "delete", "pager"});
    EXPECT_EQ(millrace({"notifications", "show", "pager"}).status, 2);
}

}  // namespace
}  // namespace millrace::testing
