// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// What proxies say of the request that they pass on.
struct Forwarded {
    std::string client;             ///< the address; empty: they say nothing
    std::string host;               ///< the `Host` that the client has sent; empty: nothing
    std::optional<bool> is_secure;  ///< whether the client has come by https
};

/// Proxies whose word counts: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239),
/// from anybody else are nothing but text. Immutable.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// Addresses and ranges, such as `10.0.0.0/8` or `::1`. `bad_option` for anything else.
    static core::Result<TrustedProxies> make(std::span<const std::string> ranges);

    bool trusts(std::string_view address) const;
    /// What counts of the headers that came from this peer. The client is the nearest address that
    /// is no trusted proxy: what stands before it anybody can have written. A request with both
    /// kinds of headers is believed in neither, for one of them may be the client's own.
    Forwarded read(const Request& request, std::string_view peer) const;

private:
    /// IPv4 addresses as IPv6 has them.
    using Bytes = std::array<std::uint8_t, 16>;
    struct Range {
        Bytes base{};
        unsigned bits = 128;
    };
    static std::optional<Bytes> parse(std::string_view text);
    static std::optional<Range> parse_range(std::string_view text);
    std::string client_of(const std::vector<std::string_view>& addresses) const;
    Forwarded read_forwarded(const Request& request) const;

    std::vector<Range> ranges_;
};

}  // namespace millrace::server
