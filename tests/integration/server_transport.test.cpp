// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server_process.hpp"

// Who may call, and what happens to those who call badly: over real sockets, against the command
// that people start.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view sleeping = R"(
millrace: 1
id: sleeping
name: Takes its time
nodes:
  - { id: start, type: trigger.manual }
  - { id: wait, type: flow.delay, data: { for: 1h } }
connections:
  - start -> wait
)";

class ServerTransport : public ServerTest {
protected:
    std::string code_of(const HttpAnswer& answer) {
        const Value body = json(answer.body);
        return std::string{body.find("code")->as_string()};
    }
    /// `STATUS code` of a request with these headers.
    std::string refusal(std::string method, std::string target, HeaderList headers) {
        const HttpAnswer answer =
            server().request({std::move(method), std::move(target), std::move(headers), ""});
        return std::to_string(answer.status) + " " +
               (answer.status >= 400 ? code_of(answer) : std::string{});
    }
};

TEST_F(ServerTransport, RefusesEachWayInForWebPages) {
    serve();
    EXPECT_EQ(refusal("GET", "/api/v1/workflows", {{"Host", "evil.example.com"}}),
              "421 misdirected");
    EXPECT_EQ(refusal("GET", "/health/live", {{"Host", "evil.example.com:80"}}), "421 misdirected");
    const HeaderList page{{"Origin", "https://evil.example.com"},
                          {"Sec-Fetch-Site", "cross-site"},
                          {"Content-Type", "text/plain"}};
    EXPECT_EQ(refusal("POST", "/api/v1/workflows", page), "403 cross_site");
    EXPECT_EQ(refusal("DELETE", "/api/v1/workflows/a", page), "403 cross_site");
    EXPECT_EQ(refusal("POST", "/api/v1/executions/cancel", {{"Origin", "null"}}), "403 cross_site");
    EXPECT_EQ(refusal("POST", "/api/v1/workflows", {{"Sec-Fetch-Site", "cross-site"}}),
              "403 cross_site");
    EXPECT_EQ(refusal("GET", "/api/v1/workflows?token=abc", {}), "400 bad_request");
    EXPECT_EQ(refusal("GET", "/api/v1/workflows", {{"Millrace-Tenant", "x"}}),
              "403 unknown_tenant");
    const WebSocket foreign{
        server().port(), "/api/v1/ws/workflows/a", {{"Origin", "https://evil.example.com"}}};
    EXPECT_EQ(foreign.answer().status, 403);
    EXPECT_FALSE(server().get("/api/v1/workflows").has_header("Access-Control-Allow-Origin"));
}

TEST_F(ServerTransport, WantsItsTokenEverywhere) {
    serve({"--auth", "token"});
    const std::string token = server().token();
    ASSERT_GE(token.size(), 43u);  // 256 bits
    for (const char* target :
         {"/api/v1/workflows", "/api/v1/openapi.json", "/metrics", "/nothing"}) {
        EXPECT_EQ(refusal("GET", target, {}), "401 unauthorized") << target;
    }
    EXPECT_EQ(refusal("GET", "/api/v1/workflows", {{"Authorization", "Bearer wrong"}}),
              "401 unauthorized");
    EXPECT_EQ(server().get("/health/live").status, 200);
    EXPECT_EQ(server().get("/api/v1/workflows", {{"Authorization", "Bearer " + token}}).status,
              200);
    const WebSocket without{server().port(), "/api/v1/ws/workflows/a"};
    EXPECT_EQ(without.answer().status, 401);
    const WebSocket with{server().port(),
                         "/api/v1/ws/workflows/a",
                         {{"Sec-WebSocket-Protocol", "millrace.v1, millrace.token." + token}}};
    EXPECT_NE(with.answer().status, 401);
    EXPECT_THAT(server().terminate().err, ::testing::Not(HasSubstr(token)));
}

TEST_F(ServerTransport, DoesNotOpenItselfToTheNetworkWithoutAToken) {
    const Finished refused = millrace({"serve", "--listen", "0.0.0.0:0", "--auth", "none"});
    EXPECT_EQ(refused.status, 2) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("loopback"));
}

