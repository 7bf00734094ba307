// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/message.hpp"
#include "events/event_hub.hpp"
#include "millrace/core/json.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using testing::RouteFixture;

/// Takes a stream to its end, as a connection does.
std::vector<MessageSource::Message> all_of(MessageSource& source) {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_woken = false;
    std::vector<MessageSource::Message> all;
    while (true) {
        MessageSource::Batch batch = source.take(1'000, [&] {
            const std::scoped_lock lock{mutex};
            is_woken = true;
            changed.notify_one();
        });
        for (auto& message : batch.messages)
            all.push_back(std::move(message));
        if (batch.has_ended) return all;
        if (!batch.messages.empty()) continue;
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return is_woken; });
        is_woken = false;
    }
}

class EventRoutes : public RouteFixture {
protected:
    EventRoutes() : RouteFixture{{add_execution_routes, add_event_routes}} {}

    static std::string events_of(const std::string& id, const std::string& query = "") {
        return "/api/v1/executions/" + id + "/events" + query;
    }
    /// The types of a list's events.
    static std::vector<std::string> types(const Value& list) {
        std::vector<std::string> types;
        for (const Value& event : list.find("items")->as_array())
            types.emplace_back(event.find("type")->as_string());
        return types;
    }
    Response accept(const std::string& target, std::string type) {
        return send(Method::get, target, {}, {{"Accept", std::move(type)}});
    }
    Response upgrade(const std::string& target) {
        return send(Method::get, target, {}, {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}});
    }
};

TEST_F(EventRoutes, ListAnExecutionsEventsInPages) {
    save_chain("orders");
    const std::string id = start("orders");
    ended(id);
    const Value all = body_of(get(events_of(id)));
    EXPECT_EQ(types(all).front(), "execution.created");
    EXPECT_EQ(types(all).back(), "execution.completed");
    EXPECT_TRUE(all.find("next_cursor")->is_null());
    std::vector<Value> paged;
    std::string query = "?limit=3";
    while (true) {
        const Value page = body_of(get(events_of(id, query)));
        for (const Value& event : page.find("items")->as_array())
            paged.push_back(event);
        if (page.find("next_cursor")->is_null()) break;
        query = "?limit=3&after=" + std::string{page.find("next_cursor")->as_string()};
    }
    EXPECT_EQ(Value::array(paged), *all.find("items"));
}

TEST_F(EventRoutes, ListOnlyWhatTheFilterTakes) {
    save_chain("orders");
    const std::string id = start("orders");
    ended(id);
    EXPECT_EQ(types(body_of(get(events_of(id, "?types=execution.*")))),
              (std::vector<std::string>{"execution.created", "execution.started",
                                        "execution.completed"}));
    const Value of_node = body_of(get(events_of(id, "?types=node.completed&node_id=b")));
    ASSERT_EQ(of_node.find("items")->as_array().size(), 1);
    EXPECT_EQ(of_node.find("items")->as_array()[0].find("node_id")->as_string(), "b");
    EXPECT_EQ(problem_of(get(events_of(id, "?types=node.ended")), 400), "bad_request");
}

TEST_F(EventRoutes, RefuseCursorsThatAreNotOfTheseEvents) {
    save_chain("orders");
    const std::string id = start("orders");
    const std::string other = start("orders");
    ended(id);
    EXPECT_EQ(problem_of(get(events_of(id, "?after=7")), 400), "bad_request");
    EXPECT_EQ(problem_of(get(events_of(id, "?after=" + other + ":1")), 400), "bad_request");
    EXPECT_EQ(problem_of(get(events_of(id, "?after=" + id + ":99")), 410), "cursor_expired");
    EXPECT_EQ(problem_of(get("/api/v1/workflows/orders/events?after=" + id + ":1"), 400),
              "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/events?after=99999.1.0"), 410), "cursor_expired");
}

TEST_F(EventRoutes, AnswerForWhatIsNotThere) {
    EXPECT_EQ(problem_of(get(events_of("nothing")), 404), "not_found");
    EXPECT_EQ(problem_of(get(events_of("01890000-0000-7000-8000-000000000000")), 404), "not_found");
    EXPECT_EQ(problem_of(get("/api/v1/workflows/nothing/events"), 404), "not_found");
    EXPECT_EQ(problem_of(upgrade("/api/v1/ws/workflows/nothing"), 404), "not_found");
    EXPECT_EQ(problem_of(accept("/api/v1/events", "text/html"), 406), "not_acceptable");
    EXPECT_EQ(problem_of(get("/api/v1/ws/events"), 426), "upgrade_required");
}

