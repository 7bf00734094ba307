// SPDX-License-Identifier: Apache-2.0
#include "access/host_name.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/ip/address.hpp>

#include "http/text.hpp"

namespace millrace::server {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<boost::asio::ip::address> parse_address(const std::string& text) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(text, error);
    if (error) return std::nullopt;
    return address;
}

}  // namespace

std::optional<HostName> parse_host(std::string_view text) {
    HostName name;
    std::string_view host;
    std::string_view rest;
    const bool has_brackets = text.starts_with('[');
    if (has_brackets) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t end = std::min(text.find(':'), text.size());
        host = text.substr(0, end);
        rest = text.substr(end);
    }
    if (rest.size() == 1 && rest.front() == ':') rest = {};  // RFC 3986: an empty port is none
    if (!rest.empty()) {
        name.port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        if (!name.port) return std::nullopt;
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty()) return std::nullopt;
    std::ranges::transform(host, std::back_inserter(name.host), lower_case);
    const auto address = parse_address(name.host);
    if (has_brackets && (!address || !address->is_v6())) return std::nullopt;
    if (address) {
        name.is_address = true;
        name.host = address->to_string();  // one spelling for each address
    } else if (!std::ranges::all_of(name.host, is_name_character)) {
        return std::nullopt;
    }
    return name;
}

bool is_loopback(const HostName& name) {
    if (!name.is_address) return name.host == "localhost" || name.host.ends_with(".localhost");
    const auto address = parse_address(name.host);
    if (!address) return false;
    if (address->is_v6() && address->to_v6().is_v4_mapped()) {
        return make_address_v4(boost::asio::ip::v4_mapped, address->to_v6()).is_loopback();
    }
    return address->is_loopback();
}

std::uint16_t Origin::port() const {
    return name.port.value_or(static_cast<std::uint16_t>(is_secure ? 443 : 80));
}

std::optional<Origin> parse_origin(std::string_view text) {
    Origin origin;
    if (text.starts_with("https://")) {
        origin.is_secure = true;
        text.remove_prefix(8);
    } else if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else {
        return std::nullopt;
    }
    const auto name = parse_host(text.substr(0, text.find_first_of("/?#")));
    if (!name) return std::nullopt;
    origin.name = *name;
    return origin;
}

}  // namespace millrace::server
