// SPDX-License-Identifier: Apache-2.0
#include "access/guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <sodium/utils.h>

#include "http/text.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {

namespace {

using core::fail;
using Admission = std::expected<void, Problem>;

bool is_below(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Called by other people's servers and pages on purpose; what they start defends itself.
bool is_for_foreign_callers(std::string_view path) {
    return is_below(path, "/webhooks") || is_below(path, "/wait");
}

/// Open without a token: nothing of anybody's data is there.
bool is_open(const Request& request) {
    constexpr std::array<std::string_view, 5> folders{"/health", "/problems", "/webhooks", "/forms",
                                                      "/wait"};
    const std::string_view path = request.path;
    return std::ranges::any_of(folders, [&](auto folder) { return is_below(path, folder); });
}

bool changes_state(const Request& request) {
    return request.method != Method::get && request.method != Method::head &&
           request.method != Method::options;
}

bool is_token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

Problem unauthorized(std::string detail, std::string_view challenge) {
    Problem refusal = problem("unauthorized", std::move(detail));
    refusal.headers.set("WWW-Authenticate", std::string{challenge});
    return refusal;
}

}  // namespace

core::Result<Guard> Guard::make(const ServerOptions& options, bool is_on_loopback) {
    Guard guard;
    guard.auth_ = options.auth;
    guard.token_ = options.token;
    if (options.auth == AuthMode::none && !is_on_loopback) {
        return fail(ServerErrc::bad_option,
                    "auth 'none' is for loopback addresses only, and others than this machine can "
                    "reach " +
                        options.listen + "; use auth 'token', or listen on 127.0.0.1");
    }
    if (options.auth == AuthMode::token && options.token.empty()) {
        return fail(ServerErrc::bad_option, "auth 'token' needs a token");
    }
    if (!std::ranges::all_of(options.token, is_token_character)) {
        return fail(
            ServerErrc::bad_option,
            "the token may have letters, digits and -._~ only, so that headers can carry it");
    }
    for (const std::string& allowed : options.allowed_hosts) {
        const auto name = parse_host(allowed);
        if (!name) {
            return fail(ServerErrc::bad_option, "allowed host '" + allowed +
                                                    "' is no host name; write 'example.com' or "
                                                    "'example.com:8420'");
        }
        guard.hosts_.push_back(*name);
    }
    if (!options.public_url.empty()) {
        guard.public_origin_ = parse_origin(options.public_url);
        if (!guard.public_origin_) {
            return fail(ServerErrc::bad_option, "public URL '" + options.public_url +
                                                    "' must be like https://millrace.example.com");
        }
    }
    auto path = PublicPath::of(options.public_url);
    if (!path) return std::unexpected(path.error());
    guard.public_path_ = *std::move(path);
    auto proxies = TrustedProxies::make(options.trusted_proxies);
    if (!proxies) return std::unexpected(proxies.error());
    guard.proxies_ = *std::move(proxies);
    return guard;
}

std::expected<Caller, Problem> Guard::admit(const Request& request, Wish wish,
                                            const Peer& peer) const {
    const Forwarded forwarded = proxies_.read(request, peer.address);
    const std::string* const host =
        forwarded.host.empty() ? request.headers.find("Host") : &forwarded.host;
    Admission admission = check_host(host, peer);
    if (admission) admission = check_origin(request, host, forwarded.is_secure, wish);
    if (admission) admission = check_token(request, wish);
    if (!admission) return std::unexpected{std::move(admission.error())};
    Caller caller;
    caller.address = forwarded.client.empty() ? peer.address : forwarded.client;
    if (auth_ == AuthMode::token && !is_open(request)) caller.name = "token";
    if (const std::string* tenant = request.headers.find("Millrace-Tenant")) {
        if (*tenant != caller.tenant) {
            return std::unexpected{
                problem("unknown_tenant", "there is no tenant '" + *tenant + "'")};
        }
    }
    return caller;
}

Admission Guard::check_host(const std::string* host, const Peer& peer) const {
    if (host == nullptr) return {};  // HTTP/1.0, which no web page can speak
    const auto name = parse_host(*host);
    if (name) {
        // A page can point its own name at any address, but it cannot make a browser send an
        // address as Host where it means its name.
        if (is_loopback(*name) || (name->is_address && name->host == peer.local_address)) return {};
        if (public_origin_ && name->host == public_origin_->name.host) return {};
        const auto is_this = [&](const HostName& allowed) {
            return allowed.host == name->host && (!allowed.port || allowed.port == name->port);
        };
        if (std::ranges::any_of(hosts_, is_this)) return {};
    }
    return std::unexpected{
        problem("misdirected", "this server does not answer for host '" + *host +
                                   "'; its operator can allow it by the option allowed_hosts")};
}

bool Guard::is_own(const Origin& origin, const std::string* host,
                   std::optional<bool> is_secure) const {
    if (public_origin_ && origin.name.host == public_origin_->name.host &&
        origin.port() == public_origin_->port()) {
        return true;
    }
    if (is_secure && *is_secure != origin.is_secure) return false;
    // The host was found to be this server's; the origin must be that very host and port.
    const auto name = host == nullptr ? std::nullopt : parse_host(*host);
    if (!name || name->host != origin.name.host) return false;
    if (!name->port) return origin.port() == 80 || origin.port() == 443;
    return *name->port == origin.port();
}

Admission Guard::check_origin(const Request& request, const std::string* host,
                              std::optional<bool> is_secure, Wish wish) const {
    if (wish == Wish::answer && !changes_state(request)) return {};
    if (is_for_foreign_callers(request.path)) return {};
    // A browser sends each of them once; of more, none may speak for another.
    for (const auto& [name, value] : request.headers.all()) {
        if (equal_ignoring_case(name, "Origin")) {
            const auto origin = parse_origin(value);
            if (origin && is_own(*origin, host, is_secure)) continue;
            return std::unexpected{
                problem("cross_site", "pages of origin '" + value + "' may not call this server")};
        }
        if (equal_ignoring_case(name, "Sec-Fetch-Site") &&
            (equal_ignoring_case(value, "cross-site") || equal_ignoring_case(value, "same-site"))) {
            return std::unexpected{
                problem("cross_site", "pages of other sites may not call this server")};
        }
    }
    return {};
}

bool Guard::is_token(std::string_view text) const {
    return text.size() == token_.size() &&
           sodium_memcmp(text.data(), token_.data(), token_.size()) == 0;
}

Admission Guard::check_token(const Request& request, Wish wish) const {
    // Their query is the workflow's affair.
    if (is_for_foreign_callers(request.path)) return {};
    for (const std::string_view name : {"token", "access_token"}) {
        if (request.query_value(name) == nullptr) continue;
        return std::unexpected{problem("bad_request",
                                       "a token in a URL ends up in logs and histories; send it as "
                                       "'Authorization: Bearer', and take this one out of use")};
    }
    if (auth_ == AuthMode::none || is_open(request)) return {};
    std::string_view shown = request.header("Authorization");
    if (const std::string_view scheme = take_item(shown, ' ');
        equal_ignoring_case(scheme, "Bearer")) {
        if (is_token(shown)) return {};
        return std::unexpected{unauthorized("the token is not this server's",
                                            "Bearer realm=\"millrace\", error=\"invalid_token\"")};
    }
    if (wish == Wish::websocket) {
        for (const auto& [name, value] : request.headers.all()) {
            if (!equal_ignoring_case(name, "Sec-WebSocket-Protocol")) continue;
            for (std::string_view list = value; !list.empty();) {
                const std::string_view item = take_item(list, ',');
                if (item.starts_with(token_protocol) &&
                    is_token(item.substr(token_protocol.size()))) {
                    return {};
                }
            }
        }
    }
    return std::unexpected{unauthorized(
        "this server wants its token: 'Authorization: Bearer TOKEN', which its operator finds in "
        "the file 'token' of the data folder",
        "Bearer realm=\"millrace\"")};
}

}  // namespace millrace::server
