// SPDX-License-Identifier: Apache-2.0

// Apart from the rest: the kernel's own header, which knows of acknowledged bytes, and the C
// library's, which Asio includes, define the same names.

#include <cstddef>
#include <cstdint>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "millrace/core/time.hpp"

namespace millrace::server {

namespace {

/// TCP_ESTABLISHED of the C library's header.
constexpr std::uint8_t established = 1;

}  // namespace

std::uint64_t acknowledged_bytes(int socket);
bool has_hung_up(int socket);
void watch_peer(int socket, core::Duration unacknowledged_max);

std::uint64_t acknowledged_bytes(int socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_acked;
}

bool has_hung_up(int socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
    return info.tcpi_state != established;
}

void watch_peer(int socket, core::Duration unacknowledged_max) {
    // These make the system notice sooner; without them it only takes longer.
    const int on = 1;
    const int idle_seconds = 60;
    const int probe_seconds = 20;
    const int probes = 3;
    const auto timeout = static_cast<unsigned>(unacknowledged_max.ms);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof(idle_seconds));
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &probe_seconds, sizeof(probe_seconds));
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

}  // namespace millrace::server