TEST_F(ServerTransport, AnswersOrCutsWhatIsTooLargeOrWrong) {
    serve();
    const std::string filler(70'000, 'a');
    const std::vector<std::pair<int, std::string>> bad{
        {400, "\x16\x03\x01\x02\x01\x01\r\n\r\n"},
        {400, "GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: localhost\r\nX: \xff\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"},
        {414, "GET /" + filler + " HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + filler + "\r\n\r\n"},
    };
    for (const auto& [status, bytes] : bad) {
        HttpConnection connection{server().port()};
        connection.send(bytes);
        EXPECT_EQ(connection.read_answer().status, status) << bytes.substr(0, 60);
        EXPECT_TRUE(connection.closes_within(HttpConnection::patience));
    }
    EXPECT_EQ(server().get("/health/live").status, 200);
}

TEST_F(ServerTransport, RefusesUpgradesThatAreWrong) {
    serve();
    const auto upgrade = [&](const char* target, HeaderList headers) {
        headers.emplace_back("Connection", "Upgrade");
        headers.emplace_back("Upgrade", "websocket");
        return server().request({"GET", target, std::move(headers), ""}).status;
    };
    constexpr const char* target = "/api/v1/ws/workflows/a";
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    EXPECT_EQ(upgrade(target, {{"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "8"}}), 426);
    EXPECT_EQ(upgrade(target, {{"Sec-WebSocket-Key", "x"}, {"Sec-WebSocket-Version", "13"}}), 400);
    // Where no WebSocket is, the wish for one is none.
    EXPECT_EQ(
        upgrade("/api/v1/workflows", {{"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "13"}}),
        200);
    EXPECT_EQ(server().get(target).status, 426);
}

TEST_F(ServerTransport, AnswersInOrderOnOneConnection) {
    serve();
    HttpConnection connection{server().port()};
    std::string requests;
    for (int n = 0; n < 40; ++n) {
        const HttpRequest request{"GET",
                                  n % 2 == 0 ? "/api/v1/node-types?text=http" : "/health/live",
                                  {{"X-Request-Id", "r" + std::to_string(n)}},
                                  ""};
        requests += HttpConnection::wire_text(request, connection.host());
    }
    connection.send(requests);
    for (int n = 0; n < 40; ++n) {
        const HttpAnswer answer = connection.read_answer();
        ASSERT_EQ(answer.status, 200);
        ASSERT_EQ(answer.header("X-Request-Id"), "r" + std::to_string(n));
    }
}

TEST_F(ServerTransport, CompressesWhatIsLarge) {
    serve();
    const HttpAnswer plain = server().get("/api/v1/openapi.json");
    const HttpAnswer small = server().get("/api/v1/openapi.json", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(small.header("Content-Encoding"), "gzip");
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
    EXPECT_LT(small.body.size() * 4, plain.body.size());
}

TEST_F(ServerTransport, EndsWellWhileOthersWaitAndFollow) {
    serve();
    server().create_workflow(sleeping);
    const Value started =
        server().post_json("/api/v1/workflows/sleeping/execute", Value::object({}), 202);
    const std::string id{started.find("execution_id")->as_string()};
    EventStream stream{server().port(), "/api/v1/executions/" + id + "/events"};
    WebSocket socket{server().port(), "/api/v1/ws/executions/" + id};
    ASSERT_TRUE(socket.is_open());
    HttpConnection waiting{server().port()};
    waiting.send(HttpRequest{"POST",
                             "/api/v1/workflows/sleeping/execute?wait=60s",
                             {{"Content-Type", "application/json"}},
                             "{}"});
    HttpConnection idle{server().port()};
    HttpConnection half{server().port()};
    half.send("GET / HT");
    while (stream.next(std::chrono::milliseconds{200})) {
    }
    std::thread reader{[&] {
        while (socket.next()) {
        }
    }};
    const Finished finished = server().terminate();
    reader.join();
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(socket.close_code(), 1001);
    EXPECT_EQ(waiting.read_answer().status, 202);
    EXPECT_TRUE(idle.closes_within(HttpConnection::patience));
}

}  // namespace
}  // namespace millrace::testing
