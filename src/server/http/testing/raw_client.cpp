// SPDX-License-Identifier: Apache-2.0
#include "http/testing/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

#include "http/text.hpp"

namespace millrace::server {

RawClient::RawClient(std::string_view url, int receive_bytes) {
    std::uint16_t port = 0;
    const std::string_view digits = url.substr(url.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes > 0) {
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_ended_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0;
}

RawClient::~RawClient() {
    ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void RawClient::finish_sending() {
    shutdown(socket_, SHUT_WR);
}

bool RawClient::fill() {
    if (is_ended_) return false;
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(patience.count())) != 1) return false;
    std::array<char, 16'384> bytes;
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    is_ended_ = count <= 0;
    if (is_ended_) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::string RawClient::read_until(std::string_view end) {
    std::size_t at = input_.find(end);
    while (at == std::string::npos) {
        if (!fill()) return {};
        at = input_.find(end);
    }
    std::string text = input_.substr(0, at + end.size());
    input_.erase(0, text.size());
    return text;
}

std::string RawClient::read_bytes(std::size_t count) {
    while (input_.size() < count && fill()) {
    }
    std::string text = input_.substr(0, count);
    input_.erase(0, text.size());
    return text;
}

RawClient::Answer RawClient::read_answer(bool has_body) {
    Answer answer;
    answer.head = read_until("\r\n\r\n");
    if (answer.head.size() < 12) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::string length = answer.header("Content-Length");
    if (has_body && !length.empty()) answer.body = read_bytes(std::stoul(length));
    return answer;
}

std::string RawClient::read_to_end() {
    while (fill()) {
    }
    return std::exchange(input_, {});
}

bool RawClient::is_closed_by_server() {
    while (fill()) {
    }
    return is_ended_;
}

std::string RawClient::Answer::header(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
        std::string_view line = take_item(rest, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view field = take_item(line, ':');
        if (equal_ignoring_case(field, name)) return std::string{line};
    }
    return {};
}

}  // namespace millrace::server
