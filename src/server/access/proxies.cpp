// SPDX-License-Identifier: Apache-2.0
#include "access/proxies.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/text.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {
namespace {

constexpr unsigned v4_bits = 32;
constexpr unsigned v6_bits = 128;

/// All values of a header that is a list, in order.
std::vector<std::string_view> list_of(const Request& request, std::string_view header) {
    std::vector<std::string_view> items;
    for (const auto& [name, value] : request.headers.all()) {
        if (!equal_ignoring_case(name, header)) continue;
        for (std::string_view rest = value; !rest.empty();)
            items.push_back(take_item(rest, ','));
    }
    return items;
}

/// An address with or without brackets and port, as proxies write it.
std::string_view address_in(std::string_view text) {
    if (text.size() > 1 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
    const std::size_t colon = text.find(':');
    const bool has_port = colon != std::string_view::npos && colon == text.rfind(':');
    return has_port ? text.substr(0, colon) : text;
}

std::optional<bool> scheme_of(std::string_view text) {
    if (equal_ignoring_case(text, "https") || equal_ignoring_case(text, "wss")) return true;
    if (equal_ignoring_case(text, "http") || equal_ignoring_case(text, "ws")) return false;
    return std::nullopt;
}

/// `host="a.example.com"`.
std::string_view unquoted(std::string_view text) {
    const bool is_quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<TrustedProxies::Bytes> TrustedProxies::parse(std::string_view text) {
    const std::string address{text.substr(0, text.find('%'))};
    Bytes bytes{};
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
    bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (::inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1) return bytes;
    return std::nullopt;
}

std::optional<TrustedProxies::Range> TrustedProxies::parse_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    const auto base = parse(address);
    if (!base) return std::nullopt;
    Range range{*base, v6_bits};
    if (slash == std::string_view::npos) return range;
    const std::string_view digits = text.substr(slash + 1);
    const bool is_v4 = address.find(':') == std::string_view::npos;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), range.bits);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (range.bits > (is_v4 ? v4_bits : v6_bits)) return std::nullopt;
    if (is_v4) range.bits += v6_bits - v4_bits;
    return range;
}

core::Result<TrustedProxies> TrustedProxies::make(std::span<const std::string> ranges) {
    TrustedProxies proxies;
    for (const std::string& text : ranges) {
        const auto range = parse_range(text);
        if (!range) {
            return core::fail(ServerErrc::bad_option,
                              "trusted proxy '" + text +
                                  "' is no address and no range; write 10.0.0.7 or 10.0.0.0/8");
        }
        proxies.ranges_.push_back(*range);
    }
    return proxies;
}

bool TrustedProxies::trusts(std::string_view address) const {
    if (ranges_.empty()) return false;
    const auto bytes = parse(address);
    if (!bytes) return false;
    return std::ranges::any_of(ranges_, [&](const Range& range) {
        for (unsigned bit = 0; bit < range.bits; bit += 8) {
            const unsigned left = std::min(range.bits - bit, 8u);
            const auto mask = static_cast<std::uint8_t>(0xff00u >> left);
            if (((*bytes)[bit / 8] & mask) != (range.base[bit / 8] & mask)) return false;
        }
        return true;
    });
}

std::string TrustedProxies::client_of(const std::vector<std::string_view>& addresses) const {
    std::string client;
    for (auto at = addresses.rbegin(); at != addresses.rend(); ++at) {
        const std::string_view address = address_in(*at);
        if (!parse(address)) break;
        client = address;
        if (!trusts(address)) break;
    }
    return client;
}

Forwarded TrustedProxies::read_forwarded(const Request& request) const {
    Forwarded read;
    std::vector<std::string_view> clients;
    for (std::string_view hop : list_of(request, "Forwarded")) {
        // The last hop is the nearest proxy's, and so what it says comes last.
        while (!hop.empty()) {
            std::string_view pair = take_item(hop, ';');
            const std::string_view name = take_item(pair, '=');
            if (equal_ignoring_case(name, "for")) clients.push_back(pair);
            if (equal_ignoring_case(name, "host")) read.host = unquoted(pair);
            if (equal_ignoring_case(name, "proto")) read.is_secure = scheme_of(unquoted(pair));
        }
    }
    read.client = client_of(clients);
    return read;
}

Forwarded TrustedProxies::read(const Request& request, std::string_view peer) const {
    if (!trusts(peer)) return {};
    const auto clients = list_of(request, "X-Forwarded-For");
    const auto hosts = list_of(request, "X-Forwarded-Host");
    const auto schemes = list_of(request, "X-Forwarded-Proto");
    const bool has_own = !clients.empty() || !hosts.empty() || !schemes.empty();
    if (request.headers.find("Forwarded") != nullptr)
        return has_own ? Forwarded{} : read_forwarded(request);
    Forwarded read;
    read.client = client_of(clients);
    if (!hosts.empty()) read.host = hosts.back();
    if (!schemes.empty()) read.is_secure = scheme_of(schemes.back());
    return read;
}

}  // namespace millrace::server
