// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "server_process.hpp"

// Executions over real connections: each route that starts, shows or commands them, and each
// problem that it names. The server's own OpenAPI document judges every answer.

namespace millrace::testing {
namespace {

constexpr std::string_view quick = R"(
millrace: 1
id: quick
variables: { rate: 2 }
nodes:
  - { id: start, type: trigger.manual }
  - { id: double, type: data.set, data: { keep: none, fields: { twice: "{{ input.n * vars.rate }}" } } }
connections:
  - start -> double
)";

constexpr std::string_view slow = R"(
millrace: 1
id: slow
variables: { rate: 2 }
nodes:
  - { id: start, type: trigger.manual }
  - { id: wait, type: flow.delay, data: { for: 10h } }
  - { id: after, type: debug.log, data: { message: "rate {{ vars.rate }}" } }
connections:
  - start -> wait -> after
)";

constexpr std::string_view failing = R"(
millrace: 1
id: failing
nodes:
  - { id: start, type: trigger.manual }
  - { id: judge, type: flow.if, data: { condition: "input?.good == true" } }
  - { id: give_up, type: flow.fail, data: { code: sold_out, message: nothing is left } }
connections:
  - start -> judge
  - judge.false -> give_up
)";

constexpr std::string_view rows = R"(
millrace: 1
id: rows
nodes:
  - { id: start, type: trigger.manual }
  - { id: loop, type: flow.loop, data: { over: input } }
  - { id: twice, parent: loop, type: data.set, data: { keep: none, fields: { twice: "{{ item * 2 }}" } } }
connections:
  - start -> loop
  - loop.item -> twice -> loop.result
)";

constexpr std::string_view unknown = "/api/v1/executions/00000000-0000-7000-8000-000000000000";

class ServerExecutions : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        serve();
        for (const std::string_view document : {quick, slow, failing, rows})
            server().create_workflow(document);
    }

    static std::string text_at(const Value& value, std::string_view key) {
        const Value* const found = value.find(key);
        return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
    }
    /// The path of a new execution.
    std::string start(const std::string& workflow, std::string_view body = "{}") {
        const Value started =
            server().post_json("/api/v1/workflows/" + workflow + "/execute", json(body), 202);
        return "/api/v1/executions/" + text_at(started, "execution_id");
    }
    /// The path of one that has ended.
    std::string ended(const std::string& workflow, std::string_view body = "{}") {
        const Value execution = server().post_json(
            "/api/v1/workflows/" + workflow + "/execute?wait=20s", json(body), 200);
        return "/api/v1/executions/" + text_at(execution, "id");
    }
    /// One that waits for hours.
    std::string waiting() {
        const std::string path = start("slow");
        while (status_of(path) != "waiting")
            std::this_thread::yield();
        return path;
    }
    std::string status_of(const std::string& path) {
        return text_at(server().get_json(path), "status");
    }
    std::string post(const std::string& target, std::string_view body, int status) {
        const Value answer = server().post_json(target, json(body), status);
        return text_at(answer, status >= 400 ? "code" : "status");
    }
    std::size_t count(const std::string& target) {
        return server().get_json(target).find("items")->size();
    }
    static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
};

TEST_F(ServerExecutions, AreStartedAndAwaited) {
    const HttpAnswer answer =
        server().post("/api/v1/workflows/quick/execute?wait=20s",
                      json(R"({"input": {"n": 21}, "labels": {"by": "ada"}})"));
    ASSERT_EQ(answer.status, 200) << answer.body;
    const HttpAnswer read = server().get(answer.header("Location"));
    EXPECT_EQ(read.body, answer.body);
    EXPECT_EQ(at(json(read.body), "nodes.double.outputs.out.twice"), Value{42});
    EXPECT_EQ(at(json(read.body), "labels.by"), Value{"ada"});
    const Value other =
        server().post_json("/api/v1/workflows/quick/execute?wait=20s",
                           json(R"({"input": {"n": 2}, "variables": {"rate": 5}})"));
    EXPECT_EQ(at(other, "nodes.double.outputs.out.twice"), Value{10});
}

