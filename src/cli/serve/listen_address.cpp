// SPDX-License-Identifier: Apache-2.0
#include "serve/listen_address.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::unexpected<core::Error> not_understood(std::string_view text) {
    return core::fail(AddressErrc::bad_address,
                      "`" + one_line(text) +
                          "` is no address to listen at; write HOST:PORT, such as 127.0.0.1:8420 "
                          "or [::1]:8420");
}

/// Zero, or why nobody can listen there.
int try_to_listen(const addrinfo& address) {
    const int socket = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0);
    if (socket < 0) return errno;
    // As the server does: connections of an earlier one that are closing stand in nobody's way.
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    int failed = 0;
    if (::bind(socket, address.ai_addr, address.ai_addrlen) != 0 || ::listen(socket, 1) != 0)
        failed = errno;
    ::close(socket);
    return failed;
}

}  // namespace

std::string_view code_text(AddressErrc code) {
    switch (code) {
        case AddressErrc::bad_address: return "bad_address";
        case AddressErrc::taken: return "taken";
        case AddressErrc::not_here: return "not_here";
    }
    return "bad_address";
}

bool ListenAddress::is_loopback() const {
    if (host == "localhost" || host == "::1") return true;
    // All of 127.0.0.0/8, but no name that merely begins so.
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

core::Result<ListenAddress> parse_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return not_understood(text);
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.starts_with('[')) {
        if (!host.ends_with(']') || host.size() < 3) return not_understood(text);
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return not_understood(text);
    }
    if (host.find_first_of(" /\t\n") != std::string_view::npos) return not_understood(text);
    ListenAddress address{std::string{host}, 0};
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (failed != std::errc{} || end != digits.data() + digits.size()) return not_understood(text);
    return address;
}

core::Result<> check_free(const ListenAddress& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(address.port);
    const std::string shown = one_line(address.host) + ":" + port;
    if (const int failed = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found)) {
        return core::fail(AddressErrc::not_here,
                          "cannot listen at " + shown + ": " + ::gai_strerror(failed));
    }
    const Addresses addresses{found, &::freeaddrinfo};
    const int failed = try_to_listen(*addresses);
    if (failed == 0) return {};
    if (failed == EADDRINUSE) {
        return core::fail(AddressErrc::taken,
                          "cannot listen at " + shown +
                              ": another program does; name another port with --listen, or 0 for "
                              "a free one");
    }
    return core::fail(AddressErrc::not_here,
                      "cannot listen at " + shown + ": " + std::strerror(failed));
}

}  // namespace millrace::cli
