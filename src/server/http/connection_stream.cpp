// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "http/connection.hpp"
#include "http/response_text.hpp"

namespace millrace::server {

namespace {

// What is pulled at once from a source: large enough to share a write, small enough for 10,000
// readers at a time.
constexpr std::size_t pull_bytes = 32u << 10;
// A reader of an event stream has nothing more to say; one that talks on is not listening.
constexpr std::size_t discarded_bytes_max = 64u << 10;

}  // namespace

void Connection::follow(std::shared_ptr<MessageSource> source) {
    source_ = std::move(source);
    wake_ = std::make_shared<WakeSlot>([this] {
        is_armed_ = false;
        event_.set();
    });
    release_buffers();
    put_off_heartbeat();
}

/// Whoever only listens needs none of what a request needs.
void Connection::release_buffers() {
    input_.clear();
    input_.shrink_to_fit();
    answer_ = Response{};
    slot_.reset();
    reader_.reset();
    request_ = std::make_shared<Request>();
}

void Connection::put_off_heartbeat() {
    heartbeat_at_ = SteadyClock::now() + to_chrono(limits().heartbeat);
}

/// What there is, unless the source has promised to say when there is more.
MessageSource::Batch Connection::pull() {
    if (is_armed_) return {};
    MessageSource::Batch batch =
        source_->take(pull_bytes, [wake = wake_, mailbox = all_.mailbox] { mailbox->put(wake); });
    is_armed_ = batch.messages.empty() && !batch.has_ended;
    return batch;
}

Task<void> Connection::await_messages() {
    wait_for(Waiting::messages, heartbeat_at_);
    co_await event_.wait();
    waited();
}

/// Reads what nobody has asked for, to see the end of the connection.
void Connection::watch_for_end() {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](IoError error) {
        std::array<char, 1'024> scrap;
        if (!error) self->discarded_ += self->socket_.read_some(asio::buffer(scrap), error);
        if (error == asio::error::would_block) error = {};
        if (!error && self->discarded_ <= discarded_bytes_max) return self->watch_for_end();
        self->is_gone_ = true;
        self->event_.set();
    });
}

Task<void> Connection::stream_events() {
    const bool is_chunked = reader_->version() >= 11;
    answer_.headers.set("Content-Type", "text/event-stream");
    answer_.headers.set("X-Accel-Buffering", "no");  // proxies would wait for more
    is_gzip_ = false;
    append_answer_head(false, true);
    follow(std::move(answer_.stream));
    watch_for_end();
    bool goes_on = true;
    while (goes_on) {
        const std::size_t begin = out_.size();
        const MessageSource::Batch batch = pull();
        for (const auto& message : batch.messages)
            append_event(out_, message);
        if (all_.is_draining) out_.append(": the server stops\n\n");
        if (out_.size() == begin && is_heartbeat_due()) out_.append(": heartbeat\n\n");
        if (is_chunked && out_.size() > begin) make_chunk(out_, begin);
        const bool is_last = batch.has_ended || all_.is_draining;
        if (is_chunked && is_last) out_.append("0\r\n\r\n");
        if (!out_.empty()) {
            goes_on = co_await write_out({});
            put_off_heartbeat();
        } else if (!is_last) {
            co_await await_messages();
        }
        goes_on = goes_on && !is_last && !is_gone_ && !is_cut_;
    }
    if (!is_cut_ && !is_gone_) {
        IoError ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
    }
}

}  // namespace millrace::server
