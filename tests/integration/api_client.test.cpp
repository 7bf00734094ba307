// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/api_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace millrace::cli
