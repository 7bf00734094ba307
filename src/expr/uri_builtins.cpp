// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "builtins.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

// encodeURIComponent and its relatives, ECMAScript section 19.2.6.
namespace millrace::expr {

namespace {

constexpr std::string_view marks = "-_.!~*'()";
constexpr std::string_view reserved = ";/?:@&=+$,#";

bool is_alphanumeric(char c) {
    return digit_value(c) < 36;
}

Cell fail_uri(const Call& call, std::string_view what) {
    return call.evaluator.fail(
        "uri_error", core::ErrorClass::expression,
        "`" + call.evaluator.source_of(call.node) + "`: " + std::string{what});
}

Cell encoded(const Call& call, std::string_view kept) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    const auto text = call.text(0);
    // Each byte becomes three at most.
    if (!text || !call.evaluator.charge(text->size() * 3)) return Evaluator::failed();
    if (has_lone_surrogate(*text)) return fail_uri(call, "half of a surrogate pair has no code");
    std::string out;
    for (const char c : *text) {
        const auto byte = static_cast<std::uint8_t>(c);
        const bool plain =
            byte < 0x80 && (is_alphanumeric(c) || marks.contains(c) || kept.contains(c));
        if (plain) {
            out.push_back(c);
        } else {
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
        }
    }
    return Cell::of(call.evaluator.keep_text(out));
}

/// The byte of a `%XX` that the text begins with.
std::optional<char> escaped_byte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return std::nullopt;
    const unsigned high = digit_value(text[1]);
    const unsigned low = digit_value(text[2]);
    if (high >= 16 || low >= 16) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

/// The code point whose bytes are written as escapes at the beginning, as UTF-8; empty for none.
std::string escaped_code_point(std::string_view text) {
    std::string bytes;
    const auto first = escaped_byte(text);
    if (!first) return bytes;
    const auto lead = static_cast<std::uint8_t>(*first);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = escaped_byte(text.substr(std::min(i * 3, text.size())));
        if (!byte) return {};
        bytes.push_back(*byte);
    }
    return is_utf8(bytes) ? bytes : std::string{};
}

Cell decoded(const Call& call, std::string_view kept) {
    const auto text = call.text(0);
    if (!text || !call.evaluator.charge(text->size())) return Evaluator::failed();
    std::string out;
    for (std::size_t i = 0; i < text->size();) {
        if ((*text)[i] != '%') {
            out.push_back((*text)[i++]);
            continue;
        }
        const std::string bytes = escaped_code_point(text->substr(i));
        if (bytes.empty()) return fail_uri(call, "a % is followed by no code of a character");
        const std::string_view source = text->substr(i, bytes.size() * 3);
        out.append(bytes.size() == 1 && kept.contains(bytes[0]) ? source : bytes);
        i += source.size();
    }
    return Cell::of(call.evaluator.keep_text(out));
}

Cell encode_uri(Call& call) {
    return encoded(call, reserved);
}
Cell encode_uri_component(Call& call) {
    return encoded(call, {});
}
Cell decode_uri(Call& call) {
    return decoded(call, reserved);
}
Cell decode_uri_component(Call& call) {
    return decoded(call, {});
}

constexpr auto table = std::to_array<Builtin>({
    {"", "decodeURI", &decode_uri, "text"},
    {"", "decodeURIComponent", &decode_uri_component, "text"},
    {"", "encodeURI", &encode_uri, "text"},
    {"", "encodeURIComponent", &encode_uri_component, "text"},
});

}  // namespace

std::span<const Builtin> uri_builtins() {
    return table;
}

}  // namespace millrace::expr
