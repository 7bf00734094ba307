// SPDX-License-Identifier: Apache-2.0
#include "testing/http_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace millrace::runtime::testing {
namespace {

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

bool receive_some(int socket, std::string& into) {
    std::array<char, 16384> buffer;
    const ssize_t count = recv(socket, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    into.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void read_head(std::string_view head, ServedRequest& request) {
    const std::string_view first = head.substr(0, head.find("\r\n"));
    const std::size_t space = first.find(' ');
    const std::size_t last = first.rfind(' ');
    request.method = first.substr(0, space);
    request.target = first.substr(space + 1, last - space - 1);
    std::size_t at = first.size() + 2;
    while (at < head.size()) {
        const std::size_t end = std::min(head.find("\r\n", at), head.size());
        const std::string_view line = head.substr(at, end - at);
        at = end + 2;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        request.headers.emplace_back(lower(line.substr(0, colon)), value);
    }
}

std::string in_chunks(std::string_view body) {
    constexpr std::size_t chunk_max = 1000;
    std::string chunks;
    while (!body.empty()) {
        const std::string_view chunk = body.substr(0, chunk_max);
        std::array<char, 16> digits;
        const auto end = std::to_chars(digits.begin(), digits.end(), chunk.size(), 16).ptr;
        chunks.append(digits.begin(), end).append("\r\n").append(chunk).append("\r\n");
        body.remove_prefix(chunk.size());
    }
    return chunks + "0\r\n\r\n";
}

}  // namespace

std::string_view ServedRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

bool ServedRequest::has_header(std::string_view name) const {
    return std::any_of(headers.begin(), headers.end(),
                       [name](const auto& header) { return header.first == name; });
}

void Gate::open() {
    const std::scoped_lock lock{mutex_};
    is_open_ = true;
    opened_.notify_all();
}

void Gate::wait() {
    std::unique_lock lock{mutex_};
    opened_.wait(lock, [this] { return is_open_; });
}

HttpServer::HttpServer(Handler handler) : handler_{std::move(handler)} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool ready = listener_ >= 0 && bind(listener_, generic, size) == 0 &&
                       listen(listener_, SOMAXCONN) == 0 &&
                       getsockname(listener_, generic, &size) == 0;
    if (!ready) std::abort();
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

HttpServer::~HttpServer() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
        for (const auto& gate : gates_)
            gate->open();
        for (const Connection& connection : connections_)
            shutdown(connection.socket, SHUT_RDWR);
    }
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (Connection& connection : connections_) {
        connection.thread.join();
        close(connection.socket);
    }
    close(listener_);
}

std::string HttpServer::url(std::string_view target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{target};
}

std::vector<ServedRequest> HttpServer::requests() const {
    const std::scoped_lock lock{mutex_};
    return requests_;
}

std::size_t HttpServer::connection_count() const {
    const std::scoped_lock lock{mutex_};
    return connections_.size();
}

void HttpServer::wait_for_requests(std::size_t count) const {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this, count] { return requests_.size() >= count; });
}

void HttpServer::accept_all() {
    while (true) {
        const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) return;
        const std::scoped_lock lock{mutex_};
        if (stopping_) {
            close(accepted);
            return;
        }
        Connection& connection = connections_.emplace_back();
        connection.socket = accepted;
        connection.thread = std::thread{[this, &connection] { serve(connection); }};
    }
}

void HttpServer::serve(Connection& connection) {
    while (const std::optional<ServedRequest> request = read_request(connection)) {
        {
            const std::scoped_lock lock{mutex_};
            requests_.push_back(*request);
        }
        arrived_.notify_all();
        const Reply reply = handler_(*request);
        if (reply.gate) hold(reply.gate);
        if (!answer(connection, *request, reply)) break;
    }
    // The socket is closed with the server: until then its number must not be used again.
    shutdown(connection.socket, SHUT_RDWR);
}

void HttpServer::hold(const std::shared_ptr<Gate>& gate) {
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        gates_.push_back(gate);
    }
    gate->wait();
}

std::optional<ServedRequest> HttpServer::read_request(Connection& connection) const {
    std::string& pending = connection.pending;
    std::size_t end = pending.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (!receive_some(connection.socket, pending)) return std::nullopt;
        // Whoever begins a TLS handshake waits for an answer and would wait for ever.
        if (pending.front() < 'A' || pending.front() > 'Z') return std::nullopt;
        end = pending.find("\r\n\r\n");
    }
    ServedRequest request;
    read_head(std::string_view{pending}.substr(0, end), request);
    pending.erase(0, end + 4);
    const std::string_view length = request.header("content-length");
    std::size_t body_size = 0;
    std::from_chars(length.data(), length.data() + length.size(), body_size);
    while (pending.size() < body_size) {
        if (!receive_some(connection.socket, pending)) return std::nullopt;
    }
    request.body = pending.substr(0, body_size);
    pending.erase(0, body_size);
    return request;
}

bool HttpServer::answer(Connection& connection, const ServedRequest& request, const Reply& reply) {
    if (reply.raw) {
        send_all(connection.socket, *reply.raw);
        return false;
    }
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Reply\r\n";
    for (const auto& [name, value] : reply.headers)
        head += name + ": " + value + "\r\n";
    const bool has_body = request.method != "HEAD" && reply.status != 204 && reply.status != 304;
    if (reply.chunked) {
        head += "transfer-encoding: chunked\r\n\r\n";
    } else if (reply.status != 204) {
        head += "content-length: " + std::to_string(reply.body.size()) + "\r\n\r\n";
    } else {
        head += "\r\n";
    }
    std::string body = reply.chunked ? in_chunks(reply.body) : reply.body;
    if (!has_body) body.clear();
    if (reply.close_after) body.resize(std::min(body.size(), *reply.close_after));
    return send_all(connection.socket, head + body) && !reply.close_after;
}

}  // namespace millrace::runtime::testing
