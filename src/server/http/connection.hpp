// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "access/guard.hpp"
#include "http/handler.hpp"
#include "http/io.hpp"
#include "http/mailbox.hpp"
#include "http/request_reader.hpp"
#include "millrace/runtime/log.hpp"

namespace millrace::server {

class Connection;

/// What may change while the server runs. Immutable; a request keeps what it began with.
struct HttpSettings {
    HttpLimits limits;
    Guard guard;
};

/// What the connections of one server share. Of their thread, but for `mailbox` and `work`.
struct Connections {
    Connections(runtime::Log& its_log, std::function<void(std::function<void()>)> its_work)
        : log{its_log}, work{std::move(its_work)} {}

    RequestHandler* handler = nullptr;  ///< set before the first connection
    runtime::Log& log;
    std::function<void(std::function<void()>)> work;
    std::shared_ptr<Mailbox> mailbox;
    std::shared_ptr<const HttpSettings> settings;
    std::vector<Connection*> open;
    bool is_draining = false;
    bool had_large_body = false;  ///< since memory was given back
    std::string request_id_prefix;
    std::uint64_t requests = 0;

    /// The time of now as HTTP writes it.
    std::string_view date(core::Time now);

private:
    std::string date_;
    std::int64_t date_second_ = -1;
};

core::Time system_time();

/// One client: reads its requests one after the other, answers them in order, and becomes a stream
/// of messages when an answer is one. Lives as long as its coroutine; of the connections' thread.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Connections& all, Socket socket, Peer peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    /// Something has taken too long, or a heartbeat is due.
    bool is_due(Instant now) const { return now >= deadline_; }
    void on_due(Instant now);
    /// Ends as soon as what is under way has its answer.
    void drain();
    /// Ends at once.
    void cut();

private:
    enum class Waiting : std::uint8_t { nothing, request, answer, room, messages, goodbye };
    using WebSocket = boost::beast::websocket::stream<Socket&, false>;

    static Task<void> run(std::shared_ptr<Connection> self);
    Task<bool> exchange();
    Task<bool> read_head();
    Task<bool> read_body();
    Task<bool> receive(Instant deadline);
    void feed();

    void note_body();
    void name_request();
    void ask();
    Task<bool> await_answer();
    Task<bool> answer();
    Task<void> refuse(Problem refusal);
    Task<void> compress();
    bool gathers(std::size_t body_bytes) const;
    void append_answer_head(bool goes_on, bool is_stream);
    void note_answer() const;

    Task<bool> write_out(std::string_view body);
    void tell_written();
    Task<void> linger();

    Task<void> upgrade();
    Task<void> stream_events();
    Task<void> stream_frames();
    Task<bool> accept_websocket();
    static Task<void> read_frames(std::shared_ptr<Connection> self);
    Task<bool> write_frames(std::vector<MessageSource::Message> messages);
    void follow(std::shared_ptr<MessageSource> source);
    MessageSource::Batch pull();
    Task<void> await_messages();
    bool is_heartbeat_due() const { return SteadyClock::now() >= heartbeat_at_; }
    void put_off_heartbeat();
    void watch_for_end();
    void release_buffers();

    void wait_for(Waiting what, Instant deadline);
    void wait_for_room();
    void waited() {
        waiting_ = Waiting::nothing;
        deadline_ = Instant::max();
    }
    const HttpLimits& limits() const { return settings_->limits; }

    Connections& all_;  // outlives all connections
    Socket socket_;
    const Peer peer_;
    std::size_t index_ = 0;  // in all_.open
    std::shared_ptr<const HttpSettings> settings_;

    std::optional<RequestReader> reader_;
    std::shared_ptr<Request> request_;
    boost::beast::flat_buffer input_;
    std::string out_;  // what waits to be written
    std::size_t gathered_ = 0;
    std::shared_ptr<ReplySlot> slot_;
    Response answer_;
    bool is_gzip_ = false;
    std::vector<std::function<void()>> unwritten_;  // to be told when out_ was written

    Event event_;
    Waiting waiting_ = Waiting::nothing;
    Instant deadline_ = Instant::max();
    std::uint64_t acknowledged_ = 0;
    bool is_expired_ = false;
    bool is_cut_ = false;

    // While messages are followed.
    std::shared_ptr<MessageSource> source_;
    std::shared_ptr<WakeSlot> wake_;
    bool is_armed_ = false;
    bool is_gone_ = false;
    bool was_heard_ = true;
    std::size_t discarded_ = 0;
    Instant heartbeat_at_ = Instant::max();
    std::unique_ptr<WebSocket> websocket_;
};

/// How many bytes the peer has acknowledged so far: more than before means that something moves.
std::uint64_t acknowledged_bytes(int socket);
/// Whether the peer has closed its end.
bool has_hung_up(int socket);
/// Lets the system itself notice peers that have vanished.
void watch_peer(int socket, core::Duration unacknowledged_max);

}  // namespace millrace::server
