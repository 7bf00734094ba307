// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/digest.hpp"

#include <sodium.h>

#include <span>

#include "millrace/core/check.hpp"

namespace millrace::format {

namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Chooses the fastest code for the processor; without it the portable one would run.
void prepare_sodium() {
    static const bool ready = sodium_init() >= 0;
    MR_CHECK(ready);
}

std::string hex(std::span<const std::uint8_t> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
    prepare_sodium();
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), bytes_of(text), text.size());
    return hex(digest);
}

Digest256 blake2b_256(std::string_view text) {
    prepare_sodium();
    Digest256 digest{};
    crypto_generichash(digest.data(), digest.size(), bytes_of(text), text.size(), nullptr, 0);
    return digest;
}

std::string blake2b_256_hex(std::string_view text) {
    return to_hex(blake2b_256(text));
}

core::Uuid named_uuid(core::Time at, std::initializer_list<std::string_view> parts) {
    std::string text = std::to_string(at.ms);
    for (const std::string_view part : parts)
        text.append("\n").append(std::to_string(part.size())).append(":").append(part);
    const Digest256 digest = blake2b_256(text);
    const auto number = [&](std::size_t from) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i)
            value = (value << 8) | digest[from + i];
        return value;
    };
    return core::Uuid::v7(at, number(0), number(8));
}

std::string to_hex(const Digest256& digest) {
    return hex(digest);
}

}  // namespace millrace::format
