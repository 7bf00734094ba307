// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/io.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// The address that `HOST:PORT` means. `bad_option`, or `cannot_listen` when no such host is known.
core::Result<asio::ip::tcp::endpoint> resolve_listen_address(std::string_view text);

/// `cannot_listen` says why, and what to do.
core::Result<> listen_on(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint,
                         std::string_view text);

/// How this machine reaches it.
std::string url_of(const Acceptor& acceptor);

}  // namespace millrace::server
