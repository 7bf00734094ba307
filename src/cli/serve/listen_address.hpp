// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::cli {

enum class AddressErrc { bad_address, taken, not_here };
std::string_view code_text(AddressErrc code);

/// Where a server listens.
struct ListenAddress {
    std::string host;  ///< a name or an address; of IPv6 without its brackets
    std::uint16_t port = 0;

    /// Only this machine reaches it.
    bool is_loopback() const;
};

/// Reads `HOST:PORT` or `[V6]:PORT`; `bad_address` says what to write.
core::Result<ListenAddress> parse_listen_address(std::string_view text);

/// Whether one could listen there now: `taken` by another program, or `not_here` when the host is
/// none of this machine's. The address is free again afterwards.
core::Result<> check_free(const ListenAddress& address);

}  // namespace millrace::cli
