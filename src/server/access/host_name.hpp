// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::server {

/// `example.com:8420`, `127.0.0.1`, `[::1]:80`: what a `Host` header or an origin names.
struct HostName {
    std::string host;  ///< lower case, without brackets and without a dot at the end
    std::optional<std::uint16_t> port;
    bool is_address = false;

    bool operator==(const HostName&) const = default;
};

std::optional<HostName> parse_host(std::string_view text);

/// This machine under one of the names that never leave it.
bool is_loopback(const HostName& name);

/// `http://host:port` of an `Origin` header or a URL; other schemes are nobody's origin.
struct Origin {
    HostName name;
    bool is_secure = false;

    /// With the scheme's own port where the origin names none.
    std::uint16_t port() const;
};
std::optional<Origin> parse_origin(std::string_view text);

}  // namespace millrace::server
