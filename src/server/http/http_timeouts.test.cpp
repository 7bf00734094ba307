// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "http/testing/http_fixture.hpp"

namespace millrace::server {
namespace {

/// Limits that end within a test's time.
class Patience : public HttpFixture {
protected:
    Patience() {
        options_.limits.header_timeout = core::Duration{60};
        options_.limits.body_timeout = core::Duration{60};
        options_.limits.idle_timeout = core::Duration{60};
        options_.limits.write_timeout = core::Duration{60};
    }
};

TEST_F(Patience, EndsWithASilentClient) {
    start();
    RawClient one = client();
    EXPECT_EQ(one.read_to_end(), "");
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, EndsWithAnIdleClient) {
    start();
    RawClient one = client();
    one.send(plain_get);
    EXPECT_EQ(one.read_answer().status, 200);
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, AnswersASlowlorisOnceAndEnds) {
    start();
    RawClient one = client();
    one.send("GET /a HTTP/1.1\r\nHost: localhost\r\nX-A: ");
    EXPECT_EQ(one.read_answer().status, 408);
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, CountsTheTimeForAHeadFromItsFirstByte) {
    start();
    RawClient one = client();
    // Each byte comes in time, all of them do not.
    one.send("GET /a HTTP/1.1\r\nHost: localhost\r\nX-A: ");
    for (int n = 0; n < 30; ++n) {
        one.send("a");
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    EXPECT_EQ(one.read_answer().status, 408);
}

TEST_F(Patience, EndsWithABodyThatDoesNotCome) {
    start();
    RawClient one = client();
    one.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(one.read_answer().status, 408);
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, EndsWithAHalfClosedClient) {
    start();
    RawClient one = client();
    one.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
    one.finish_sending();
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, AnswersAClientThatHasNothingMoreToSay) {
    start();
    RawClient one = client();
    one.send(plain_get);
    one.finish_sending();
    EXPECT_EQ(one.read_answer().status, 200);
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Patience, CutsAReaderThatTakesNothing) {
    handler_.answer = [](auto, Reply reply) { reply({.body = std::string(16'000'000, 'a')}); };
    start();
    RawClient one = client(4'096);
    one.send(plain_get);
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    EXPECT_LT(one.read_to_end().size(), 16'000'000u);
}

TEST_F(Patience, WaitsForAReaderThatIsOnlySlow) {
    handler_.answer = [](auto, Reply reply) { reply({.body = std::string(2'000'000, 'a')}); };
    options_.limits.write_timeout = core::Duration{150};
    start();
    RawClient one = client(4'096);
    one.send(plain_get);
    std::size_t got = 0;
    for (int n = 0; n < 20; ++n) {
        got += one.read_bytes(20'000).size();
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    got += one.read_bytes(2'000'000 - got).size();
    EXPECT_EQ(got, 2'000'000u);
}

TEST_F(HttpFixture, TurnsAwayMoreConnectionsThanItMayHave) {
    options_.limits.connections_max = 2;
    start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int n = 0; n < 2; ++n) {
        clients.push_back(std::make_unique<RawClient>(http_->url()));
        clients.back()->send(plain_get);
        EXPECT_EQ(clients.back()->read_answer().status, 200);
    }
    RawClient third = client();
    const auto answer = third.read_answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "1");
    EXPECT_EQ(answer.body.back(), '}');
    clients.front()->send(plain_get);
    EXPECT_EQ(clients.front()->read_answer().status, 200);
}

}  // namespace
}  // namespace millrace::server
