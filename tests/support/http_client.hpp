// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A small blocking client that shares no code with the server under test: plain sockets, so that a
// test can also send what a well-made client never would.

namespace millrace::testing {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    HeaderList headers;  ///< beside Host and Content-Length, which these replace when given
    std::string body;
};

struct HttpAnswer {
    int status = 0;  ///< 0: there was no answer, the connection ended or stayed silent
    HeaderList headers;
    std::string body;  ///< without its transfer coding; a content coding is left on

    /// The first of this name, without regard to case; empty when there is none.
    std::string header(std::string_view name) const;
    bool has_header(std::string_view name) const;
};

/// One connection to 127.0.0.1. Every wait ends after `patience`.
class HttpConnection {
public:
    static constexpr std::chrono::milliseconds patience{20'000};

    explicit HttpConnection(std::uint16_t port);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    bool is_open() const { return socket_ >= 0; }
    int socket() const { return socket_; }
    /// Bytes as they are; false when the peer has closed.
    bool send(std::string_view bytes);
    /// A whole request.
    bool send(const HttpRequest& request);
    /// The next answer in order. `to_head`: it has no body, whatever its headers say.
    HttpAnswer read_answer(bool to_head = false);
    /// Sends and reads.
    HttpAnswer exchange(const HttpRequest& request);
    /// The status line and headers alone; the body is read by `read_line` and `read_bytes`.
    HttpAnswer read_head();
    /// Up to the next '\n', without it and a '\r' before it; nothing at the end or after `limit`.
    std::optional<std::string> read_line(std::chrono::milliseconds limit = patience);
    std::optional<std::string> read_bytes(std::size_t count,
                                          std::chrono::milliseconds limit = patience);
    /// All until the peer closes.
    std::string read_to_end();
    /// Waits until the peer has closed; false when it has not within `limit`.
    bool closes_within(std::chrono::milliseconds limit);
    /// No more will be sent; the peer sees the end.
    void finish_sending();
    void close();

    /// As it would go over the wire to `host`.
    static std::string wire_text(const HttpRequest& request, std::string_view host);
    std::string host() const;

private:
    bool fill(std::chrono::steady_clock::time_point until);
    std::optional<std::string> read_chunked();

    int socket_ = -1;
    std::uint16_t port_;
    std::string buffer_;
    bool peer_closed_ = false;
};

/// One message of an event stream.
struct StreamedEvent {
    std::string id;
    std::string event;
    std::string data;
};

/// Reads an event stream (`text/event-stream`).
class EventStream {
public:
    /// Asks with `Accept: text/event-stream` and these headers beside it.
    EventStream(std::uint16_t port, std::string target, HeaderList headers = {});

    const HttpAnswer& head() const { return head_; }
    /// The next message; heartbeats are counted, not returned. Nothing at the end or after `limit`.
    std::optional<StreamedEvent> next(std::chrono::milliseconds limit = HttpConnection::patience);
    std::size_t heartbeats() const { return heartbeats_; }
    HttpConnection& connection() { return connection_; }

private:
    std::optional<std::string> next_line(std::chrono::steady_clock::time_point until);

    HttpConnection connection_;
    HttpAnswer head_;
    bool is_chunked_ = false;
    std::string decoded_;
    std::size_t heartbeats_ = 0;
};

/// A WebSocket (RFC 6455) as a client.
class WebSocket {
public:
    WebSocket(std::uint16_t port, std::string target, HeaderList headers = {});

    /// Of the upgrade: 101 when it is open.
    const HttpAnswer& answer() const { return answer_; }
    bool is_open() const { return answer_.status == 101 && !has_ended_; }
    /// The next text; pings are answered and counted on the way. Nothing once it is closed or after
    /// `limit`.
    std::optional<std::string> next(std::chrono::milliseconds limit = HttpConnection::patience);
    bool send_text(std::string_view text) { return send_frame(0x1, text); }
    bool send_frame(std::uint8_t opcode, std::string_view payload, bool is_masked = true);
    /// Says goodbye and waits for the answer.
    void close(std::uint16_t code = 1000);
    /// The code of the peer's close frame; 0: it sent none.
    std::uint16_t close_code() const { return close_code_; }
    std::size_t pings() const { return pings_; }
    HttpConnection& connection() { return connection_; }

private:
    HttpConnection connection_;
    HttpAnswer answer_;
    bool has_ended_ = false;
    std::uint16_t close_code_ = 0;
    std::size_t pings_ = 0;
};

}  // namespace millrace::testing
