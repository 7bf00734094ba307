// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include "api/problem.hpp"
#include "http/connection.hpp"
#include "http/text.hpp"

namespace millrace::server {

namespace {

namespace beast = boost::beast;

// Clients have nothing to say but pings and a close.
constexpr std::size_t message_bytes_max = 16u << 10;
// For the peer's half of the closing handshake.
constexpr std::chrono::milliseconds close_time{1'000};
// Sixteen bytes in base64.
constexpr std::size_t key_length = 24;

bool offers(const Request& request, std::string_view protocol, bool& offers_any) {
    for (const auto& [name, value] : request.headers.all()) {
        if (!equal_ignoring_case(name, "Sec-WebSocket-Protocol")) continue;
        for (std::string_view list = value; !list.empty();) {
            offers_any = true;
            if (take_item(list, ',') == protocol) return true;
        }
    }
    return false;
}

/// Why a request for a WebSocket cannot be fulfilled; status 0: it can.
Problem check_upgrade(const Request& request, int version, bool has_more_bytes) {
    const std::string* websocket_version = request.headers.find("Sec-WebSocket-Version");
    if (request.method != Method::get || version < 11) {
        return problem("bad_request", "a WebSocket begins with a GET of HTTP/1.1");
    }
    if (websocket_version == nullptr || *websocket_version != "13") {
        Problem refusal = problem("upgrade_required", "the server speaks WebSocket version 13");
        refusal.headers.set("Sec-WebSocket-Version", "13");
        return refusal;
    }
    if (request.header("Sec-WebSocket-Key").size() != key_length) {
        return problem("bad_request", "Sec-WebSocket-Key must be 16 bytes in base64");
    }
    if (!request.body.empty() || has_more_bytes) {
        return problem("bad_request", "nothing may follow the request before its answer");
    }
    bool offers_any = false;
    if (!offers(request, event_protocol, offers_any) && offers_any) {
        return problem("bad_request", "the server speaks the subprotocol millrace.v1 only");
    }
    return Problem{.status = 0};
}

}  // namespace

Task<void> Connection::upgrade() {
    const bool is_written = co_await write_out({});
    if (!is_written) co_return;
    // Before the handler: whoever is refused has changed nothing.
    Problem refusal = check_upgrade(*request_, reader_->version(), input_.size() > 0);
    if (refusal.status != 0) {
        co_await refuse(std::move(refusal));
        co_return;
    }
    ask();
    if (!slot_->is_ready()) {
        const bool is_answered = co_await await_answer();
        if (!is_answered) co_return;
    }
    answer_ = std::move(slot_->response());
    if (answer_.stream != nullptr) {
        co_await stream_frames();
        co_return;
    }
    note_answer();
    is_gzip_ = false;
    append_answer_head(false, false);
    const bool is_answered = co_await write_out(answer_.body);
    if (is_answered) co_await linger();
}

Task<bool> Connection::accept_websocket() {
    namespace http = beast::http;
    http::request<http::empty_body> handshake{http::verb::get, "/", 11};
    for (const std::string_view name :
         {"Host", "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
        const std::string_view value = request_->header(name);
        handshake.set({name.data(), name.size()}, beast::string_view{value.data(), value.size()});
    }
    bool offers_any = false;
    const bool speaks = offers(*request_, event_protocol, offers_any);
    websocket_ = std::make_unique<WebSocket>(socket_);
    websocket_->read_message_max(message_bytes_max);
    websocket_->auto_fragment(false);
    websocket_->set_option(beast::websocket::stream_base::decorator(
        [speaks, id = request_->id](beast::websocket::response_type& response) {
            response.set(http::field::server, "Millrace");
            response.set("X-Request-Id", id);
            if (!speaks) return;
            response.set(http::field::sec_websocket_protocol,
                         beast::string_view{event_protocol.data(), event_protocol.size()});
        }));
    IoError error;
    wait_for_room();
    co_await websocket_->async_accept(handshake, asio::redirect_error(awaiting, error));
    waited();
    co_return !error;
}

/// Keeps the protocol going: pings are answered, a close is noticed; messages say nothing to us.
Task<void> Connection::read_frames(std::shared_ptr<Connection> self) {
    beast::flat_static_buffer<512> scrap;
    IoError error;
    while (!error) {
        co_await self->websocket_->async_read_some(scrap, 0, asio::redirect_error(awaiting, error));
        scrap.clear();
        self->was_heard_ = true;
    }
    self->is_gone_ = true;
    self->event_.set();
}

Task<bool> Connection::write_frames(std::vector<MessageSource::Message> messages) {
    IoError error;
    for (const auto& message : messages) {
        wait_for_room();
        co_await websocket_->async_write(asio::buffer(message.text),
                                         asio::redirect_error(awaiting, error));
        waited();
        if (error || is_cut_) co_return false;
    }
    co_return true;
}

Task<void> Connection::stream_frames() {
    std::shared_ptr<MessageSource> source = std::move(answer_.stream);
    const bool is_accepted = co_await accept_websocket();
    if (!is_accepted) co_return;
    follow(std::move(source));
    websocket_->text(true);
    websocket_->control_callback([this](auto, auto) { was_heard_ = true; });
    asio::co_spawn(socket_.get_executor(), read_frames(shared_from_this()), asio::detached);
    bool goes_on = true;
    bool has_ended = false;
    while (goes_on && !has_ended && !all_.is_draining) {
        MessageSource::Batch batch = pull();
        has_ended = batch.has_ended;
        if (!batch.messages.empty()) {
            goes_on = co_await write_frames(std::move(batch.messages));
        } else if (is_heartbeat_due()) {
            // Silence since the last ping: nobody is there.
            goes_on = was_heard_;
            was_heard_ = false;
            IoError error;
            wait_for_room();
            co_await websocket_->async_ping({}, asio::redirect_error(awaiting, error));
            waited();
            put_off_heartbeat();
            goes_on = goes_on && !error;
        } else if (!has_ended) {
            co_await await_messages();
        }
        goes_on = goes_on && !is_gone_ && !is_cut_;
    }
    if (!goes_on) co_return;
    source_.reset();
    const beast::websocket::close_reason reason =
        has_ended ? beast::websocket::close_reason{beast::websocket::close_code::normal}
                  : beast::websocket::close_reason{beast::websocket::close_code::going_away,
                                                   "the server stops"};
    IoError error;
    wait_for(Waiting::goodbye, SteadyClock::now() + close_time);
    co_await websocket_->async_close(reason, asio::redirect_error(awaiting, error));
    waited();
}

}  // namespace millrace::server
