// SPDX-License-Identifier: Apache-2.0
#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::testing {
namespace {

using Clock = std::chrono::steady_clock;

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

bool has(const HeaderList& headers, std::string_view name) {
    return std::ranges::any_of(headers,
                               [&](const auto& one) { return same_name(one.first, name); });
}

std::size_t number_in(std::string_view text, int base) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number, base);
    return number;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (same_name(key, name)) return value;
    return {};
}

bool HttpAnswer::has_header(std::string_view name) const {
    return has(headers, name);
}

HttpConnection::HttpConnection(std::uint16_t port) : port_{port} {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        close();
}

HttpConnection::~HttpConnection() {
    close();
}

void HttpConnection::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

void HttpConnection::finish_sending() {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_WR);
}

std::string HttpConnection::host() const {
    return "127.0.0.1:" + std::to_string(port_);
}

bool HttpConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (socket_ < 0) return false;
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string HttpConnection::wire_text(const HttpRequest& request, std::string_view host) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!has(request.headers, "host")) text.append("Host: ").append(host).append("\r\n");
    for (const auto& [name, value] : request.headers)
        text.append(name).append(": ").append(value).append("\r\n");
    const bool needs_length = !request.body.empty() || request.method == "POST" ||
                              request.method == "PUT" || request.method == "PATCH";
    if (needs_length && !has(request.headers, "content-length") &&
        !has(request.headers, "transfer-encoding"))
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return text + "\r\n" + request.body;
}

bool HttpConnection::send(const HttpRequest& request) {
    return send(wire_text(request, host()));
}