TEST_F(ServerExecutions, AreAwaitedNoLongerThanWished) {
    const Value body =
        server().post_json("/api/v1/workflows/slow/execute?wait=20ms", json("{}"), 202);
    EXPECT_EQ(text_at(body, "status"), "waiting");
    const HttpAnswer preferred =
        server().post("/api/v1/workflows/quick/execute", json("{}"), {{"Prefer", "wait=20"}});
    EXPECT_EQ(preferred.status, 200);
    EXPECT_EQ(preferred.header("Preference-Applied"), "wait=20");
}

TEST_F(ServerExecutions, StartLaterWhenThatIsWished) {
    EXPECT_EQ(status_of(start("quick", R"({"start_at": "2999-01-01T00:00:00Z"})")), "pending");
}

TEST_F(ServerExecutions, AreRefusedWithTheReason) {
    const std::string execute = "/api/v1/workflows/quick/execute";
    EXPECT_EQ(post("/api/v1/workflows/nobody/execute", "{}", 404), "not_found");
    EXPECT_EQ(post(execute, R"({"version": 9})", 404), "not_found");
    EXPECT_EQ(post(execute, R"({"trigger": "nobody"})", 422), "invalid");
    EXPECT_EQ(post(execute, R"({"variables": {"other": 1}})", 422), "invalid");
    EXPECT_EQ(post(execute, R"({"version": "newest"})", 422), "invalid");
    EXPECT_EQ(post(execute, R"({"start_at": "soon"})", 422), "invalid");
    EXPECT_EQ(post(execute, R"({"pins": {"nobody": {}}})", 422), "invalid");
    EXPECT_EQ(post(execute, R"({"breakpoints": ["nobody"]})", 422), "invalid");
    EXPECT_EQ(post(execute + "?wait=soon", "{}", 400), "bad_request");
    const HttpAnswer broken = server().request(
        {"POST", execute, {{"Content-Type", "application/json"}}, "{\"input\": }"});
    EXPECT_EQ(broken.status, 400);
    EXPECT_EQ(text_at(json(broken.body), "code"), "malformed_json");
    const HttpAnswer form = server().request(
        {"POST", execute, {{"Content-Type", "application/x-www-form-urlencoded"}}, "a=b"});
    EXPECT_EQ(form.status, 415);
    const HttpAnswer wrong = server().get(execute);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("Allow"), "OPTIONS, POST");
    EXPECT_EQ(count("/api/v1/executions"), 0U);
}

TEST_F(ServerExecutions, AreStartedOncePerIdempotencyKeyAcrossRestarts) {
    const auto once = [&](std::string_view body) {
        return server().post("/api/v1/workflows/quick/execute", json(body),
                             {{"Idempotency-Key", "order-7"}});
    };
    const HttpAnswer first = once("{}");
    EXPECT_EQ(first.status, 202);
    EXPECT_EQ(once("{}").body, first.body);
    EXPECT_EQ(once(R"({"input": 1})").status, 422);
    server().restart();
    EXPECT_EQ(once("{}").body, first.body);
    EXPECT_EQ(count("/api/v1/executions"), 1U);
}

TEST_F(ServerExecutions, AreStartedInBatches) {
    const Value answer =
        server().post_json("/api/v1/workflows/quick/execute-batch",
                           json(R"({"items": [{"input": {"n": 1}}, {"trigger": "nobody"}]})"), 202);
    EXPECT_TRUE(at(answer, "items.0.error").is_null());
    EXPECT_EQ(at(answer, "items.1.error.code"), Value{"invalid"});
    EXPECT_EQ(post("/api/v1/workflows/quick/execute-batch", "{}", 422), "invalid");
    EXPECT_EQ(post("/api/v1/workflows/nobody/execute-batch", R"({"items": [{}]})", 404),
              "not_found");
}

