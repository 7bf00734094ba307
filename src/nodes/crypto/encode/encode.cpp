// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "behaviours.hpp"
#include "crypto/digest.hpp"
#include "field.hpp"
#include "given_fields.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

enum class Format : std::uint8_t { base64, base64url, hex, url };

constexpr Word<Format> formats[]{{"base64", Format::base64},
                                 {"base64url", Format::base64url},
                                 {"hex", Format::hex},
                                 {"url", Format::url}};
constexpr Word<bool> directions[]{{"encode", false}, {"decode", true}};
constexpr Word<bool> results[]{{"text", false}, {"bytes", true}};

/// As encodeURIComponent does.
std::string to_url(std::string_view bytes) {
    constexpr std::string_view plain = "-_.!~*'()";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || plain.find(c) != std::string_view::npos;
        if (is_plain) {
            text += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            text += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return text;
}

std::optional<std::string> from_url(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            bytes += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const std::optional<std::string> byte = from_hex(text.substr(i + 1, 2));
        if (!byte) return std::nullopt;
        bytes += *byte;
        i += 2;
    }
    return bytes;
}

std::string encode(Format format, std::string_view bytes) {
    switch (format) {
        case Format::base64: return core::base64(bytes);
        case Format::base64url: return to_base64url(bytes);
        case Format::hex: return to_hex(bytes);
        case Format::url: break;
    }
    return to_url(bytes);
}

std::optional<std::string> decode(Format format, std::string_view text) {
    switch (format) {
        case Format::base64: return from_base64(text);
        case Format::base64url: return from_base64url(text);
        case Format::hex: return from_hex(text);
        case Format::url: break;
    }
    return from_url(text);
}

class CryptoEncode final : public GivenFields<CryptoEncode> {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_goes_with(data, pointer, "as", "direction", "decode", "encode", problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const Format format = fields.word("format", formats, Format::base64);
        const bool decodes = fields.word("direction", directions, false);
        const bool gives_bytes = fields.word("as", results, false);
        if (failure) return *failure;
        const Value& value = given_or_input(call, "value");
        const std::optional<std::string> source = bytes_of(value);
        const std::string what = name_of(call, "value");
        if (!source) return not_bytes(what, value);
        if (!decodes) return engine::Emit::out(encode(format, *source));
        const std::optional<std::string> bytes = decode(format, *source);
        if (!bytes) {
            return engine::validation_failure(
                "bad_encoding", what + " is not written in " + fields.text("format", "base64"));
        }
        if (gives_bytes) return engine::Emit::out(encoded(*bytes, Encoding::bytes));
        if (core::is_valid_utf8(*bytes)) return engine::Emit::out(Value{*bytes});
        return engine::validation_failure(
            "not_utf8", "what is decoded is no text in UTF-8; take it `as: bytes`");
    }
};

}  // namespace

Behaviour crypto_encode() {
    return std::make_shared<CryptoEncode>();
}

}  // namespace millrace::nodes
