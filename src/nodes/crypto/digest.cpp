// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

const EVP_MD* code_of(Digest algorithm) {
    switch (algorithm) {
        case Digest::sha256: return EVP_sha256();
        case Digest::sha384: return EVP_sha384();
        case Digest::sha512: return EVP_sha512();
        case Digest::sha3_256: return EVP_sha3_256();
        case Digest::sha3_512: return EVP_sha3_512();
        case Digest::blake2b: return EVP_blake2b512();
        case Digest::blake2s: return EVP_blake2s256();
        case Digest::sha1: return EVP_sha1();
        case Digest::md5: return EVP_md5();
    }
    return nullptr;
}

const unsigned char* unsigned_bytes(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

using Buffer = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string text_of(const Buffer& buffer, unsigned size) {
    return {reinterpret_cast<const char*>(buffer.data()), size};
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::optional<std::string> digest(Digest algorithm, std::string_view bytes) {
    Buffer buffer;
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), buffer.data(), &size, code_of(algorithm), nullptr) !=
        1) {
        return std::nullopt;
    }
    return text_of(buffer, size);
}

std::optional<std::string> hmac(Digest algorithm, std::string_view key, std::string_view bytes) {
    Buffer buffer;
    unsigned size = 0;
    if (HMAC(code_of(algorithm), key.data(), static_cast<int>(key.size()), unsigned_bytes(bytes),
             bytes.size(), buffer.data(), &size) == nullptr) {
        return std::nullopt;
    }
    return text_of(buffer, size);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        const auto c = static_cast<unsigned char>(byte);
        text += digits[c >> 4];
        text += digits[c & 15];
    }
    return text;
}

std::string to_base64url(std::string_view bytes) {
    std::string text = core::base64(bytes);
    text.erase(std::min(text.find('='), text.size()));
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

Value encoded(std::string_view bytes, Encoding encoding) {
    switch (encoding) {
        case Encoding::hex: return to_hex(bytes);
        case Encoding::base64: return core::base64(bytes);
        case Encoding::base64url: return to_base64url(bytes);
        case Encoding::bytes: break;
    }
    return Value::bytes({unsigned_bytes(bytes), bytes.size()});
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::optional<std::string> from_base64(std::string_view text) {
    const core::Result<std::string> bytes = core::parse_base64(text);
    if (!bytes) return std::nullopt;
    return *bytes;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string plain{text};
    if (plain.find_first_of("+/") != std::string::npos) return std::nullopt;
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    while (plain.size() % 4 != 0)
        plain += '=';
    return from_base64(plain);
}

std::optional<std::string> bytes_of(const Value& value) {
    if (value.is_string()) return std::string{value.as_string()};
    if (!value.is_bytes()) return std::nullopt;
    return std::string{value.as_bytes().begin(), value.as_bytes().end()};
}

core::Failure not_bytes(std::string_view what, const Value& value) {
    return engine::validation_failure("not_a_text",
                                      std::string{what} + " is no text and no bytes but " +
                                          std::string{core::kind_name(value)} +
                                          "; make a text of it, such as by json.stringify");
}

core::Failure no_such_digest(std::string_view name) {
    core::Failure failure;
    failure.code = "digest_not_offered";
    failure.message =
        "this machine's OpenSSL does not offer " + std::string{name} + "; choose another algorithm";
    return failure;
}

}  // namespace millrace::nodes