TEST_F(ServerExecutions, AreListed) {
    const std::string bad = ended("failing");
    // Ids are in order by the millisecond only.
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    const std::string good = ended("quick", R"({"input": {"n": 7001}})");
    const std::string all = "/api/v1/executions";
    EXPECT_EQ(count(all), 2U);
    EXPECT_EQ(count(all + "?status=failed"), 1U);
    EXPECT_EQ(count(all + "?workflow_id=quick"), 1U);
    EXPECT_EQ(count(all + "?text=7001"), 1U);
    EXPECT_EQ(count(all + "?text=SOLD_OUT"), 1U);
    EXPECT_EQ(count(all + "?running_longer_than=1h"), 0U);
    EXPECT_EQ(count(all + "?stuck_for=1h"), 0U);
    EXPECT_EQ(count("/api/v1/workflows/quick/executions"), 1U);
    const Value page = server().get_json(all + "?limit=1");
    EXPECT_EQ(at(page, "items.0.id"), Value{id_of(good)});
    const Value next = server().get_json(all + "?limit=1&cursor=" + text_at(page, "next_cursor"));
    EXPECT_EQ(at(next, "items.0.id"), Value{id_of(bad)});
    EXPECT_EQ(server().get(all + "?limit=201").status, 400);
    EXPECT_EQ(server().get(all + "?status=odd").status, 400);
    EXPECT_EQ(server().get(all + "?cursor=odd").status, 400);
    EXPECT_EQ(server().get("/api/v1/workflows/nobody/executions").status, 404);
}

TEST_F(ServerExecutions, ShowTheirRuns) {
    const std::string path = ended("rows", R"({"input": [1, 2, 3]})");
    EXPECT_EQ(count(path + "/nodes"), 2U);
    EXPECT_EQ(count(path + "/nodes?scope=loop"), 3U);
    EXPECT_EQ(at(server().get_json(path + "/nodes/loop%5B1%5D.twice"), "outputs.out.twice"),
              Value{4});
    EXPECT_EQ(server().get(path + "/nodes/nobody").status, 404);
    EXPECT_EQ(server().get(path + "/nodes?scope=nowhere").status, 404);
    EXPECT_EQ(server().get(std::string{unknown}).status, 404);
    EXPECT_EQ(count("/api/v1/workflows/rows/nodes/twice/executions"), 3U);
    EXPECT_EQ(server().get("/api/v1/workflows/rows/nodes/nobody/executions").status, 404);
}

TEST_F(ServerExecutions, ArePausedResumedAndCanceled) {
    const std::string path = waiting();
    EXPECT_EQ(post(path + "/pause", R"({"reason": "lunch"})", 200), "paused");
    EXPECT_EQ(post(path + "/pause", "{}", 409), "not_allowed");
    server().restart();
    EXPECT_EQ(status_of(path), "paused");
    EXPECT_EQ(post(path + "/resume", R"({"variables": {"nothing": 1}})", 422), "invalid");
    EXPECT_EQ(post(path + "/resume", R"({"variables": {"rate": 3}})", 200), "waiting");
    EXPECT_EQ(post(path + "/nodes/wait/skip", "{}", 200), "completed");
    EXPECT_EQ(at(server().get_json(path), "variables.rate"), Value{3});
    EXPECT_EQ(post(path + "/cancel", "{}", 409), "already_finished");
    const std::string other = waiting();
    EXPECT_EQ(post(other + "/signals/paid", "{}", 409), "not_allowed");
    EXPECT_EQ(post(other + "/cancel", R"({"reason": "enough"})", 200), "canceled");
    for (const char* const command : {"/pause", "/resume", "/cancel", "/step", "/nodes/a/retry",
                                      "/nodes/a/skip", "/nodes/a/cancel", "/signals/paid"})
        EXPECT_EQ(post(std::string{unknown} + command, "{}", 404), "not_found") << command;
}