TEST_F(EventRoutes, WrapEventsAsCloudEvents) {
    save_chain("orders");
    const std::string id = start("orders");
    ended(id);
    const Response response =
        accept(events_of(id, "?limit=2&types=execution.*"), "application/cloudevents+json");
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/cloudevents-batch+json");
    const Value batch = *core::parse_json(response.body);
    ASSERT_EQ(batch.as_array().size(), 2);
    EXPECT_EQ(batch.as_array()[0].find("type")->as_string(), "millrace.execution.created");
    const std::string cursor{batch.as_array()[1].find("data")->find("cursor")->as_string()};
    const std::string number = cursor.substr(cursor.find(':') + 1);
    EXPECT_EQ(*response.headers.find("Link"),
              "<?after=" + id + "%3A" + number + "&limit=2&types=execution.%2A>; rel=\"next\"");
}

TEST_F(EventRoutes, StreamAnExecutionFromAnyCursorToItsEnd) {
    save_chain("orders", "gated");
    const std::string id = start("orders");
    const Response live = accept(events_of(id), "text/event-stream");
    const Response frames = upgrade("/api/v1/ws/executions/" + id);
    ASSERT_NE(live.stream, nullptr);
    ASSERT_NE(frames.stream, nullptr);
    gate->open();
    const auto messages = all_of(*live.stream);
    const Value list = body_of(get(events_of(id)));
    ASSERT_EQ(messages.size(), list.find("items")->as_array().size());
    for (std::size_t i = 0; i < messages.size(); ++i)
        EXPECT_EQ(*core::parse_json(messages[i].text), list.find("items")->as_array()[i]);
    EXPECT_EQ(all_of(*frames.stream).size(), messages.size());
    // The header of a browser that connects again counts, not the cursor in its address.
    const Response rest = send(
        Method::get, events_of(id, "?after=" + messages[0].cursor), {},
        {{"Accept", "text/event-stream"}, {"Last-Event-ID", messages[messages.size() - 3].cursor}});
    EXPECT_EQ(all_of(*rest.stream).size(), 2);
}

TEST_F(EventRoutes, WrapTheEventsOfAStreamThatIsAcceptedSo) {
    save_chain("orders");
    const std::string id = start("orders");
    ended(id);
    const Response live = accept(events_of(id), "text/event-stream, application/cloudevents+json");
    ASSERT_NE(live.stream, nullptr);
    const Value first = *core::parse_json(all_of(*live.stream).at(0).text);
    ASSERT_NE(first.find("specversion"), nullptr);
    EXPECT_EQ(first.find("type")->as_string(), "millrace.execution.created");
}

TEST_F(EventRoutes, SayOfAStreamToHeadWhatItWouldBe) {
    save_chain("orders");
    const std::string id = start("orders");
    const Response head = send(Method::head, events_of(id), {}, {{"Accept", "text/event-stream"}});
    EXPECT_EQ(head.stream, nullptr);
    ASSERT_NE(head.headers.find("Content-Type"), nullptr);
    EXPECT_EQ(*head.headers.find("Content-Type"), "text/event-stream");
    ended(id);
}

TEST_F(EventRoutes, EndAStreamThatHasNothingMoreToSay) {
    save_chain("orders");
    const std::string id = start("orders");
    ended(id);
    const Value list = body_of(get(events_of(id)));
    const std::string last{list.find("items")->as_array().back().find("cursor")->as_string()};
    const Response again = accept(events_of(id, "?after=" + last), "text/event-stream");
    EXPECT_EQ(again.status, 204);
    EXPECT_EQ(again.stream, nullptr);
    const Response frames = upgrade("/api/v1/ws/executions/" + id + "?after=" + last);
    ASSERT_NE(frames.stream, nullptr);
    EXPECT_TRUE(all_of(*frames.stream).empty());
}

TEST_F(EventRoutes, ListAndStreamTheEventsOfAWorkflow) {
    save_chain("orders");
    save_chain("returns");
    ended(start("orders"));
    ended(start("returns"));
    const Value orders = body_of(get("/api/v1/workflows/orders/events"));
    const Value all = body_of(get("/api/v1/events"));
    EXPECT_EQ(2 * types(orders).size(), types(all).size());
    const std::string cursor{orders.find("items")->as_array().front().find("cursor")->as_string()};
    const Response stream = accept(
        "/api/v1/workflows/orders/events?format=cloudevents&after=" + cursor, "text/event-stream");
    ASSERT_NE(stream.stream, nullptr);
    std::size_t count = 0;
    while (count + 1 < types(orders).size()) {
        const auto batch = stream.stream->take(100'000, [] {});
        std::this_thread::yield();
        for (const auto& message : batch.messages) {
            ++count;
            EXPECT_EQ(core::parse_json(message.text)->find("specversion")->as_string(), "1.0");
        }
    }
    EXPECT_EQ(count + 1, types(orders).size());
}

}  // namespace
}  // namespace millrace::server
