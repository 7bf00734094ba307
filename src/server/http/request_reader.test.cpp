// SPDX-License-Identifier: Apache-2.0
#include "http/request_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace millrace::server {
namespace {

using State = RequestReader::State;
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Reading {
    HttpLimits limits;
    std::shared_ptr<Request> request = std::make_shared<Request>();
    RequestReader reader{limits, request};

    explicit Reading(HttpLimits its_limits = {}) : limits{its_limits} {}

    /// All of it in pieces of this size, until the reader wants no more; what it has left.
    std::string give(std::string_view bytes, std::size_t piece = ~std::size_t{0}) {
        std::string waiting;
        while (!bytes.empty() || !waiting.empty()) {
            const std::string_view next = bytes.substr(0, piece);
            bytes.remove_prefix(next.size());
            waiting.append(next);
            std::size_t taken = 1;
            while (taken > 0 && reader.state() != State::done && reader.state() != State::refused) {
                taken = reader.put(waiting);
                waiting.erase(0, taken);
            }
            if (next.empty() || reader.state() == State::done) break;
        }
        return waiting + std::string{bytes};
    }
    std::string refusal() const {
        return reader.state() == State::refused ? reader.refusal().code : "";
    }
};

std::string refusal_of(std::string_view bytes, HttpLimits limits = {}) {
    Reading reading{limits};
    reading.give(bytes);
    return reading.refusal();
}

std::string head(std::string_view line, std::string_view fields = "") {
    return std::string{line} + "\r\nHost: localhost\r\n" + std::string{fields} + "\r\n";
}

constexpr std::string_view chunked_post =
    "POST /a%2Fb/c?x=1&y=%41+%2B&x=2 HTTP/1.1\r\nHost: localhost\r\nX-Name: value \r\n"
    "Transfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: t\r\n\r\n";

TEST(RequestReader, ReadsARequest) {
    Reading reading;
    EXPECT_EQ(reading.give(std::string{chunked_post} + "GET"), "GET");
    ASSERT_EQ(reading.reader.state(), State::done);
    const Request& request = *reading.request;
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.path, "/a/b/c");
    EXPECT_EQ(request.segments, (std::vector<std::string>{"a/b", "c"}));
    EXPECT_EQ(request.query, (Pairs{{"x", "1"}, {"y", "A +"}, {"x", "2"}}));
    EXPECT_EQ(request.header("x-name"), "value");
    EXPECT_EQ(request.header("Trailer"), "");
    EXPECT_EQ(request.body, "hello!");
    EXPECT_TRUE(reading.reader.goes_on());
}

RC_GTEST_PROP(RequestReader, ReadsTheSameHoweverTheBytesCome, ()) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, chunked_post.size());
    Reading reading;
    reading.give(chunked_post, piece);
    RC_ASSERT(reading.reader.state() == State::done);
    RC_ASSERT(reading.request->body == "hello!");
    RC_ASSERT(reading.request->path == "/a/b/c");
    RC_ASSERT(reading.request->headers.all().size() == 3);
}

RC_GTEST_PROP(RequestReader, NeverReadsPastOneRequest, (const std::string& noise)) {
    const std::string request = head("POST / HTTP/1.1", "Content-Length: 2\r\n") + "ok";
    Reading reading;
    RC_ASSERT(reading.give(request + noise) == noise);
    RC_ASSERT(reading.request->body == "ok");
}

RC_GTEST_PROP(RequestReader, EndsInOneOfItsStatesWhateverComes, (const std::string& noise)) {
    Reading reading;
    reading.give(noise + "\r\n\r\n");
    if (reading.reader.state() != State::refused) return;
    RC_ASSERT(reading.reader.refusal().status >= 400);
}

TEST(RequestReader, StopsAfterTheHead) {
    Reading reading;
    const std::string request = head("POST / HTTP/1.1", "Content-Length: 2\r\n");
    EXPECT_EQ(reading.reader.put(request + "ok"), request.size());
    EXPECT_EQ(reading.reader.state(), State::body);
    EXPECT_EQ(reading.reader.put("ok"), 2u);
    EXPECT_EQ(reading.reader.state(), State::done);
}

