// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "api/problem.hpp"
#include "http/connection.hpp"
#include "http/gzip.hpp"
#include "http/response_text.hpp"
#include "http/target.hpp"
#include "http/text.hpp"

namespace millrace::server {

namespace {

// Larger answers are compressed on a work thread: this much takes less than a millisecond.
constexpr std::size_t gzip_here_bytes_max = 32u << 10;
// Answers to pipelined requests are written together up to this size.
constexpr std::size_t gathered_bytes_max = 64u << 10;
// A connection that stays keeps no larger buffer for its answers.
constexpr std::size_t kept_out_bytes = 4u << 10;
// What a refused client may still send before it is cut off, so that it can read why.
constexpr std::size_t linger_bytes_max = 4u << 20;
constexpr std::size_t linger_read_bytes = 16u << 10;
constexpr std::chrono::milliseconds linger_time{1'000};
// A handler has its own limits for waiting. This is for one that forgets to answer.
constexpr core::Duration answer_spare{30'000};

/// A body that a work thread makes smaller.
class Compression : public Arrival {
public:
    Compression(std::string body, std::function<void()> done)
        : body_{std::move(body)}, done_{std::move(done)} {}

    void work() { small_ = gzip(body_); }
    void forget() { done_ = {}; }
    bool is_done() const { return is_done_; }
    std::string& body() { return body_; }
    std::string& small() { return small_; }
    void on_arrival() override {
        is_done_ = true;
        if (done_) done_();
    }

private:
    std::string body_;
    std::string small_;
    std::function<void()> done_;
    bool is_done_ = false;
};

bool may_compress(const Response& answer, const HttpLimits& limits) {
    if (answer.body.size() < limits.gzip_bytes_min) return false;
    if (answer.headers.find("Content-Encoding") != nullptr) return false;
    const std::string* type = answer.headers.find("Content-Type");
    return type == nullptr || is_compressible(*type);
}

}  // namespace

/// The name under which logs and problems know the request: its client's, if that gives one.
void Connection::name_request() {
    request_->received_at = system_time();
    request_->id = usable_request_id(request_->header("X-Request-Id"));
    if (request_->id.empty()) {
        request_->id = all_.request_id_prefix + std::to_string(++all_.requests);
    }
}

void Connection::ask() {
    slot_ = std::make_shared<ReplySlot>(all_.mailbox);
    try {
        all_.handler->handle(request_, ReplySlot::reply_of(slot_, request_));
    } catch (const std::exception& failure) {
        all_.log.write(runtime::LogLevel::error, "a request has failed",
                       {{"request_id", request_->id}, {"error", failure.what()}});
        slot_->give(to_response(problem("internal", "the request has failed"), *request_));
    }
}

Task<bool> Connection::await_answer() {
    if (!out_.empty()) {
        const bool is_written = co_await write_out({});
        if (!is_written) co_return false;
    }
    slot_->on_ready([this] { event_.set(); });
    wait_for(Waiting::answer, SteadyClock::now() + to_chrono(limits().wait_max + answer_spare));
    while (!slot_->is_ready() && !is_expired_ && !is_cut_)
        co_await event_.wait();
    waited();
    slot_->forget();
    if (is_cut_) co_return false;
    if (!slot_->is_ready()) {
        slot_ = std::make_shared<ReplySlot>(all_.mailbox);
        slot_->give(to_response(problem("timed_out", "the request took too long"), *request_));
    }
    co_return true;
}

Task<void> Connection::compress() {
    if (!accepts_gzip(request_->header("Accept-Encoding"))) co_return;
    if (answer_.body.size() <= gzip_here_bytes_max) {
        std::string small = gzip(answer_.body);
        is_gzip_ = !small.empty();
        if (is_gzip_) answer_.body = std::move(small);
        co_return;
    }
    const auto compression =
        std::make_shared<Compression>(std::move(answer_.body), [this] { event_.set(); });
    all_.work([compression, mailbox = all_.mailbox] {
        compression->work();
        mailbox->put(compression);
    });
    wait_for(Waiting::answer, Instant::max());
    while (!compression->is_done() && !is_cut_)
        co_await event_.wait();
    waited();
    compression->forget();
    // Cut off: nobody reads the answer, and the work thread may still read its body.
    if (!compression->is_done()) co_return;
    is_gzip_ = !compression->small().empty();
    answer_.body = std::move(is_gzip_ ? compression->small() : compression->body());
}

bool Connection::gathers(std::size_t body_bytes) const {
    return input_.size() > 0 && gathered_ + 1 < limits().pipelined_max &&
           out_.size() + body_bytes <= gathered_bytes_max;
}

void Connection::append_answer_head(bool goes_on, bool is_stream) {
    HeadContext context{.date = all_.date(system_time()),
                        .request_id = request_->id,
                        .version = reader_->version(),
                        .goes_on = goes_on,
                        .is_gzip = is_gzip_};
    if (is_stream) {
        context.is_chunked = reader_->version() >= 11;
    } else {
        context.length = answer_.body.size();
        context.varies_by_encoding = is_gzip_ || may_compress(answer_, limits());
    }
    append_head(out_, answer_, context);
}

void Connection::note_answer() const {
    const bool has_failed = answer_.status >= 500 && answer_.status != 503 && !answer_.is_explained;
    const auto level = has_failed ? runtime::LogLevel::error : runtime::LogLevel::debug;
    if (!all_.log.takes(level)) return;
    const core::Duration took = system_time() - request_->received_at;
    // Without the query: people put things into it that logs must not keep.
    all_.log.write(level, has_failed ? "request failed" : "request",
                   {{"request_id", request_->id},
                    {"method", request_->method_text},
                    {"path", std::string{path_for_logs(request_->path)}},
                    {"status", std::to_string(answer_.status), true},
                    {"duration_ms", std::to_string(took.ms), true},
                    {"caller", request_->caller.name},
                    {"client", request_->caller.address}});
}

/// Writes `answer_`, or lets it wait for more; false: the connection ends.
Task<bool> Connection::answer() {
    note_answer();
    is_gzip_ = false;
    if (!may_have_body(answer_.status)) answer_.body.clear();
    // A HEAD is told what a GET would be, but its body is not worth packing.
    const bool has_reader = request_->method != Method::head;
    if (has_reader && may_compress(answer_, limits())) co_await compress();
    const bool goes_on =
        reader_->goes_on() && !all_.is_draining && reader_->state() == RequestReader::State::done;
    append_answer_head(goes_on, false);
    if (answer_.written) unwritten_.push_back(std::move(answer_.written));
    if (request_->method == Method::head) answer_.body.clear();
    if (goes_on && gathers(answer_.body.size())) {
        out_.append(answer_.body);
        ++gathered_;
        co_return true;
    }
    const bool is_written = co_await write_out(answer_.body);
    if (!is_written) co_return false;
    if (!goes_on) co_await linger();
    co_return goes_on;
}

/// Answers what cannot be read to its end, and ends the connection.
Task<void> Connection::refuse(Problem refusal) {
    name_request();
    answer_ = to_response(refusal, *request_);
    note_answer();
    is_gzip_ = false;
    append_answer_head(false, false);
    const bool is_written = co_await write_out(answer_.body);
    if (is_written) co_await linger();
}

/// Writes `out_` and the body behind it.
Task<bool> Connection::write_out(std::string_view body) {
    std::size_t from_head = 0;
    while (from_head < out_.size() || !body.empty()) {
        const std::array<asio::const_buffer, 2> parts{
            asio::buffer(out_.data() + from_head, out_.size() - from_head),
            asio::buffer(body.data(), body.size())};
        IoError error;
        std::size_t count = socket_.write_some(parts, error);
        if (error == asio::error::would_block) {
            wait_for_room();
            count = co_await socket_.async_write_some(parts, asio::redirect_error(awaiting, error));
            waited();
        }
        if (error || is_cut_) co_return false;
        const std::size_t of_head = std::min(count, out_.size() - from_head);
        from_head += of_head;
        body.remove_prefix(count - of_head);
    }
    out_.clear();
    if (out_.capacity() > kept_out_bytes) out_.shrink_to_fit();
    gathered_ = 0;
    if (!unwritten_.empty()) tell_written();
    co_return true;
}

/// A system takes bytes for a peer that has gone, too, unless it has said so.
void Connection::tell_written() {
    const bool is_there = !has_hung_up(socket_.native_handle());
    for (const auto& told : std::exchange(unwritten_, {}))
        if (is_there) told();
}

/// Closing while the peer still sends would make its system throw our last answer away.
Task<void> Connection::linger() {
    IoError error;
    socket_.shutdown(Socket::shutdown_send, error);
    std::size_t left = linger_bytes_max;
    const Instant deadline = SteadyClock::now() + linger_time;
    input_.clear();
    while (!error && left > 0 && !is_cut_) {
        const auto room = input_.prepare(linger_read_bytes);
        wait_for(Waiting::request, deadline);
        const std::size_t count =
            co_await socket_.async_read_some(room, asio::redirect_error(awaiting, error));
        waited();
        if (is_expired_) co_return;
        left -= std::min(left, count);
    }
}

}  // namespace millrace::server
