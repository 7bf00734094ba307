// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <runtime/testing/harvest.hpp>

#include <thread>

#include "http/testing/http_fixture.hpp"
#include "millrace/server/listen_address.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string post(std::string_view body, std::string_view fields = "") {
    return "POST /a HTTP/1.1\r\nHost: localhost\r\n" + std::string{fields} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

using Http = HttpFixture;

TEST_F(Http, AnswersOnOneConnectionAgainAndAgain) {
    start();
    RawClient one = client();
    for (int n = 0; n < 3; ++n) {
        one.send(post("body " + std::to_string(n)));
        const auto answer = one.read_answer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "POST /a body " + std::to_string(n));
        EXPECT_FALSE(answer.header("Date").empty());
        EXPECT_FALSE(answer.header("X-Request-Id").empty());
        EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    }
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
    // The first answer comes last, from another thread.
    handler_.answer = [this](std::shared_ptr<Request> request, Reply reply) {
        if (request->path != "/a") return reply({.body = request->path});
        http_->later(core::Duration{20},
                     [this, reply] { pool_.add([reply] { reply({.body = "first"}); }); });
    };
    start();
    RawClient one = client();
    one.send(std::string{plain_get} + "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n" +
             "GET /c HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(one.read_answer().body, "first");
    EXPECT_EQ(one.read_answer().body, "/b");
    EXPECT_EQ(one.read_answer().body, "/c");
}

TEST_F(Http, WritesManyPipelinedAnswers) {
    start();
    RawClient one = client();
    std::string requests;
    for (int n = 0; n < 500; ++n)
        requests += plain_get;
    one.send(requests);
    for (int n = 0; n < 500; ++n)
        ASSERT_EQ(one.read_answer().body, "GET /a ") << n;
}

TEST_F(Http, LeavesOutTheBodyForHead) {
    start();
    RawClient one = client();
    one.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string{plain_get});
    EXPECT_EQ(one.read_answer(false).header("Content-Length"), "8");
    EXPECT_EQ(one.read_answer().body, "GET /a ");
}

