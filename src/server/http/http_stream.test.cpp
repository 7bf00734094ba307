// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/testing/http_fixture.hpp"

namespace millrace::server {
namespace {

using ::testing::HasSubstr;

/// A server whose every answer is the same stream.
class HttpStream : public HttpFixture {
protected:
    HttpStream() {
        handler_.answer = [this](auto, Reply reply) {
            Response response;
            response.stream = source_;
            reply(std::move(response));
        };
    }
    bool is_released() {
        for (int n = 0; n < 500 && source_.use_count() > 1; ++n) {
            std::this_thread::sleep_for(std::chrono::milliseconds{4});
        }
        return source_.use_count() == 1;
    }

    std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
};

constexpr std::string_view handshake =
    "GET /ws/a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: millrace.v1\r\n\r\n";

/// A client's frame, whose mask is zero.
std::string frame(char opcode, std::string_view payload) {
    std::string text{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size())};
    return text.append(4, '\0').append(payload);
}

TEST_F(HttpStream, WritesEventsAsTheyCome) {
    start();
    source_->give({.text = "{\"n\":1}", .cursor = "c1"});
    RawClient one = client();
    one.send(plain_get);
    const auto head = one.read_answer(false);
    EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(one.read_until("\n\n\r\n"), "16\r\nid: c1\ndata: {\"n\":1}\n\n\r\n");
    source_->give({.text = "{}", .cursor = "c2", .event = "node"});
    EXPECT_THAT(one.read_until("\n\n\r\n"), HasSubstr("id: c2\nevent: node\ndata: {}\n\n"));
    source_->end();
    EXPECT_EQ(one.read_to_end(), "0\r\n\r\n");
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, WritesToHttp10WithoutChunks) {
    start();
    source_->give({.text = "{}"});
    source_->end();
    RawClient one = client();
    one.send("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(one.read_answer(false).header("Transfer-Encoding"), "");
    EXPECT_EQ(one.read_to_end(), "data: {}\n\n");
}

TEST_F(HttpStream, ShowsThatItLives) {
    options_.limits.heartbeat = core::Duration{30};
    start();
    RawClient one = client();
    one.send(plain_get);
    one.read_answer(false);
    EXPECT_EQ(one.read_until("\n\n\r\n"), "d\r\n: heartbeat\n\n\r\n");
    EXPECT_EQ(one.read_until("\n\n\r\n"), "d\r\n: heartbeat\n\n\r\n");
}

TEST_F(HttpStream, NoticesThatAReaderHasGone) {
    start();
    {
        RawClient one = client();
        one.send(plain_get);
        one.read_answer(false);
    }
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, PullsNoMoreThanASlowReaderTakes) {
    options_.limits.write_timeout = core::Duration{200};
    source_->give_for_ever(std::string(1'000, 'a'));
    start();
    RawClient one = client(4'096);
    one.send(plain_get);
    one.read_answer(false);
    EXPECT_TRUE(is_released());  // cut, since nothing moves
    EXPECT_LT(source_->taken(), 20'000u);
}

TEST_F(HttpStream, EndsEventStreamsWhenItDrains) {
    start();
    RawClient one = client();
    one.send(plain_get);
    one.read_answer(false);
    http_->drain(core::Duration{5'000});
    EXPECT_EQ(one.read_to_end(), "14\r\n: the server stops\n\n\r\n0\r\n\r\n");
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, SendsMessagesOverAWebSocket) {
    start();
    RawClient one = client();
    one.send(handshake);
    const auto answer = one.read_answer(false);
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "millrace.v1");
    source_->give({.text = "{\"n\":1}"});
    EXPECT_EQ(one.read_bytes(9), "\x81\x07{\"n\":1}");
    one.send(frame(9, "hi"));
    EXPECT_EQ(one.read_bytes(4), "\x8a\x02hi");
    one.send(frame(1, "talk"));  // is not listened to
    source_->give({.text = "{}"});
    EXPECT_EQ(one.read_bytes(4), "\x81\x02{}");
    source_->end();
    EXPECT_EQ(one.read_bytes(4), "\x88\x02\x03\xe8");
    one.send(frame(8, "\x03\xe8"));
    EXPECT_TRUE(one.is_closed_by_server());
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, SaysGoodbyeToWebSocketsWhenItDrains) {
    start();
    std::thread drain;
    {
        RawClient one = client();
        one.send(handshake);
        EXPECT_EQ(one.read_answer(false).status, 101);
        drain = std::thread{[this] { http_->drain(core::Duration{60'000}); }};
        EXPECT_EQ(one.read_bytes(20), std::string("\x88\x12\x03\xe9") + "the server stops");
        one.send(frame(8, "\x03\xe9"));
        EXPECT_TRUE(one.is_closed_by_server());
    }
    drain.join();
}

TEST_F(HttpStream, DoesNotWaitLongForAWebSocketThatSaysNoGoodbye) {
    start();
    RawClient one = client();
    one.send(handshake);
    EXPECT_EQ(one.read_answer(false).status, 101);
    http_->drain(core::Duration{60'000});
    EXPECT_EQ(one.read_bytes(20), std::string("\x88\x12\x03\xe9") + "the server stops");
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(HttpStream, CutsAWebSocketWhosePeerIsSilent) {
    options_.limits.heartbeat = core::Duration{40};
    start();
    RawClient one = client();
    one.send(handshake);
    EXPECT_EQ(one.read_answer(false).status, 101);
    EXPECT_EQ(one.read_bytes(2), std::string("\x89\x00", 2));  // a ping, never answered
    EXPECT_TRUE(one.is_closed_by_server());
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, RefusesFramesThatAreTooLargeOrWrong) {
    start();
    for (const std::string& bad :
         {std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14),
          std::string("\x81\x02hi"), frame(3, "x"), frame(1, "\xff\xfe")}) {
        RawClient one = client();
        one.send(handshake);
        EXPECT_EQ(one.read_answer(false).status, 101);
        one.send(bad);
        EXPECT_TRUE(one.is_closed_by_server());
    }
    EXPECT_TRUE(is_released());
}

TEST_F(HttpStream, RefusesWrongUpgrades) {
    start();
    const auto status_of = [&](std::string_view from, std::string_view to) {
        std::string request{handshake};
        request.replace(request.find(from), from.size(), to);
        return ask(request).status;
    };
    EXPECT_EQ(status_of("Version: 13", "Version: 8"), 426);
    EXPECT_EQ(status_of("Sec-WebSocket-Version: 13\r\n", ""), 426);
    EXPECT_EQ(status_of("dGhlIHNhbXBsZSBub25jZQ==", "short"), 400);
    EXPECT_EQ(status_of("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400);
    EXPECT_EQ(status_of("GET /ws/a", "POST /ws/a"), 400);
    EXPECT_EQ(status_of("HTTP/1.1", "HTTP/1.0"), 400);
    EXPECT_EQ(status_of("millrace.v1", "chat"), 400);
    EXPECT_EQ(
        status_of("Host: localhost\r\n", "Host: localhost\r\nOrigin: https://evil.example.com\r\n"),
        403);
}

TEST_F(HttpStream, AnswersARequestThatWishesForAWebSocketWhereNoneIs) {
    handler_.answer = [](const std::shared_ptr<Request>& request, const Reply& reply) {
        reply({.body = request->method_text + " " + request->path});
    };
    start();
    for (const std::string method : {"GET", "POST"}) {
        std::string request{handshake};
        request.replace(0, std::string_view{"GET /ws/a"}.size(), method + " /a");
        const auto answer = ask(request);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, method + " /a");
    }
}

TEST_F(HttpStream, AcceptsAWebSocketWithoutSubprotocol) {
    start();
    std::string request{handshake};
    request.erase(request.find("Sec-WebSocket-Protocol"),
                  std::string_view{"Sec-WebSocket-Protocol: millrace.v1\r\n"}.size());
    const auto answer = ask(request);
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.header("Sec-WebSocket-Protocol"), "");
}

}  // namespace
}  // namespace millrace::server
