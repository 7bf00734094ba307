// SPDX-License-Identifier: Apache-2.0
#include "http/testing/http_fixture.hpp"

namespace millrace::server {

MessageSource::Batch FakeSource::take(std::size_t bytes_max, std::function<void()> wake) {
    const std::scoped_lock lock{mutex_};
    Batch batch;
    for (std::size_t bytes = 0; bytes < bytes_max;) {
        if (messages_.empty() && !for_ever_.empty()) messages_.push_back({.text = for_ever_});
        if (messages_.empty()) break;
        bytes += messages_.front().text.size();
        batch.messages.push_back(std::move(messages_.front()));
        messages_.pop_front();
    }
    taken_ += batch.messages.size();
    batch.has_ended = has_ended_ && messages_.empty();
    if (batch.messages.empty() && !batch.has_ended) wake_ = std::move(wake);
    return batch;
}

void FakeSource::give(Message message) {
    const std::scoped_lock lock{mutex_};
    messages_.push_back(std::move(message));
    if (wake_) std::exchange(wake_, {})();
}

void FakeSource::end() {
    const std::scoped_lock lock{mutex_};
    has_ended_ = true;
    if (wake_) std::exchange(wake_, {})();
}

void FakeSource::give_for_ever(std::string text) {
    const std::scoped_lock lock{mutex_};
    for_ever_ = std::move(text);
    if (wake_) std::exchange(wake_, {})();
}

std::size_t FakeSource::taken() const {
    const std::scoped_lock lock{mutex_};
    return taken_;
}

HttpFixture::HttpFixture() {
    options_.listen = "127.0.0.1:0";
    handler_.answer = [](const std::shared_ptr<Request>& request, const Reply& reply) {
        Response response;
        response.headers.add("Content-Type", "text/plain");
        response.body = request->method_text + " " + request->path + " " + request->body;
        reply(std::move(response));
    };
}

HttpFixture::~HttpFixture() {
    pool_.stop();
    http_.reset();
}

void HttpFixture::start() {
    auto http = HttpServer::open(
        options_, *log_, [this](std::function<void()> task) { pool_.add(std::move(task)); });
    ASSERT_TRUE(http.has_value()) << http.error().message();
    http_ = std::move(*http);
    http_->serve(handler_);
}

RawClient::Answer HttpFixture::ask(std::string_view request) {
    RawClient client{http_->url()};
    client.send(request);
    return client.read_answer();
}

}  // namespace millrace::server