bool HttpConnection::fill(Clock::time_point until) {
    if (socket_ < 0 || peer_closed_) return false;
    pollfd waited{.fd = socket_, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (::poll(&waited, 1, static_cast<int>(std::max<long>(left, 0))) <= 0) return false;
    std::array<char, 16384> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
        peer_closed_ = true;
        return false;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> HttpConnection::read_line(std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    std::size_t end = buffer_.find('\n');
    while (end == std::string::npos) {
        const std::size_t looked_at = buffer_.size();
        if (!fill(until)) return std::nullopt;
        end = buffer_.find('\n', looked_at);
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

std::optional<std::string> HttpConnection::read_bytes(std::size_t count,
                                                      std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (buffer_.size() < count)
        if (!fill(until)) return std::nullopt;
    std::string bytes = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return bytes;
}

std::string HttpConnection::read_to_end() {
    const auto until = Clock::now() + patience;
    while (fill(until)) {
    }
    return std::exchange(buffer_, {});
}

bool HttpConnection::closes_within(std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (fill(until))
        buffer_.clear();
    return peer_closed_ || socket_ < 0;
}

std::optional<std::string> HttpConnection::read_chunked() {
    std::string body;
    while (true) {
        const auto size_line = read_line();
        if (!size_line) return std::nullopt;
        const std::size_t size = number_in(*size_line, 16);
        const auto chunk = read_bytes(size);
        const auto end = read_line();
        if (!chunk || !end) return std::nullopt;
        if (size == 0) return body;
        body += *chunk;
    }
}

HttpAnswer HttpConnection::read_head() {
    HttpAnswer answer;
    const auto status = read_line();
    if (!status || !status->starts_with("HTTP/1.1 ") || status->size() < 12) return {};
    for (auto line = read_line(); line && !line->empty(); line = read_line()) {
        const std::size_t colon = line->find(':');
        if (colon == std::string::npos) return {};
        answer.headers.emplace_back(line->substr(0, colon),
                                    trimmed(std::string_view{*line}.substr(colon + 1)));
    }
    answer.status = static_cast<int>(number_in(status->substr(9, 3), 10));
    return answer;
}

HttpAnswer HttpConnection::read_answer(bool to_head) {
    HttpAnswer answer = read_head();
    // Interim answers such as 100 Continue precede the one that counts.
    while (answer.status >= 100 && answer.status < 200 && answer.status != 101)
        answer = read_head();
    const int status = answer.status;
    if (status == 0 || to_head || status == 101 || status == 204 || status == 304) return answer;
    std::optional<std::string> body;
    if (same_name(answer.header("transfer-encoding"), "chunked")) {
        body = read_chunked();
    } else if (answer.has_header("content-length")) {
        body = read_bytes(number_in(answer.header("content-length"), 10));
    } else {
        body = read_to_end();
    }
    if (!body) return {};
    answer.body = std::move(*body);
    return answer;
}

HttpAnswer HttpConnection::exchange(const HttpRequest& request) {
    if (!send(request)) return {};
    return read_answer(request.method == "HEAD");
}

EventStream::EventStream(std::uint16_t port, std::string target, HeaderList headers)
    : connection_{port} {
    headers.emplace_back("Accept", "text/event-stream");
    connection_.send(HttpRequest{"GET", std::move(target), std::move(headers), {}});
    head_ = connection_.read_head();
    is_chunked_ = same_name(head_.header("transfer-encoding"), "chunked");
    // What is no stream is an answer like any other.
    if (!head_.header("content-type").starts_with("text/event-stream")) {
        const std::string length = head_.header("content-length");
        head_.body = connection_.read_bytes(number_in(length, 10)).value_or("");
    }
}

std::optional<std::string> EventStream::next_line(Clock::time_point until) {
    while (true) {
        if (const std::size_t end = decoded_.find('\n'); end != std::string::npos) {
            std::string line = decoded_.substr(0, end);
            decoded_.erase(0, end + 1);
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        auto line = connection_.read_line(std::max(left, std::chrono::milliseconds{0}));
        if (!line) return std::nullopt;
        if (!is_chunked_) return line;
        const std::size_t size = number_in(*line, 16);
        const auto chunk = connection_.read_bytes(size);
        if (!chunk || !connection_.read_line() || size == 0) return std::nullopt;
        decoded_ += *chunk;
    }
}

std::optional<StreamedEvent> EventStream::next(std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    StreamedEvent event;
    bool has_data = false;
    while (const auto line = next_line(until)) {
        if (line->empty()) {
            if (has_data) return event;
            continue;
        }
        if (line->starts_with(':')) {
            ++heartbeats_;
            continue;
        }
        const std::size_t colon = line->find(':');
        const std::string name = line->substr(0, colon);
        std::string value = colon == std::string::npos ? "" : line->substr(colon + 1);
        if (value.starts_with(' ')) value.erase(0, 1);
        if (name == "id") event.id = value;
        if (name == "event") event.event = value;
        if (name == "data") {
            event.data += (has_data ? "\n" : "") + value;
            has_data = true;
        }
    }
    return std::nullopt;
}

WebSocket::WebSocket(std::uint16_t port, std::string target, HeaderList headers)
    : connection_{port} {
    const HeaderList usual{{"Connection", "Upgrade"},
                           {"Upgrade", "websocket"},
                           {"Sec-WebSocket-Version", "13"},
                           {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
    for (const auto& [name, value] : usual)
        if (!has(headers, name)) headers.emplace_back(name, value);
    connection_.send(HttpRequest{"GET", std::move(target), std::move(headers), {}});
    answer_ = connection_.read_answer();
}

bool WebSocket::send_frame(std::uint8_t opcode, std::string_view payload, bool is_masked) {
    std::string frame{static_cast<char>(0x80u | opcode)};
    const unsigned mask_bit = is_masked ? 0x80u : 0u;
    if (payload.size() < 126) {
        frame += static_cast<char>(mask_bit | payload.size());
    } else {
        const bool is_long = payload.size() > 0xffff;
        frame += static_cast<char>(mask_bit | (is_long ? 127u : 126u));
        for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8)
            frame += static_cast<char>((payload.size() >> static_cast<unsigned>(shift)) & 0xffu);
    }
    // A mask of zeros leaves the payload readable and is a mask all the same.
    if (is_masked) frame.append(4, '\0');
    return connection_.send(frame.append(payload));
}

std::optional<std::string> WebSocket::next(std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    std::string text;
    while (is_open()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        const auto head = connection_.read_bytes(2, std::max(left, std::chrono::milliseconds{0}));
        if (!head) break;
        const auto byte = [](char c) { return static_cast<std::uint8_t>(c); };
        const std::uint8_t opcode = byte((*head)[0]) & 0x0fu;
        std::size_t size = byte((*head)[1]) & 0x7fu;
        if (size >= 126) {
            const auto length = connection_.read_bytes(size == 126 ? 2 : 8);
            if (!length) break;
            size = 0;
            for (const char c : *length)
                size = size << 8 | byte(c);
        }
        const auto payload = connection_.read_bytes(size);
        if (!payload) break;
        if (opcode == 0x9) {
            ++pings_;
            send_frame(0xa, *payload);
        } else if (opcode == 0x8) {
            if (size >= 2)
                close_code_ =
                    static_cast<std::uint16_t>(byte((*payload)[0]) << 8 | byte((*payload)[1]));
            send_frame(0x8, *payload);
            has_ended_ = true;
        } else if (opcode <= 0x2) {
            text += *payload;
            if ((byte((*head)[0]) & 0x80u) != 0) return text;
        }
    }
    return std::nullopt;
}

void WebSocket::close(std::uint16_t code) {
    send_frame(0x8, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
    while (next()) {
    }
}

}  // namespace millrace::testing
