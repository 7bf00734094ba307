// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace millrace::runtime {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address *is* the IPv4 address, as it is to the
/// kernel.
class IpAddress {
public:
    /// Dotted decimal or RFC 4291 text, without brackets, zone or other notations.
    static std::optional<IpAddress> parse(std::string_view text);
    /// Nothing for families other than AF_INET and AF_INET6.
    static std::optional<IpAddress> from(const sockaddr& address);
    static IpAddress v4(const std::array<std::uint8_t, 4>& bytes);
    static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);

    bool is_v4() const { return is_v4_; }
    /// In network order; an IPv4 address fills the first four.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    unsigned bits() const { return is_v4_ ? 32 : 128; }
    std::string text() const;

    /// IPv4 addresses that a packet to this IPv6 address may end at: IPv4-compatible, NAT64,
    /// 6to4, Teredo and ISATAP forms.
    std::vector<IpAddress> embedded_v4() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    bool is_v4_ = false;
};

/// All addresses of one family that share the first `prefix` bits.
struct IpRange {
    IpAddress base;
    unsigned prefix = 0;

    bool contains(const IpAddress& address) const;
    std::string text() const;

    auto operator<=>(const IpRange&) const = default;
};

}  // namespace millrace::runtime
