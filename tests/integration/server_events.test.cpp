// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "server_process.hpp"

// Live events over real connections: what is told is what is listed, whatever happens to readers,
// connections and the server on the way.

namespace millrace::testing {
namespace {

constexpr std::string_view noting = R"(
millrace: 1
id: noting
name: Notes three times
nodes:
  - { id: start, type: trigger.manual }
  - { id: a, type: debug.log, data: { message: "a" } }
  - { id: wait, type: flow.delay, data: { for: 1ms } }
  - { id: b, type: debug.log, data: { message: "b" } }
connections:
  - start -> a -> wait -> b
)";

class ServerEvents : public ServerTest {
protected:
    /// All that a list gives, page by page.
    std::vector<Value> listed(const std::string& target) {
        std::vector<Value> all;
        std::string query = "?limit=200";
        while (true) {
            const Value page = server().get_json(target + query);
            for (const Value& event : page.find("items")->as_array())
                all.push_back(event);
            if (page.find("next_cursor") == nullptr || page.find("next_cursor")->is_null())
                return all;
            query = "?limit=200&after=" + std::string{page.find("next_cursor")->as_string()};
        }
    }
    static std::string text_at(const Value& value, std::string_view path) {
        const Value found = at(value, path);
        return found.is_string() ? std::string{found.as_string()} : std::string{};
    }
    std::string start_one() {
        const HttpAnswer answer =
            server().post("/api/v1/workflows/noting/execute", Value::object({}));
        EXPECT_EQ(answer.status, 202) << answer.body;
        return text_at(json(answer.body), "execution_id");
    }
    static bool is_end(const Value& event) {
        return text_at(event, "type") == "execution.completed";
    }
};

/// Reads messages of the WebSockets that follow one another at `target` until so many executions
/// have ended; each connection is given up after `per_connection` messages.
struct Reading {
    std::vector<Value> events;
    std::size_t lags = 0;
    std::string cursor;

