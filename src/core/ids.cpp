// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/ids.hpp"

#include <span>

namespace millrace::core {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t text_size = 36;

constexpr bool is_dash_position(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/// The digit's value, or 16.
std::uint8_t hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return 16;
}

void put_big_endian(std::uint64_t value, std::span<std::uint8_t, 8> out) {
    for (std::size_t i = 8; i > 0; --i, value >>= 8) {
        out[i - 1] = static_cast<std::uint8_t>(value);
    }
}

}  // namespace

// RFC 9562, 5.7: unix_ts_ms (48), version (4), rand_a (12), variant (2), rand_b (62).
Uuid Uuid::v7(Time at, std::uint64_t random_high, std::uint64_t random_low) {
    const std::uint64_t version = std::uint64_t{7} << 12;
    const std::uint64_t variant = std::uint64_t{2} << 62;
    const std::uint64_t rand_a = random_high & 0xFFF;
    const std::uint64_t rand_b = random_low & ((std::uint64_t{1} << 62) - 1);
    Uuid id;
    const std::span<std::uint8_t, 16> bytes{id.bytes};
    put_big_endian((static_cast<std::uint64_t>(at.ms) << 16) | version | rand_a, bytes.first<8>());
    put_big_endian(variant | rand_b, bytes.last<8>());
    return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    Uuid id;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text_size; ++i) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const std::uint8_t digit = hex_value(text[i]);
        if (digit == 16) return std::nullopt;
        std::uint8_t& byte = id.bytes[digits++ / 2];
        byte = static_cast<std::uint8_t>((byte << 4) | digit);
    }
    return id;
}

std::string Uuid::text() const {
    std::string out(text_size, '-');
    std::size_t at = 0;
    for (const std::uint8_t byte : bytes) {
        if (is_dash_position(at)) ++at;
        out[at++] = hex_digits[byte >> 4];
        out[at++] = hex_digits[byte & 0xF];
    }
    return out;
}

}  // namespace millrace::core