TEST_F(Http, LeavesOutTheBodyWhereTheStatusAllowsNone) {
    handler_.answer = [](const std::shared_ptr<Request>& request, const Reply& reply) {
        reply({.status = request->path == "/a" ? 200 : std::stoi(request->path.substr(1)),
               .body = "content"});
    };
    start();
    for (const char* status : {"204", "205", "304"}) {
        RawClient one = client();
        one.send("GET /" + std::string{status} + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_THAT(one.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 " + std::string{status}));
        one.send(plain_get);
        EXPECT_EQ(one.read_answer().body, "content") << status;
    }
}

TEST_F(Http, ClosesAfterAnHttp10Request) {
    start();
    RawClient one = client();
    one.send("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(one.read_answer().header("Connection"), "close");
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Http, AsksForABodyThatTheClientHoldsBack) {
    start();
    RawClient one = client();
    one.send(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n");
    EXPECT_EQ(one.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    one.send("ok");
    EXPECT_EQ(one.read_answer().body, "POST /a ok");
}

TEST_F(Http, DoesNotAskForABodyThatItWillNotTake) {
    options_.limits.body_bytes_max = 10;
    start();
    RawClient one = client();
    one.send(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 11\r\n\r\n");
    EXPECT_EQ(one.read_answer().status, 413);
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Http, ReadsABodyInChunks) {
    start();
    EXPECT_EQ(ask("POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
                  .body,
              "POST /a abcde");
}

TEST_F(Http, RefusesAndClosesWhenItCannotKnowWhereTheNextRequestBegins) {
    options_.limits.body_bytes_max = 1'000;
    options_.limits.header_bytes_max = 1'000;
    options_.limits.target_bytes_max = 1'000;
    start();
    const std::string filler(20'000, 'a');
    const std::vector<std::pair<int, std::string>> bad{
        {400, "nonsense\r\n\r\n"},
        {400, "GET /%ff HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {413, post(filler)},
        {414, "GET /" + filler + " HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + filler + "\r\n\r\n"},
    };
    for (const auto& [status, request] : bad) {
        RawClient one = client();
        one.send(request);
        const auto answer = one.read_answer();
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(answer.header("Connection"), "close");
        EXPECT_TRUE(one.is_closed_by_server());
    }
}

TEST_F(Http, RefusesForeignHostsAndGoesOn) {
    start();
    RawClient one = client();
    one.send("GET /a HTTP/1.1\r\nHost: evil.example.com\r\n\r\n");
    EXPECT_EQ(one.read_answer().status, 421);
    one.send(plain_get);
    EXPECT_EQ(one.read_answer().status, 200);
}

TEST_F(Http, RefusesBeforeItReadsTheBody) {
    start();
    RawClient one = client();
    one.send(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example.com\r\n"
        "Content-Length: 1000000\r\n\r\n");
    EXPECT_EQ(one.read_answer().status, 403);
    one.finish_sending();
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Http, WantsTheToken) {
    options_.auth = AuthMode::token;
    options_.token = "abcdefgh";
    start();
    const auto refused = ask(plain_get);
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(refused.header("WWW-Authenticate"), StartsWith("Bearer"));
    EXPECT_EQ(
        ask("GET /a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer abcdefgh\r\n\r\n").status,
        200);
}

TEST_F(Http, CompressesForThoseWhoTakeIt) {
    const std::string text(5'000, 'a');
    handler_.answer = [&](auto, Reply reply) { reply({.body = text}); };
    start();
    const auto small = ask("GET /a HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(small.header("Content-Encoding"), "gzip");
    EXPECT_EQ(small.header("Vary"), "Accept-Encoding");
    EXPECT_LT(small.body.size(), 200u);
    const auto plain = ask(plain_get);
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(plain.body, text);
    RawClient head = client();
    head.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(head.read_answer(false).header("Vary"), "Accept-Encoding");
}

TEST_F(Http, CompressesLargeAnswersOnAWorkThread) {
    handler_.answer = [](auto, Reply reply) { reply({.body = std::string(200'000, 'a')}); };
    start();
    RawClient one = client();
    for (int n = 0; n < 2; ++n) {
        one.send("GET /a HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
        const auto answer = one.read_answer();
        EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
        EXPECT_LT(answer.body.size(), 2'000u);
    }
}

TEST_F(Http, WritesLargeAnswersToSlowReaders) {
    handler_.answer = [](auto, Reply reply) { reply({.body = std::string(8'000'000, 'a')}); };
    start();
    RawClient one = client(4'096);
    one.send(plain_get);
    EXPECT_EQ(one.read_answer().body.size(), 8'000'000u);
}

TEST_F(Http, AnswersWhenAHandlerGivesUp) {
    handler_.answer = [](auto, Reply) {};
    start();
    EXPECT_EQ(ask(plain_get).status, 500);
}

TEST_F(Http, AnswersWhenAHandlerThrows) {
    handler_.answer = [](auto, Reply) { throw std::runtime_error{"oops"}; };
    start();
    const auto answer = ask(plain_get);
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, Not(HasSubstr("oops")));
}

TEST_F(Http, CountsTheFirstAnswerOnly) {
    handler_.answer = [](auto, Reply reply) {
        reply({.body = "1"});
        reply({.body = "2"});
    };
    start();
    RawClient one = client();
    for (int n = 0; n < 2; ++n) {
        one.send(plain_get);
        EXPECT_EQ(one.read_answer().body, "1");
    }
}

TEST_F(Http, TellsWhenAnAnswerWasWrittenToSomebodyWhoWasStillThere) {
    runtime::testing::Harvest<std::string> written;
    runtime::testing::Harvest<std::function<void()>> asked;
    handler_.answer = [&](const std::shared_ptr<Request>& request, const Reply& reply) {
        asked.add([&written, request, reply] {
            Response response{.body = request->path};
            response.written = [&written, path = request->path] { written.add(path); };
            reply(std::move(response));
        });
    };
    start();
    RawClient gone = client();
    gone.send("GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto first = asked.wait_for(1).front();
    gone.finish_sending();
    first();
    gone.read_answer();
    RawClient there = client();
    there.send(plain_get);
    asked.wait_for(2).back()();
    there.read_answer();
    EXPECT_THAT(written.wait_for(1), ElementsAre("/a"));
}

TEST_F(Http, TakesAnswersFromManyThreads) {
    handler_.answer = [this](std::shared_ptr<Request> request, Reply reply) {
        pool_.add([request, reply] { reply({.body = request->body}); });
    };
    start();
    std::vector<std::thread> clients;
    for (int n = 0; n < 8; ++n) {
        clients.emplace_back([this, n] {
            RawClient one{http_->url()};
            for (int k = 0; k < 50; ++k) {
                const std::string body = std::to_string(n * 1'000 + k);
                one.send(post(body));
                EXPECT_EQ(one.read_answer().body, body);
            }
        });
    }
    for (std::thread& thread : clients)
        thread.join();
}

TEST_F(Http, KeepsTheClientsNameOfARequest) {
    start();
    EXPECT_EQ(ask("GET /a HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine-1\r\n\r\n")
                  .header("X-Request-Id"),
              "mine-1");
}

TEST_F(Http, TellsThatTheAddressIsTaken) {
    start();
    ServerOptions options;
    options.listen = http_->url().substr(7);
    const auto second = HttpServer::open(options, *log_, [](std::function<void()>) {});
    ASSERT_FALSE(second.has_value());
    EXPECT_TRUE(second.error().is(ServerErrc::cannot_listen));
    EXPECT_THAT(second.error().message(), HasSubstr("another program listens there"));
}

TEST_F(Http, TellsBeforehandWhetherAnAddressIsFree) {
    start();
    const std::string address = http_->url().substr(7);
    const auto taken = check_free(address);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message(), HasSubstr("another program listens there"));
    http_.reset();
    EXPECT_TRUE(check_free(address));
    EXPECT_TRUE(check_free("localhost:0"));
    EXPECT_TRUE(check_free("203.0.113.7:1").error().is(ServerErrc::cannot_listen));
    EXPECT_TRUE(check_free("nowhere").error().is(ServerErrc::bad_option));
}

TEST_F(Http, ListensOnIpv6) {
    options_.listen = "[::1]:0";
    auto http = HttpServer::open(options_, *log_, [](std::function<void()>) {});
    if (http) {
        EXPECT_THAT((*http)->url(), StartsWith("http://[::1]:"));
    } else {
        // A machine without IPv6 says so, and not that the address makes no sense.
        EXPECT_TRUE(http.error().is(ServerErrc::cannot_listen)) << http.error().message();
    }
}

TEST_F(Http, RefusesToListenBeyondLoopbackWithoutAToken) {
    options_.listen = "0.0.0.0:0";
    const auto http = HttpServer::open(options_, *log_, [](std::function<void()>) {});
    ASSERT_FALSE(http.has_value());
    EXPECT_TRUE(http.error().is(ServerErrc::bad_option));
}

TEST_F(Http, TakesOtherHostsWhileItRuns) {
    start();
    constexpr std::string_view request = "GET /a HTTP/1.1\r\nHost: box.lan\r\n\r\n";
    EXPECT_EQ(ask(request).status, 421);
    options_.allowed_hosts = {"box.lan"};
    ASSERT_TRUE(http_->reconfigure(options_).has_value());
    EXPECT_EQ(ask(request).status, 200);
}

}  // namespace
}  // namespace millrace::server
