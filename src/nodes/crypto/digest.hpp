// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "field_reader.hpp"
#include "millrace/core/value.hpp"

// What crypto.* share: algorithms by name, and bytes as text.
namespace millrace::nodes {

enum class Digest : std::uint8_t {
    sha256,
    sha384,
    sha512,
    sha3_256,
    sha3_512,
    blake2b,
    blake2s,
    sha1,
    md5,
};

inline constexpr Word<Digest> digests[]{
    {"sha256", Digest::sha256},     {"sha384", Digest::sha384},     {"sha512", Digest::sha512},
    {"sha3-256", Digest::sha3_256}, {"sha3-512", Digest::sha3_512}, {"blake2b", Digest::blake2b},
    {"blake2s", Digest::blake2s},   {"sha1", Digest::sha1},         {"md5", Digest::md5},
};

/// The raw digest. Nothing where the machine's OpenSSL is configured not to offer the algorithm.
std::optional<std::string> digest(Digest algorithm, std::string_view bytes);
std::optional<std::string> hmac(Digest algorithm, std::string_view key, std::string_view bytes);

/// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

enum class Encoding : std::uint8_t { hex, base64, base64url, bytes };

inline constexpr Word<Encoding> encodings[]{{"hex", Encoding::hex},
                                            {"base64", Encoding::base64},
                                            {"base64url", Encoding::base64url},
                                            {"bytes", Encoding::bytes}};

std::string to_hex(std::string_view bytes);
/// RFC 4648, with `-` and `_`, without padding.
std::string to_base64url(std::string_view bytes);
core::Value encoded(std::string_view bytes, Encoding encoding);

// Nothing for a text that is not of the kind. Padding of base64url may be missing.
std::optional<std::string> from_hex(std::string_view text);
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

/// The bytes of a text or of bytes; nothing for other values.
std::optional<std::string> bytes_of(const core::Value& value);
core::Failure not_bytes(std::string_view what, const core::Value& value);
/// Says that this machine's OpenSSL does not offer the algorithm.
core::Failure no_such_digest(std::string_view name);

}  // namespace millrace::nodes
