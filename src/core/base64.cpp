// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>

#include "millrace/core/json.hpp"

namespace millrace::core {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
}

}  // namespace

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group =
            byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        out.push_back(alphabet[group >> 18]);
        out.push_back(alphabet[group >> 12 & 63]);
        out.push_back(i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=');
        out.push_back(i + 2 < bytes.size() ? alphabet[group & 63] : '=');
    }
    return out;
}

Result<std::string> parse_base64(std::string_view text) {
    const auto wrong = [](std::string message) {
        return fail(JsonErrc::syntax, "bad base64: " + std::move(message));
    };
    if (text.size() % 4 != 0) {
        return wrong("its length, " + std::to_string(text.size()) +
                     ", is no multiple of 4; pad it with '='");
    }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::string_view digits = text.substr(0, text.size() - padding);
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::uint8_t value = digit_values[static_cast<unsigned char>(digits[i])];
        if (value == no_digit) {
            return wrong("character " + std::to_string(i + 1) + " is not of the base64 alphabet");
        }
        bits = bits << 6 | value;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        out.push_back(static_cast<char>(bits >> bit_count));
        bits &= (1u << bit_count) - 1;
    }
    // Strict: two texts must not stand for the same bytes.
    if (bits != 0) return wrong("its last character has bits that stand for nothing");
    return out;
}

}  // namespace millrace::core
