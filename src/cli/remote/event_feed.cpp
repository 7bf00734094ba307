// SPDX-License-Identifier: Apache-2.0
#include "remote/event_feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "millrace/format/json.hpp"
#include "remote/stream_reader.hpp"

namespace millrace::cli {
namespace {

// Together about half a minute: as long as a server takes to be replaced by a new one.
constexpr int tries_max = 12;
constexpr std::chrono::milliseconds pause_first{100};
constexpr std::chrono::milliseconds pause_max{4'000};

bool ends_execution(core::EventType type) {
    return type == core::EventType::execution_completed ||
           type == core::EventType::execution_failed || type == core::EventType::execution_canceled;
}

}  // namespace

EventFeed::EventFeed(const ApiClient& client, core::ExecutionId id, std::string after)
    : client_{client}, id_{id}, cursor_{std::move(after)}, thread_{[this] { read(); }} {}

EventFeed::~EventFeed() {
    is_over_ = true;
}

EventFeed::News EventFeed::take() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(news_, {});
}

void EventFeed::read() {
    int tries = 0;
    while (!is_over_) {
        const std::size_t before = received_;
        if (!read_once()) break;
        tries = received_ > before ? 0 : tries + 1;
        if (tries >= tries_max) break;
        if (tries == 1) {
            const std::scoped_lock lock{mutex_};
            news_.is_trying_again = true;
        }
        bell_.ring();
        wait_a_little(tries);
    }
    {
        const std::scoped_lock lock{mutex_};
        news_.error = broken_;
        news_.has_ended = !broken_;
    }
    bell_.ring();
}

bool EventFeed::read_once() {
    StreamReader reader;
    bool has_ended = false;
    const auto take = [&](const StreamReader::Message& message) {
        const auto value = format::read_json(message.data);
        if (!value) return;
        auto event = core::Event::from_value(*value);
        // What is no event of an execution, such as a word of the stream itself, has no place.
        if (!event) return;
        cursor_ = message.id.empty() ? event->cursor() : message.id;
        ++received_;
        has_ended = has_ended || ends_execution(event->type);
        {
            const std::scoped_lock lock{mutex_};
            news_.events.push_back(std::move(*event));
        }
        bell_.ring();
    };
    Query query;
    if (!cursor_.empty()) query.emplace_back("after", cursor_);
    const core::Result<> read = client_.stream(api_path({"executions", id_.text(), "events"}),
                                               query, [&](std::string_view bytes) {
                                                   reader.feed(bytes, take);
                                                   return !has_ended && !is_over_;
                                               });
    broken_.reset();
    if (has_ended || is_over_) return false;
    broken_ = read ? core::Error{RemoteErrc::unreachable,
                                 "the server at " + client_.url() + " ends the connection"}
                   : read.error();
    return broken_->is(RemoteErrc::unreachable) || broken_->is(RemoteErrc::busy) ||
           broken_->is(RemoteErrc::refused);
}

void EventFeed::wait_a_little(int tries) {
    auto left = pause_first;
    for (int i = 1; i < tries && left < pause_max; ++i)
        left = std::min(left * 2, pause_max);
    constexpr std::chrono::milliseconds step{50};
    for (; left.count() > 0 && !is_over_; left -= step)
        std::this_thread::sleep_for(step);
}

}  // namespace millrace::cli
