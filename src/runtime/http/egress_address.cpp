// SPDX-License-Identifier: Apache-2.0
#include "http/egress_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace millrace::runtime {
namespace {

bool starts_with(const std::array<std::uint8_t, 16>& bytes,
                 std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

constexpr std::initializer_list<std::uint8_t> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::initializer_list<std::uint8_t> compatible = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr std::initializer_list<std::uint8_t> nat64 = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
// RFC 8215: prefixes of local use; the address may stand where a /48, /56, /64 or /96 puts it.
constexpr std::initializer_list<std::uint8_t> nat64_local = {0, 0x64, 0xff, 0x9b, 0, 1};
constexpr std::initializer_list<std::uint8_t> six_to_four = {0x20, 0x02};
constexpr std::initializer_list<std::uint8_t> teredo = {0x20, 0x01, 0, 0};

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) {
    IpAddress address;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    address.is_v4_ = true;
    return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
    if (starts_with(bytes, mapped)) return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    IpAddress address;
    address.bytes_ = bytes;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated{text};
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return v4(four);
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) return v6(sixteen);
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
    // Copied out: the bytes behind a sockaddr pointer need not be aligned for its real type.
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
        return v4(bytes);
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &address, sizeof in);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        return v6(bytes);
    }
    return std::nullopt;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::vector<IpAddress> IpAddress::embedded_v4() const {
    std::vector<IpAddress> found;
    if (is_v4_) return found;
    const auto& b = bytes_;
    const auto last = v4({b[12], b[13], b[14], b[15]});
    const bool low = b[12] == 0 && b[13] == 0 && b[14] == 0 && b[15] <= 1;  // :: and ::1
    if (starts_with(b, compatible) && !low) found.push_back(last);
    if (starts_with(b, nat64)) found.push_back(last);
    if (starts_with(b, nat64_local)) {
        found.push_back(v4({b[6], b[7], b[9], b[10]}));  // RFC 6052: byte 8 is zero
        found.push_back(v4({b[7], b[9], b[10], b[11]}));
        found.push_back(v4({b[9], b[10], b[11], b[12]}));
        found.push_back(last);
    }
    if (starts_with(b, six_to_four)) found.push_back(v4({b[2], b[3], b[4], b[5]}));
    if (starts_with(b, teredo)) {
        const auto flipped = [&b](std::size_t i) { return static_cast<std::uint8_t>(~b[i]); };
        found.push_back(v4({b[4], b[5], b[6], b[7]}));  // the server
        found.push_back(v4({flipped(12), flipped(13), flipped(14), flipped(15)}));
    }
    const bool isatap = (b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
    if (isatap) found.push_back(last);
    return found;
}

bool IpRange::contains(const IpAddress& address) const {
    if (address.is_v4() != base.is_v4()) return false;
    const unsigned whole = prefix / 8;
    const auto& a = address.bytes();
    const auto& b = base.bytes();
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    const unsigned rest = prefix % 8;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

std::string IpRange::text() const {
    return base.text() + "/" + std::to_string(prefix);
}

}  // namespace millrace::runtime
