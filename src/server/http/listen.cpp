// SPDX-License-Identifier: Apache-2.0
#include "http/listen.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include "millrace/server/listen_address.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {

namespace {

std::string remedy(const IoError& error) {
    if (error == asio::error::address_in_use) {
        return "; another program listens there: choose another port, or 0 for a free one";
    }
    if (error == asio::error::access_denied) return "; choose a port from 1024 on";
    return {};
}

}  // namespace

core::Result<asio::ip::tcp::endpoint> resolve_listen_address(std::string_view text) {
    const auto named = parse_listen_address(text);
    if (!named) return std::unexpected{named.error()};
    IoError error;
    const auto address = asio::ip::make_address(named->host, error);
    if (!error) return asio::ip::tcp::endpoint{address, named->port};
    // `localhost` never leaves the machine, whatever somebody's name service says.
    if (named->is_loopback) {
        return asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), named->port};
    }
    asio::io_context io;
    asio::ip::tcp::resolver resolver{io};
    const auto found = resolver.resolve(named->host, std::to_string(named->port), error);
    if (error || found.empty()) {
        return core::fail(ServerErrc::cannot_listen, "cannot listen on '" + std::string{text} +
                                                         "': the host is not known here");
    }
    return found.begin()->endpoint();
}

core::Result<> listen_on(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint,
                         std::string_view text) {
    IoError error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error && endpoint.address().is_v6()) {
        // All addresses means those of IPv4, too.
        const bool is_one_address = !endpoint.address().is_unspecified();
        acceptor.set_option(asio::ip::v6_only{is_one_address}, error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        return core::fail(ServerErrc::cannot_listen, "cannot listen on '" + std::string{text} +
                                                         "': " + error.message() + remedy(error));
    }
    return {};
}

core::Result<> check_free(std::string_view text) {
    const auto endpoint = resolve_listen_address(text);
    if (!endpoint) return std::unexpected{endpoint.error()};
    asio::io_context io;
    Acceptor acceptor{io};
    return listen_on(acceptor, *endpoint, text);
}

std::string url_of(const Acceptor& acceptor) {
    IoError ignored;
    const auto endpoint = acceptor.local_endpoint(ignored);
    const auto address = endpoint.address();
    std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    if (address.is_unspecified()) host = "127.0.0.1";
    return "http://" + host + ":" + std::to_string(endpoint.port());
}

}  // namespace millrace::server
