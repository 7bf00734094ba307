// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "millrace/core/utf8.hpp"
#include "source_reader.hpp"

namespace millrace::format {

namespace {

std::string hex_byte(std::uint8_t byte) {
    static constexpr std::array digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
    return {digits[byte >> 4], digits[byte & 15]};
}

core::Problem problem_at(std::string_view text, std::size_t at, std::string message) {
    const core::TextPosition position = core::position_at(text, at);
    return core::Problem{.code = core::ProblemCode::syntax,
                         .path = {},
                         .message = std::move(message),
                         .suggestion = {},
                         .line = static_cast<std::uint32_t>(position.line),
                         .column = static_cast<std::uint32_t>(position.column)};
}

}  // namespace

std::string_view without_bom(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    return text;
}

std::optional<core::Problem> forbidden_character(std::string_view text) {
    const std::string_view valid = text.substr(0, core::valid_utf8_prefix(text));
    for (std::size_t at = 0; at < valid.size(); ++at) {
        const auto byte = static_cast<std::uint8_t>(valid[at]);
        const bool allowed = byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
        if (allowed && byte != 0x7F) continue;
        const std::string hex = hex_byte(byte);
        return problem_at(text, at,
                          "control character U+00" + hex + " is not allowed; write it as \\x" +
                              hex + " in double quotes");
    }
    if (valid.size() == text.size()) return std::nullopt;
    return problem_at(text, valid.size(),
                      "byte 0x" + hex_byte(static_cast<std::uint8_t>(text[valid.size()])) +
                          " is not valid UTF-8; save the file as UTF-8");
}

}  // namespace millrace::format
