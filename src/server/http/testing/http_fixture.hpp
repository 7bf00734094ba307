// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "http/handler.hpp"
#include "http/http_server.hpp"
#include "http/testing/raw_client.hpp"
#include "service/work_pool.hpp"

namespace millrace::server {

/// Messages that a test gives when it likes. Thread-safe.
class FakeSource : public MessageSource {
public:
    Batch take(std::size_t bytes_max, std::function<void()> wake) override;
    void give(Message message);
    void end();
    /// There is always one more of these.
    void give_for_ever(std::string text);
    std::size_t taken() const;

private:
    mutable std::mutex mutex_;
    std::deque<Message> messages_;
    std::string for_ever_;
    bool has_ended_ = false;
    std::size_t taken_ = 0;
    std::function<void()> wake_;
};

/// Answers as the test has set; paths below /ws open WebSockets.
class FakeHandler : public RequestHandler {
public:
    std::function<void(std::shared_ptr<Request>, Reply)> answer;

    void handle(std::shared_ptr<Request> request, Reply reply) override {
        answer(std::move(request), std::move(reply));
    }
    bool is_websocket(const Request& request) const override {
        return request.path.starts_with("/ws");
    }
};

/// A server on a free port whose handler tells method, path and body back.
class HttpFixture : public ::testing::Test {
protected:
    HttpFixture();
    ~HttpFixture() override;

    /// With these options; `listen` and limits are set by the fixture unless the test does.
    void start();
    RawClient client(int receive_bytes = 0) { return RawClient{http_->url(), receive_bytes}; }
    /// One request on a connection of its own.
    RawClient::Answer ask(std::string_view request);

    ServerOptions options_;
    FakeHandler handler_;
    std::shared_ptr<runtime::Log> log_ = runtime::make_silent_log();
    WorkPool pool_{1, *log_};
    std::unique_ptr<HttpServer> http_;
};

inline constexpr std::string_view plain_get = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace millrace::server
