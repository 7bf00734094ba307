// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/listen_address.hpp"

#include "access/host_name.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {

core::Result<ListenAddress> parse_listen_address(std::string_view text) {
    const bool is_any = text.starts_with("*:") || text.starts_with(':');
    const std::string spelled =
        is_any ? "[::]" + std::string{text.substr(text.find(':'))} : std::string{text};
    const auto name = parse_host(spelled);
    if (!name || !name->port) {
        return core::fail(ServerErrc::bad_option,
                          "cannot listen on '" + std::string{text} +
                              "'; write HOST:PORT, such as 127.0.0.1:8420 or [::1]:8420");
    }
    return ListenAddress{
        .host = name->host, .port = *name->port, .is_loopback = is_loopback(*name)};
}

}  // namespace millrace::server