TEST_F(ServerExecutions, StopBeforeTheirBreakpoints) {
    const std::string path = start("quick", R"({"breakpoints": ["double"], "input": {"n": 1}})");
    while (status_of(path) != "paused")
        std::this_thread::yield();
    EXPECT_EQ(post(path + "/breakpoints", R"({"nodes": ["nobody"]})", 404), "not_found");
    EXPECT_EQ(post(path + "/breakpoints", R"({"nodes": []})", 200), "paused");
    EXPECT_EQ(post(path + "/step", "{}", 200), "completed");
}

TEST_F(ServerExecutions, AreRetriedAndDeleted) {
    const std::string path = ended("failing", R"({"input": {"good": false}})");
    EXPECT_EQ(post(path + "/retry", R"({"from": "nobody"})", 422), "invalid");
    EXPECT_EQ(post(path + "/retry", R"({"version": 9})", 404), "not_found");
    const HttpAnswer again =
        server().post(path + "/retry", json(R"({"from": "judge", "input": {"good": true}})"));
    ASSERT_EQ(again.status, 201) << again.body;
    const std::string fork = again.header("Location");
    while (status_of(fork) != "completed")
        std::this_thread::yield();
    EXPECT_EQ(text_at(server().get_json(fork), "forked_from"), id_of(path));
    EXPECT_EQ(server().del(path).status, 409) << "an open dead letter needs it";
    EXPECT_EQ(server().del(fork).status, 204);
    EXPECT_EQ(server().get(fork).status, 404);
    const std::string unfinished = waiting();
    EXPECT_EQ(post(unfinished + "/retry", "{}", 409), "not_allowed");
    EXPECT_EQ(server().del(unfinished).status, 409);
}

TEST_F(ServerExecutions, AreCommandedInBulk) {
    const std::string one = waiting();
    waiting();
    const Value paused = server().post_json(
        "/api/v1/executions/pause", json(R"({"ids": [")" + id_of(one) + R"(", "odd"]})"), 200);
    EXPECT_TRUE(at(paused, "items.0.error").is_null());
    EXPECT_EQ(at(paused, "items.1.error.code"), Value{"not_found"});
    server().post_json("/api/v1/executions/resume", json(R"({"filter": {"status": "paused"}})"),
                       200);
    EXPECT_EQ(status_of(one), "waiting");
    server().post_json("/api/v1/executions/cancel", json(R"({"filter": {"workflow_id": "slow"}})"),
                       200);
    EXPECT_EQ(count("/api/v1/executions?status=canceled"), 2U);
    EXPECT_EQ(post("/api/v1/executions/pause", "{}", 422), "invalid");
}

TEST_F(ServerExecutions, LeaveDeadLettersToDecideAbout) {
    ended("failing");
    ended("failing");
    EXPECT_EQ(count("/api/v1/dead-letters?status=open"), 2U);
    EXPECT_EQ(at(server().get_json("/api/v1/dead-letters/1"), "error.code"), Value{"sold_out"});
    EXPECT_EQ(server().post("/api/v1/dead-letters/1/replay", json("{}")).status, 201);
    EXPECT_EQ(post("/api/v1/dead-letters/1/replay", "{}", 409), "conflict");
    EXPECT_EQ(post("/api/v1/dead-letters/2/discard", "{}", 200), "discarded");
    EXPECT_EQ(post("/api/v1/dead-letters/2/discard", "{}", 409), "conflict");
    EXPECT_EQ(server().get("/api/v1/dead-letters/99").status, 404);
    server().post_json("/api/v1/dead-letters/replay", json(R"({"filter": {"code": "other"}})"));
    server().post_json("/api/v1/dead-letters/discard", json(R"({"numbers": [99]})"));
}

TEST_F(ServerExecutions, ShareResultsAndBreakers) {
    EXPECT_EQ(count("/api/v1/cache"), 0U);
    EXPECT_EQ(server().del("/api/v1/cache").status, 400);
    EXPECT_EQ(server().del("/api/v1/cache?all=true").status, 200);
    EXPECT_EQ(count("/api/v1/breakers"), 0U);
}

}  // namespace
}  // namespace millrace::testing
