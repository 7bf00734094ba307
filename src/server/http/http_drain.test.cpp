// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "http/testing/http_fixture.hpp"

namespace millrace::server {
namespace {

class Drain : public HttpFixture {
protected:
    /// Sends a request and waits until the handler has it.
    void begin_request(RawClient& one) {
        handler_.answer = [this](auto, Reply reply) { asked_.set_value(std::move(reply)); };
        one.send(plain_get);
        reply_ = asked_.get_future().get();
    }

    std::promise<Reply> asked_;
    Reply reply_;
};

TEST_F(Drain, AnswersWhatIsUnderWay) {
    start();
    RawClient one = client();
    begin_request(one);
    std::thread drain{[this] { http_->drain(core::Duration{10'000}); }};
    // Nobody new comes in any more.
    while (RawClient{http_->url()}.is_open())
        std::this_thread::yield();
    reply_({.body = "done"});
    const auto answer = one.read_answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.header("Connection"), "close");
    one.finish_sending();
    drain.join();
}

TEST_F(Drain, EndsIdleConnectionsAtOnce) {
    start();
    RawClient one = client();
    one.send(plain_get);
    EXPECT_EQ(one.read_answer().status, 200);
    http_->drain(core::Duration{10'000});
    EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(Drain, CutsOffWhatTakesLongerThanTheGrace) {
    start();
    RawClient one = client();
    begin_request(one);
    http_->drain(core::Duration{20});
    EXPECT_EQ(one.read_answer().status, 0);
    EXPECT_TRUE(one.is_closed_by_server());
    reply_({.body = "late"});
}

TEST_F(Drain, TakesAnAnswerAfterItsEnd) {
    start();
    RawClient one = client();
    begin_request(one);
    http_.reset();
    reply_({.body = "late"});
    EXPECT_TRUE(one.is_closed_by_server());
}

}  // namespace
}  // namespace millrace::server
