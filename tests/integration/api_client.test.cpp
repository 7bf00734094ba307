// SPDX-License-Identifier: Apache-2.0
#include "remote/api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "remote/event_feed.hpp"
#include "support/command.hpp"

namespace millrace::cli {
namespace {

using runtime::testing::HttpServer;
using runtime::testing::Reply;
using runtime::testing::ServedRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;

ApiClient client_of(const HttpServer& server, std::string token = {}) {
    auto client = ApiClient::make(server.url(""), std::move(token));
    EXPECT_TRUE(client) << client.error().message();
    return std::move(*client);
}

TEST(ApiClient, SendsJsonTheTokenAndEncodedPaths) {
    ServedRequest seen;
    HttpServer server{[&](const ServedRequest& request) {
        seen = request;
        return Reply::json(R"({"ok":true})");
    }};
    const auto answer =
        client_of(server, "sesame")
            .post(api_path({"a b", "c/d"}), core::Value::object({{"x", 1}}), {{"text", "ü&"}});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer, core::Value::object({{"ok", true}}));
    EXPECT_EQ(seen.target, "/api/v1/a%20b/c%2Fd?text=%C3%BC%26");
    EXPECT_EQ(seen.header("authorization"), "Bearer sesame");
    EXPECT_EQ(seen.header("content-type"), "application/json");
    EXPECT_EQ(seen.body, R"({"x":1})");
}

TEST(ApiClient, TurnsAProblemIntoAnErrorWithItsPlaces) {
    HttpServer server{[](const ServedRequest&) {
        return Reply{.status = 422,
                     .headers = {{"content-type", "application/problem+json"}},
                     .body = R"({"status":422,"code":"invalid","title":"T","detail":"2 problems",
                         "errors":[{"path":"/nodes/1","code":"missing_key","message":"no id",
                                    "line":7,"column":3},
                                   {"path":"/x","code":"unknown_key","message":"what?",
                                    "suggestion":"y"}]})"};
    }};
    const auto answer = client_of(server).get("/x");
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(RemoteErrc::invalid));
    EXPECT_THAT(answer.error().message(),
                AllOf(HasSubstr("2 problems"), HasSubstr("/nodes/1, line 7: missing_key: no id"),
                      HasSubstr("did you mean \"y\"?"), HasSubstr("[invalid]")));
}

TEST(ApiClient, KnowsAnAnswerThatIsNoneOfMillrace) {
    HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/page") return Reply::text("<html>");
        return Reply{.status = 502, .headers = {}, .body = "bad gateway"};
    }};
    const ApiClient client = client_of(server);
    const auto gateway = client.get("/gateway");
    ASSERT_FALSE(gateway);
    EXPECT_TRUE(gateway.error().is(RemoteErrc::bad_answer));
    EXPECT_THAT(gateway.error().message(), HasSubstr("status 502"));
    const auto page = client.get("/page");
    ASSERT_FALSE(page);
    EXPECT_TRUE(page.error().is(RemoteErrc::bad_answer));
}

TEST(ApiClient, TakesNoListThatHasNoItems) {
    HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/empty") return Reply::json(R"({"items":[],"next_cursor":null})");
        return Reply::json(request.target == "/odd" ? R"({"items":{}})" : R"({"echo":[]})");
    }};
    const ApiClient client = client_of(server);
    EXPECT_TRUE(client.get_list("/empty"));
    for (const char* const path : {"/odd", "/echo"}) {
        const auto list = client.get_list(path);
        ASSERT_FALSE(list);
        EXPECT_TRUE(list.error().is(RemoteErrc::bad_answer));
        EXPECT_THAT(list.error().message(), HasSubstr("is it a Millrace server?"));
    }
}

TEST(ApiClient, SaysWhoCannotBeReachedAndWhatToDo) {
    HttpServer server{[](const ServedRequest&) { return Reply::close_without_answer(); }};
    const auto answer = client_of(server).get("/x");
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(RemoteErrc::unreachable));
    EXPECT_THAT(answer.error().message(), HasSubstr("millrace serve"));
}

TEST(ApiClient, TakesUrlsOfServersOnly) {
    for (const char* const url : {"", "127.0.0.1:8420", "ftp://a", "http://", "http://a/b",
                                  "http://user:word@a", "http://a?b"})
        EXPECT_FALSE(ApiClient::make(url, "")) << url;
    for (const char* const url :
         {"http://127.0.0.1:8420", "https://millrace.example/", "http://[::1]:8420"})
        EXPECT_TRUE(ApiClient::make(url, "")) << url;
}

TEST(ApiClient, ReadsAStreamUntilItHasEnough) {
    HttpServer server{[](const ServedRequest& request) {
        EXPECT_EQ(request.header("accept"), "text/event-stream");
        return Reply{.status = 200,
                     .headers = {{"content-type", "text/event-stream"}},
                     .body = "data: 1\n\ndata: 2\n\n",
                     .chunked = true};
    }};
    std::string seen;
    const auto read = client_of(server).stream("/x", {}, [&](std::string_view bytes) {
        seen.append(bytes);
        return true;
    });
    EXPECT_TRUE(read) << read.error().message();
    EXPECT_EQ(seen, "data: 1\n\ndata: 2\n\n");
}

core::Event event_of(core::ExecutionId id, std::uint64_t seq, core::EventType type) {
    core::Event event;
    event.seq = seq;
    event.time = core::Time{1'800'000'000'000};
    event.execution_id = id;
    event.workflow_id = "hello";
    event.workflow_version = 1;
    event.type = type;
    return event;
}

Reply stream_of(const core::Event& event) {
    return {.status = 200,
            .headers = {{"content-type", "text/event-stream"}},
            .body = ": heartbeat\n\nid: " + event.cursor() +
                    "\ndata: " + core::to_json(event.to_value()) + "\n\n"};
}

TEST(EventFeed, ConnectsAgainBehindTheLastEventUntilTheEnd) {
    const auto id = *core::ExecutionId::parse("01a1f9bd-534b-7112-9f6c-9ce5b88d65b3");
    const core::Event first = event_of(id, 1, core::EventType::execution_created);
    const core::Event last = event_of(id, 2, core::EventType::execution_completed);
    HttpServer server{[&](const ServedRequest& request) {
        return stream_of(request.target.find("after=") == std::string::npos ? first : last);
    }};
    const ApiClient client = client_of(server);
    EventFeed feed{client, id, {}};
    std::vector<core::Event> events;
    bool has_ended = false;
    while (!has_ended) {
        EventFeed::News news = feed.take();
        ASSERT_FALSE(news.error) << news.error->message();
        events.insert(events.end(), news.events.begin(), news.events.end());
        has_ended = news.has_ended;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    EXPECT_EQ(events, (std::vector<core::Event>{first, last}));
    ASSERT_EQ(server.requests().size(), 2u);
    EXPECT_THAT(server.requests()[1].target, HasSubstr("after=01a1f9bd-"));
}

TEST(EventFeed, DoesNotTryAgainWhereItIsNotLetIn) {
    HttpServer server{[](const ServedRequest&) {
        return Reply{.status = 401,
                     .headers = {{"content-type", "application/problem+json"}},
                     .body = R"({"status":401,"code":"unauthorized","detail":"no token"})"};
    }};
    const ApiClient client = client_of(server);
    EventFeed feed{client, core::ExecutionId{}, {}};
    EventFeed::News news = feed.take();
    while (!news.error) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        news = feed.take();
    }
    EXPECT_TRUE(news.error->is(RemoteErrc::unauthorized));
    EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace millrace::cli
