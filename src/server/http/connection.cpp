// SPDX-License-Identifier: Apache-2.0
#include "http/connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "api/problem.hpp"
#include "http/response_text.hpp"

namespace millrace::server {

namespace {

constexpr std::size_t head_read_bytes = 4u << 10;
constexpr std::size_t body_read_bytes = 64u << 10;
// What the allocator would keep of smaller ones is no loss.
constexpr std::size_t large_body_bytes = 1u << 20;
// An idle connection keeps no more than this for its next request.
constexpr std::size_t idle_buffer_bytes = 8u << 10;
// However small the parts of a body are that come in time, all of it takes no longer than this many
// times the time for a part.
constexpr int body_patience = 10;

}  // namespace

core::Time system_time() {
    using namespace std::chrono;
    const auto now = system_clock::now().time_since_epoch();
    return {duration_cast<milliseconds>(now).count()};
}

std::string_view Connections::date(core::Time now) {
    if (const std::int64_t second = now.ms / 1'000; second != date_second_) {
        date_second_ = second;
        date_ = http_date(now);
    }
    return date_;
}

Connection::Connection(Connections& all, Socket socket, Peer peer)
    : all_{all},
      socket_{std::move(socket)},
      peer_{std::move(peer)},
      index_{all.open.size()},
      settings_{all.settings} {
    all_.open.push_back(this);
}

Connection::~Connection() {
    if (wake_) wake_->forget();
    if (slot_) slot_->forget();
    note_body();
    all_.open[index_] = all_.open.back();
    all_.open[index_]->index_ = index_;
    all_.open.pop_back();
}

void Connection::start() {
    IoError ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    // Twice the time after which the server itself gives up.
    watch_peer(socket_.native_handle(), limits().write_timeout + limits().write_timeout);
    asio::co_spawn(socket_.get_executor(), run(shared_from_this()), asio::detached);
}

void Connection::on_due(Instant now) {
    if (waiting_ == Waiting::room) {
        // A slow peer is not a dead one.
        const std::uint64_t acknowledged = acknowledged_bytes(socket_.native_handle());
        if (acknowledged != acknowledged_) {
            acknowledged_ = acknowledged;
            deadline_ = now + to_chrono(limits().write_timeout);
            return;
        }
    }
    deadline_ = Instant::max();
    if (waiting_ == Waiting::messages) return event_.set();
    // Beast waits on for the peer's end when only its wait is canceled.
    if (waiting_ == Waiting::goodbye) return cut();
    is_expired_ = true;
    IoError ignored;
    socket_.cancel(ignored);
    event_.set();
}

void Connection::drain() {
    if (waiting_ == Waiting::messages) return event_.set();
    // Of a request whose head has not come nothing was done: its client may repeat it elsewhere.
    const bool is_idle =
        waiting_ == Waiting::request && reader_ && reader_->state() == RequestReader::State::head;
    if (is_idle) cut();
}

void Connection::cut() {
    is_cut_ = true;
    IoError ignored;
    socket_.close(ignored);
    event_.set();
}

void Connection::wait_for(Waiting what, Instant deadline) {
    waiting_ = what;
    deadline_ = deadline;
    is_expired_ = false;
}

void Connection::wait_for_room() {
    acknowledged_ = acknowledged_bytes(socket_.native_handle());
    wait_for(Waiting::room, SteadyClock::now() + to_chrono(limits().write_timeout));
}

Task<void> Connection::run(std::shared_ptr<Connection> self) {
    try {
        bool goes_on = true;
        while (goes_on)
            goes_on = co_await self->exchange();
    } catch (const std::exception& failure) {
        self->all_.log.write(runtime::LogLevel::error, "a connection has failed",
                             {{"error", failure.what()}});
    }
    if (!self->out_.empty() && !self->is_cut_) co_await self->write_out({});
    self->waited();
    self->source_.reset();
    IoError ignored;
    self->socket_.close(ignored);
}

/// One request and its answer; false: nothing follows.
Task<bool> Connection::exchange() {
    settings_ = all_.settings;
    answer_ = Response{};
    note_body();
    request_ = std::make_shared<Request>();
    reader_.emplace(limits(), request_);
    const bool has_head = co_await read_head();
    if (!has_head) co_return false;
    name_request();
    settings_->guard.localise(*request_);
    // Elsewhere the wish for another protocol is nothing that a server has to mind.
    const bool is_websocket = reader_->wants_websocket() && all_.handler->is_websocket(*request_);
    const Wish wish = is_websocket ? Wish::websocket : Wish::answer;
    auto caller = settings_->guard.admit(*request_, wish, peer_);
    if (!caller) {
        if (reader_->state() != RequestReader::State::done) {
            co_await refuse(std::move(caller.error()));
            co_return false;
        }
        answer_ = to_response(caller.error(), *request_);
        const bool stays = co_await answer();
        co_return stays;
    }
    request_->caller = std::move(*caller);
    if (reader_->state() == RequestReader::State::body) {
        const bool is_whole = co_await read_body();
        if (!is_whole) co_return false;
    }
    if (is_websocket) {
        co_await upgrade();
        co_return false;
    }
    ask();
    if (!slot_->is_ready()) {
        const bool is_answered = co_await await_answer();
        if (!is_answered) co_return false;
    }
    answer_ = std::move(slot_->response());
    slot_.reset();
    if (answer_.stream != nullptr && request_->method != Method::head) {
        co_await stream_events();
        co_return false;
    }
    const bool goes_on = co_await answer();
    co_return goes_on;
}

/// The request goes now.
void Connection::note_body() {
    if (request_ && request_->body.capacity() >= large_body_bytes) all_.had_large_body = true;
}

void Connection::feed() {
    const auto bytes = input_.cdata();
    input_.consume(reader_->put({static_cast<const char*>(bytes.data()), bytes.size()}));
}

Task<bool> Connection::read_head() {
    using State = RequestReader::State;
    std::optional<Instant> head_deadline;
    for (;;) {
        feed();
        if (reader_->state() != State::head) break;
        const bool has_begun = reader_->has_begun() || input_.size() > 0;
        const Instant now = SteadyClock::now();
        if (has_begun && !head_deadline) head_deadline = now + to_chrono(limits().header_timeout);
        if (!has_begun && all_.is_draining) co_return false;
        // The compiler makes both sides of a choice inside of what is awaited.
        const Instant deadline = head_deadline.value_or(now + to_chrono(limits().idle_timeout));
        const bool has_more = co_await receive(deadline);
        if (has_more) continue;
        if (is_expired_ && has_begun) {
            co_await refuse(problem("request_timeout", "the request's head did not come in time"));
        }
        co_return false;
    }
    if (reader_->state() == State::refused) {
        co_await refuse(reader_->refusal());
        co_return false;
    }
    co_return true;
}

Task<bool> Connection::read_body() {
    using State = RequestReader::State;
    const Instant last = SteadyClock::now() + body_patience * to_chrono(limits().body_timeout);
    if (reader_->expects_continue() && input_.size() == 0) {
        out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    while (reader_->state() == State::body) {
        feed();
        if (reader_->state() != State::body) break;
        const Instant part = SteadyClock::now() + to_chrono(limits().body_timeout);
        const bool has_more = co_await receive(std::min(part, last));
        if (has_more) continue;
        if (is_expired_) {
            co_await refuse(problem("request_timeout", "the request's body did not come in time"));
        }
        co_return false;
    }
    if (reader_->state() == State::refused) {
        co_await refuse(reader_->refusal());
        co_return false;
    }
    co_return true;
}

/// Waits for more bytes; before it, writes what the peer may be waiting for.
Task<bool> Connection::receive(Instant deadline) {
    if (!out_.empty()) {
        const bool is_written = co_await write_out({});
        if (!is_written) co_return false;
    }
    if (input_.size() == 0 && input_.capacity() > idle_buffer_bytes) input_.shrink_to_fit();
    const bool in_body = reader_->state() == RequestReader::State::body;
    const auto room = input_.prepare(in_body ? body_read_bytes : head_read_bytes);
    IoError error;
    wait_for(Waiting::request, deadline);
    const std::size_t count =
        co_await socket_.async_read_some(room, asio::redirect_error(awaiting, error));
    waited();
    input_.commit(count);
    co_return !error && !is_cut_;
}

}  // namespace millrace::server
