// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::server {

/// Where a server listens.
struct ListenAddress {
    std::string host;  ///< a name, or an address without brackets
    std::uint16_t port = 0;
    bool is_loopback = false;  ///< only this machine can call, so that no token is needed
};

/// `HOST:PORT`, `[V6]:PORT`; `*:PORT` and `:PORT` are all addresses. `bad_option` for anything
/// else.
core::Result<ListenAddress> parse_listen_address(std::string_view text);

/// Whether a server could listen there now; `cannot_listen` says why not, and what to do. The
/// address is free again afterwards.
core::Result<> check_free(std::string_view text);

}  // namespace millrace::server
