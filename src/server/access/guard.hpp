// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "access/host_name.hpp"
#include "access/proxies.hpp"
#include "access/public_path.hpp"
#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

/// The two ends of a connection, as addresses.
struct Peer {
    std::string address;
    std::string local_address;
};

/// What a client asks for beside the request itself.
enum class Wish : std::uint8_t { answer, websocket };

/// The door: decides from a request's head who calls, or why nobody may. A loopback server is open
/// to its machine but not to the web pages that people look at on it. Immutable.
class Guard {
public:
    /// `bad_option` when a host or the URL cannot be understood, the token is missing or none can
    /// write it in a header, or there is no token although others than this machine can call.
    static core::Result<Guard> make(const ServerOptions& options, bool is_on_loopback);

    /// Takes the path of the public URL off the request's; before all else.
    void localise(Request& request) const { public_path_.take_off(request); }

    std::expected<Caller, Problem> admit(const Request& request, Wish wish, const Peer& peer) const;

private:
    Guard() = default;
    /// `host` is what the client has sent as such; null: nothing.
    std::expected<void, Problem> check_host(const std::string* host, const Peer& peer) const;
    /// `is_secure`: whether the client has come by https, where that is known.
    std::expected<void, Problem> check_origin(const Request& request, const std::string* host,
                                              std::optional<bool> is_secure, Wish wish) const;
    std::expected<void, Problem> check_token(const Request& request, Wish wish) const;
    bool is_own(const Origin& origin, const std::string* host, std::optional<bool> is_secure) const;
    bool is_token(std::string_view text) const;

    AuthMode auth_ = AuthMode::none;
    std::string token_;
    std::vector<HostName> hosts_;
    std::optional<Origin> public_origin_;
    PublicPath public_path_;
    TrustedProxies proxies_;
};

/// The subprotocol that live events speak.
inline constexpr std::string_view event_protocol = "millrace.v1";
/// Before the token, as a second subprotocol: a page's WebSocket can set no other header.
inline constexpr std::string_view token_protocol = "millrace.token.";

}  // namespace millrace::server