    void read(std::uint16_t port, const std::string& target, std::size_t ends,
              std::size_t per_connection) {
        while (ends > 0) {
            WebSocket socket{port, target + (cursor.empty() ? "" : "?after=" + cursor)};
            ASSERT_TRUE(socket.is_open()) << socket.answer().body;
            for (std::size_t i = 0; i < per_connection && ends > 0; ++i) {
                const auto text = socket.next();
                ASSERT_TRUE(text) << "after " << events.size() << " events";
                if (take(json(*text))) --ends;
            }
        }
    }
    /// Whether it ends an execution.
    bool take(const Value& message) {
        cursor = message.find("cursor")->as_string();
        if (message.find("type")->as_string() == "lagged") {
            ++lags;
            return false;
        }
        events.push_back(message);
        return message.find("type")->as_string() == "execution.completed";
    }
};

TEST_F(ServerEvents, FollowAnExecutionToItsEndOverEitherProtocol) {
    serve();
    server().create_workflow(noting);
    const std::string id = start_one();
    const std::string target = "/api/v1/executions/" + id + "/events";
    EventStream stream{server().port(), target};
    ASSERT_EQ(stream.head().status, 200);
    WebSocket socket{server().port(), "/api/v1/ws/executions/" + id};
    ASSERT_TRUE(socket.is_open()) << socket.answer().body;
    std::vector<Value> streamed;
    while (const auto event = stream.next()) {
        streamed.push_back(json(event->data));
        EXPECT_EQ(event->id, text_at(streamed.back(), "cursor"));
    }
    std::vector<Value> framed;
    while (const auto text = socket.next())
        framed.push_back(json(*text));
    EXPECT_EQ(socket.close_code(), 1000);
    const std::vector<Value> list = listed(target);
    ASSERT_FALSE(list.empty());
    EXPECT_TRUE(is_end(list.back()));
    EXPECT_EQ(streamed, list);
    EXPECT_EQ(framed, list);
    // Nothing follows: a browser need not try again.
    EventStream again{server().port(), target, {{"Last-Event-ID", text_at(list.back(), "cursor")}}};
    EXPECT_EQ(again.head().status, 204);
}

TEST_F(ServerEvents, ResumeFromAnyEventOfAnExecution) {
    serve();
    server().create_workflow(noting);
    const std::string id = text_at(server().execute("noting"), "id");
    const std::string target = "/api/v1/executions/" + id + "/events";
    const std::vector<Value> list = listed(target);
    for (std::size_t i = 0; i + 1 < list.size(); ++i) {
        EventStream rest{server().port(), target, {{"Last-Event-ID", text_at(list[i], "cursor")}}};
        std::vector<Value> streamed{list.begin(), list.begin() + static_cast<long>(i) + 1};
        while (const auto event = rest.next())
            streamed.push_back(json(event->data));
        EXPECT_EQ(streamed, list) << i;
    }
}

TEST_F(ServerEvents, ReachAFollowerWhoseConnectionBreaksAllTheTime) {
    serve();
    server().create_workflow(noting);
    constexpr std::size_t count = 60;
    Reading reading;
    // From a place that is known, since a follower without a cursor begins when it connects.
    server().execute("noting");
    const std::vector<Value> before = listed("/api/v1/workflows/noting/events");
    ASSERT_FALSE(before.empty());
    reading.cursor = text_at(before.back(), "cursor");
    std::thread load{[port = server().port()] {
        HttpConnection connection{port};
        for (std::size_t i = 0; i < count; ++i) {
            connection.exchange({.method = "POST",
                                 .target = "/api/v1/workflows/noting/execute",
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = "{}"});
        }
    }};
    reading.read(server().port(), "/api/v1/ws/workflows/noting", count, 17);
    load.join();
    std::vector<Value> told = before;
    told.insert(told.end(), reading.events.begin(), reading.events.end());
    EXPECT_EQ(told, listed("/api/v1/workflows/noting/events"));
}

TEST_F(ServerEvents, ReachASlowReaderLateAndCompletely) {
    serve({}, {{"MILLRACE_HTTP_STREAM_BUFFER", "16KiB"}});
    server().create_workflow(noting);
    WebSocket slow{server().port(), "/api/v1/ws/workflows/noting"};
    ASSERT_TRUE(slow.is_open()) << slow.answer().body;
    constexpr std::size_t count = 30;
    const Value input = Value::object({{"text", std::string(100'000, 'x')}});
    // More than the sockets hold. The engine does not wait for the reader.
    for (std::size_t i = 0; i < count; ++i)
        server().execute("noting", Value::object({{"input", input}}));
    Reading reading;
    std::size_t ends = 0;
    while (ends < count) {
        const auto text = slow.next();
        ASSERT_TRUE(text) << "after " << reading.events.size() << " events";
        if (reading.take(json(*text))) ++ends;
    }
    EXPECT_GE(reading.lags, 1);
    EXPECT_EQ(reading.events, listed("/api/v1/workflows/noting/events"));
}

TEST_F(ServerEvents, GoOnBehindACursorAfterARestart) {
    serve();
    server().create_workflow(noting);
    Reading reading;
    server().execute("noting");
    const std::vector<Value> before = listed("/api/v1/events");
    ASSERT_GT(before.size(), 2);
    reading.cursor = text_at(before[1], "cursor");
    WebSocket socket{server().port(), "/api/v1/ws/events?after=" + reading.cursor};
    ASSERT_TRUE(socket.next());
    server().restart();
    while (socket.next()) {
    }
    EXPECT_EQ(socket.close_code(), 0) << "it was killed";
    server().execute("noting");
    reading.read(server().port(), "/api/v1/ws/events", 2, 1'000);
    std::vector<Value> told{before[0], before[1]};
    told.insert(told.end(), reading.events.begin(), reading.events.end());
    EXPECT_EQ(told, listed("/api/v1/events"));
}

TEST_F(ServerEvents, EndTheirStreamsWhenTheServerStops) {
    serve();
    server().create_workflow(noting);
    EventStream stream{server().port(), "/api/v1/events"};
    WebSocket socket{server().port(), "/api/v1/ws/workflows/noting"};
    ASSERT_EQ(stream.head().status, 200);
    ASSERT_TRUE(socket.is_open());
    server().process().signal(SIGTERM);
    EXPECT_FALSE(stream.next());
    EXPECT_FALSE(socket.next());
    EXPECT_EQ(socket.close_code(), 1001);
    EXPECT_EQ(server().process().wait().status, 0);
}

TEST_F(ServerEvents, RefuseWhatIsNotThere) {
    serve();
    server().create_workflow(noting);
    EXPECT_EQ(server().get("/api/v1/executions/nothing/events").status, 404);
    EXPECT_EQ(server().get("/api/v1/workflows/nothing/events").status, 404);
    EXPECT_EQ(server().get("/api/v1/events?after=7").status, 400);
    EXPECT_EQ(server().get("/api/v1/events?types=jobs.*").status, 400);
    EXPECT_EQ(server().get("/api/v1/events?after=999999.1.0").status, 410);
    EXPECT_EQ(server().get("/api/v1/events", {{"Accept", "text/html"}}).status, 406);
    EXPECT_EQ(server().get("/api/v1/ws/events").status, 426);
    EXPECT_EQ(server()
                  .get("/api/v1/events", {{"Accept", "application/cloudevents-batch+json"}})
                  .header("Content-Type"),
              "application/cloudevents-batch+json");
    WebSocket refused{server().port(), "/api/v1/ws/workflows/nothing"};
    EXPECT_EQ(refused.answer().status, 404);
    WebSocket expired{server().port(), "/api/v1/ws/events?after=999999.1.0"};
    EXPECT_EQ(expired.answer().status, 410);
}

}  // namespace
}  // namespace millrace::testing