TEST(RequestReader, KnowsWhetherTheConnectionGoesOn) {
    const auto goes_on = [](std::string_view request) {
        Reading reading;
        reading.give(request);
        return reading.reader.state() == State::done && reading.reader.goes_on();
    };
    EXPECT_TRUE(goes_on(head("GET / HTTP/1.1")));
    EXPECT_FALSE(goes_on(head("GET / HTTP/1.1", "Connection: close\r\n")));
    EXPECT_FALSE(goes_on("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(goes_on("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_TRUE(goes_on("\r\n" + head("GET / HTTP/1.1")));
}

TEST(RequestReader, RefusesWhatIsNoHttp) {
    EXPECT_EQ(refusal_of("\x16\x03\x01\x02\x00\x01\r\n\r\n"), "bad_request");  // TLS
    EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\n"), "bad_request");
    EXPECT_EQ(refusal_of("GET /\r\n\r\n"), "bad_request");
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n"), "bad_request");
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", "no colon\r\n")), "bad_request");
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", "Space : x\r\n")), "bad_request");
}

TEST(RequestReader, RefusesTargetsThatCannotBeUnderstood) {
    for (const char* target :
         {"/%", "/%4", "/%zz", "/%ff", "/%c3%28", "/a%00b", "/a%0d%0aX:y", "/?a=%ff",
          "/?%=", "example.com:80", "http://", "http://\xff/", "a"}) {
        EXPECT_EQ(refusal_of(head("GET " + std::string{target} + " HTTP/1.1")), "bad_request")
            << target;
    }
}

TEST(RequestReader, RefusesHeadersThatLogsCouldNotShow) {
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", "X: \xff\xfe\r\n")), "bad_request");
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", "X: caf\xc3\xa9\r\n")), "");
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", "X: a\x01\r\n")), "bad_request");
}

TEST(RequestReader, RefusesWhatTwoServersCouldReadDifferently) {
    for (const char* fields :
         {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
          "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: +1\r\n",
          "Content-Length: 1x\r\n", "Transfer-Encoding: gzip\r\n",
          "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Host: other\r\n"}) {
        EXPECT_EQ(refusal_of(head("POST / HTTP/1.1", fields) + "0\r\n\r\n"), "bad_request")
            << fields;
    }
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), "bad_request");  // no Host
    EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              "bad_request");
}

TEST(RequestReader, BoundsTheTarget) {
    const HttpLimits limits{.target_bytes_max = 100, .header_bytes_max = 200};
    const auto get = [](std::size_t length) {
        return "GET /" + std::string(length - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    EXPECT_EQ(refusal_of(get(100), limits), "");
    EXPECT_EQ(refusal_of(get(101), limits), "uri_too_long");
    EXPECT_EQ(refusal_of("GET /" + std::string(1'000, 'a'), limits), "uri_too_long");
}

TEST(RequestReader, BoundsTheHeaders) {
    const HttpLimits limits{.header_bytes_max = 200};
    const auto get = [](std::size_t length) {
        return head("GET / HTTP/1.1", "X: " + std::string(length, 'a') + "\r\n");
    };
    EXPECT_EQ(refusal_of(get(100), limits), "");
    EXPECT_EQ(refusal_of(get(201), limits), "header_too_large");
    EXPECT_EQ(refusal_of(get(20'000), limits), "header_too_large");
    std::string many;
    for (int n = 0; n < 200; ++n)
        many += "a:\r\n";
    EXPECT_EQ(refusal_of(head("GET / HTTP/1.1", many)), "header_too_large");
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nX: " + std::string(30'000, 'a')), "header_too_large");
}

TEST(RequestReader, BoundsTheBodyHoweverItComes) {
    const HttpLimits limits{.body_bytes_max = 10};
    EXPECT_EQ(refusal_of(head("POST / HTTP/1.1", "Content-Length: 11\r\n"), limits), "too_large");
    EXPECT_EQ(refusal_of(head("POST / HTTP/1.1", "Content-Length: 10\r\n") + "0123456789", limits),
              "");
    const std::string chunks = head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(refusal_of(chunks + "6\r\nabcdef\r\n6\r\nabcdef\r\n", limits), "too_large");
    EXPECT_EQ(refusal_of(chunks + "ffffffffffffffff\r\n", limits), "too_large");
    EXPECT_EQ(refusal_of(chunks + "zz\r\n", limits), "bad_request");
}

TEST(RequestReader, BoundsTheLinesBetweenChunks) {
    const std::string chunks = head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(refusal_of(chunks + "1;" + std::string(100'000, 'a')), "bad_request");
    EXPECT_EQ(refusal_of(chunks + "0\r\nX: " + std::string(100'000, 'a')), "bad_request");
}

TEST(RequestReader, TellsWhatTheClientExpects) {
    Reading reading;
    reading.give(head("POST / HTTP/1.1", "Expect: 100-Continue\r\nContent-Length: 1\r\n"));
    EXPECT_TRUE(reading.reader.expects_continue());
    Reading upgrade;
    upgrade.give(
        head("GET / HTTP/1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"));
    EXPECT_TRUE(upgrade.reader.wants_websocket());
    Reading other;
    other.give(head("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
    EXPECT_FALSE(other.reader.wants_websocket());
}

}  // namespace
}  // namespace millrace::server
